using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PatchForge.Smoke;

/// <summary>The configuration that a smoke test's server runs with, and nothing of the one it was installed with.</summary>
public static class HttpdConf
{
    /// <summary>Modules that the configuration uses; those that are built in have no file and need no line.</summary>
    private static readonly ImmutableArray<(string Name, string File)> s_modules =
    [
        ("access_module", "mod_access.so"),
        ("alias_module", "mod_alias.so"),
        ("cgi_module", "mod_cgi.so"),
        ("dir_module", "mod_dir.so"),
        ("log_config_module", "mod_log_config.so"),
        ("mime_module", "mod_mime.so"),
    ];

    public static string Text(Recipe recipe)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        var place = Recipe.Place;
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{recipe.Port}");
        Line($"ServerRoot \"{place}\"");
        Line($"Listen {address}");
        Line($"ServerName localhost:{recipe.Port.ToString(CultureInfo.InvariantCulture)}");
        Line($"User {recipe.Server.Account}");
        Line($"Group {recipe.Server.Account}");
        Line($"PidFile {place}/run/httpd.pid");
        Line($"ScoreBoardFile {place}/run/scoreboard");
        Line($"LockFile {place}/run/accept.lock");

        // 2.0.48's own choice, pthread mutexes, fails with today's libc; fcntl works in every release.
        Line("AcceptMutex fcntl");
        Line($"ErrorLog {place}/logs/error_log");
        Line("LogLevel info");
        foreach (var (name, file) in s_modules.Where(module => recipe.ModuleFiles.Contains(module.File)))
        {
            Line($"LoadModule {name} {recipe.Modules}/{file}");
        }

        Line("LogFormat \"%v %p %P \\\"%r\\\" %>s %b\" smoke");
        Line($"CustomLog {place}/logs/access_log smoke");
        Line("StartServers 3");
        Line("<IfModule !worker.c>"); // which counts threads instead
        Line("MinSpareServers 2");
        Line("MaxSpareServers 6");
        Line("</IfModule>");
        Line("MaxClients 30");
        Line("Timeout 30");
        Line("KeepAlive On");
        Line("KeepAliveTimeout 5");
        Line("MaxKeepAliveRequests 100");
        Line("HostnameLookups Off");
        Line("UseCanonicalName Off");
        Line($"TypesConfig {place}/mime.types");
        Line("DefaultType text/plain");
        Line("<Directory />");
        Line("    AllowOverride None");
        Line("    Options FollowSymLinks");
        Line("</Directory>");
        Line($"NameVirtualHost {address}");
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

            if (recipe.Switches)
            {
                var account = (recipe.Removed == RemovedGuard.OwnUsers ? recipe.Sites[0] : site).Account;
                Line($"    AssignUserID {account} {account}");
            }

            Line("</VirtualHost>");
        }

        return text.ToString();
    }
}
