using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Httpd;

namespace PatchForge.Smoke;

/// <summary>The configuration that a smoke test's server runs with, and nothing of the one it was installed with.</summary>
public static class HttpdConf
{
    /// <summary>Scripts where there are threads: a process of its own starts them.</summary>
    private static readonly ModuleFile s_cgid = new("cgid_module", "mod_cgid.so");

    private static readonly ModuleFile s_ssl = new("ssl_module", "mod_ssl.so");

    /// <summary>Modules that the configuration uses; those that are built in have no file and need no line.</summary>
    private static readonly ImmutableArray<ModuleFile> s_modules =
    [
        new("alias_module", "mod_alias.so"),
        new("cgi_module", "mod_cgi.so"),
        s_cgid,
        new("dir_module", "mod_dir.so"),
        new("log_config_module", "mod_log_config.so"),
        new("mime_module", "mod_mime.so"),
    ];

    public static string Text(Recipe recipe)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        void Lines(IEnumerable<string> lines) => text.AppendJoin("", lines.Select(line => line + "\n"));
        var dialect = recipe.Dialect;
        var place = Recipe.Place;
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{recipe.Port}");
        Line($"ServerRoot \"{place}\"");
        Lines(dialect.Load(recipe.Modules, recipe.ModuleFiles, recipe.HasTls ? s_modules.Add(s_ssl) : s_modules));
        Line($"Listen {address}");
        Line($"ServerName localhost:{recipe.Port.ToString(CultureInfo.InvariantCulture)}");
        Line($"User {recipe.Server.Account}");
        Line($"Group {recipe.Server.Account}");
        Line($"PidFile {place}/run/httpd.pid");
        Line($"ScoreBoardFile {place}/run/scoreboard");

        // 2.0.48's own choice, pthread mutexes, fails with today's libc; fcntl works in every release.
        Lines(dialect.AcceptMutex("fcntl", $"{place}/run"));
        Line($"ErrorLog {place}/logs/error_log");
        Line("LogLevel info");
        if (recipe.ModuleFiles.Contains(s_cgid.File))
        {
            Line($"ScriptSock {place}/run/cgid");
        }

        Line("LogFormat \"%v %p %P \\\"%r\\\" %>s %b\" smoke");
        Line($"CustomLog {place}/logs/access_log smoke");
        Line("StartServers 3");
        Lines(dialect.WithoutThreads("MinSpareServers 2", "MaxSpareServers 6"));
        Line("MaxClients 30");
        Line("Timeout 30");
        Line("KeepAlive On");
        Line("KeepAliveTimeout 5");
        Line("MaxKeepAliveRequests 100");
        Line("HostnameLookups Off");
        Line("UseCanonicalName Off");
        Line($"TypesConfig {place}/mime.types");
        Lines(dialect.DefaultType("text/plain"));
        Line("<Directory />");
        Line("    AllowOverride None");
        Line("    Options FollowSymLinks");
        Lines(dialect.Granted.Select(line => "    " + line));
        Line("</Directory>");
        Lines(dialect.NamedHosts(address));
        foreach (var site in recipe.Sites)
        {
            Line($"<VirtualHost {address}>");
            Line($"    ServerName {site.Host}");
            Line($"    DocumentRoot {site.Folder}/htdocs");
            Line($"    ScriptAlias /cgi/ {site.Folder}/cgi/");
            foreach (var other in recipe.Sites.Where(other => other != site))
            {
                Line($"    Alias /alias-{other.Host}/ {other.Folder}/htdocs/");
            }

            Lines(Assigned(recipe, site));
            Line("</VirtualHost>");
        }

        if (recipe.HasTls)
        {
            Line($"SSLSessionCache shmcb:{place}/run/sessions(512000)");
            Line("SSLMutex default");
            Line("SSLRandomSeed startup builtin");
            Lines(recipe.Sites.SelectMany(site => Secure(recipe, site)));
        }

        return text.ToString();
    }

    private static IEnumerable<string> Assigned(Recipe recipe, Site site)
    {
        var account = (recipe.Removed == RemovedGuard.OwnUsers ? recipe.Sites[0] : site).Account;
        return recipe.Switches ? [$"    AssignUserID {account} {account}"] : [];
    }

    private static ImmutableArray<string> Secure(Recipe recipe, Site site)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{recipe.SecurePort(site)}");
        return
        [
            $"Listen {address}",
            $"<VirtualHost {address}>",
            $"    ServerName {site.Host}",
            $"    DocumentRoot {site.Folder}/htdocs",
            $"    ScriptAlias /cgi/ {site.Folder}/cgi/",
            .. Assigned(recipe, site),
            "    SSLEngine on",
            $"    SSLCertificateFile {Recipe.Place}/keys/{site.Host}.pem",
            "</VirtualHost>",
        ];
    }
}
