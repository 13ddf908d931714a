using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Httpd;

namespace PatchForge.Bench;

/// <summary>
/// A measured server's configuration. It is the same text for every variant of a layout but for the variant's
/// lines and AssignUserID, where the variant has users; one with threads counts these, and one whose scripts are
/// run elsewhere says where.
/// </summary>
public static class BenchConf
{
    /// <summary>
    /// As many children as serve at a time, and four to spare: prefork then forks none and ends none while it is
    /// measured, whose first seconds are otherwise those of its growing.
    /// </summary>
    public const int Children = 20;

    /// <summary>event's own figures, which its manual has as defaults: two children of these are up and stay.</summary>
    private const int ThreadsPerChild = 25;

    private static readonly ImmutableArray<ModuleFile> s_proxy = [new("proxy_module", "mod_proxy.so"), new("proxy_fcgi_module", "mod_proxy_fcgi.so")];

    private static readonly ImmutableArray<ModuleFile> s_modules =
    [
        new("alias_module", "mod_alias.so"),
        new("dir_module", "mod_dir.so"),
        new("log_config_module", "mod_log_config.so"),
        new("mime_module", "mod_mime.so"),
    ];

    public static string Text(Variant variant, Layout layout, ServerParts parts)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        void Lines(params ReadOnlySpan<string> lines)
        {
            foreach (var line in lines)
            {
                Line(line);
            }
        }

        var dialect = parts.Dialect;
        var place = BenchPlace.Place;
        var port = BenchPlace.Port.ToString(CultureInfo.InvariantCulture);
        Lines(
        [
            $"ServerRoot \"{place}\"",
            .. dialect.Load(parts.Modules, parts.ModuleFiles, Proxies(variant, layout) ? [.. s_modules, .. s_proxy] : s_modules),

            // One listening socket for both addresses: the least work for every variant.
            $"Listen 0.0.0.0:{port}",
            $"ServerName localhost:{port}",
            $"User {BenchPlace.Account}",
            $"Group {BenchPlace.Account}",
            $"PidFile {place}/run/httpd.pid",

            // What 2.0's series makes the default everywhere; 2.0.48's own, pthread, fails with today's libc.
            .. dialect.AcceptMutex("sysvsem", $"{place}/run"),
            $"ErrorLog {place}/logs/error_log",
            "LogLevel warn",
        ]);
        if (layout.Php && variant.Pools is null)
        {
            Lines($"LoadModule php_module {Path.Combine(parts.Modules, parts.Php.Module)}", "<FilesMatch \\.php$>", "    SetHandler application/x-httpd-php", "</FilesMatch>");
        }

        Lines(
        [
            .. variant.Threads ? Threads(layout) : Processes(layout),
            "MaxRequestsPerChild 0",
            "Timeout 300",
            "KeepAlive On",
            string.Create(CultureInfo.InvariantCulture, $"KeepAliveTimeout {layout.KeepAliveSeconds}"),
            "MaxKeepAliveRequests 100",
            "HostnameLookups Off",
            "UseCanonicalName Off",
            "TypesConfig /dev/null",
            .. dialect.DefaultType("text/html"),
            "<Directory />",
            "    AllowOverride None",
            "    Options FollowSymLinks",
            .. dialect.Granted.Select(line => "    " + line),
            "</Directory>",
        ]);
        Lines(variant.Lines.AsSpan());
        if (layout.AccessLog)
        {
            Line("LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common");
        }

        Lines([.. dialect.NamedHosts($"{BenchPlace.SharedAddress}:{port}")]);
        for (var site = 0; site <= layout.Sites; site++)
        {
            // The last one has the second address to itself.
            Line($"<VirtualHost {(site < layout.Sites ? BenchPlace.SharedAddress : BenchPlace.DedicatedAddress)}:{port}>");
            Line($"    ServerName {BenchPlace.Host(site)}");
            Line($"    DocumentRoot {BenchPlace.Folder(site)}");
            if (layout.AccessLog)
            {
                Line($"    CustomLog {place}/logs/access-{site.ToString(CultureInfo.InvariantCulture)} common");
            }

            var user = layout.UserOf(site);
            if (variant.OwnUsers)
            {
                var id = (BenchPlace.FirstUser + user).ToString(CultureInfo.InvariantCulture);
                Line($"    AssignUserID #{id} #{id}");
            }

            if (Proxies(variant, layout))
            {
                Lines("    <FilesMatch \\.php$>", $"        SetHandler \"{FpmConf.Handler(user)}\"", "    </FilesMatch>");
            }

            Line("</VirtualHost>");
        }

        return text.ToString();
    }

    private static bool Proxies(Variant variant, Layout layout) => layout.Php && variant.Pools is not null;

    private static ImmutableArray<string> Processes(Layout layout)
    {
        var clients = layout.Clients.ToString(CultureInfo.InvariantCulture);
        var children = Children.ToString(CultureInfo.InvariantCulture);
        return [$"ServerLimit {clients}", $"MaxClients {clients}", $"StartServers {children}", "MinSpareServers 4", $"MaxSpareServers {children}"];
    }

    private static ImmutableArray<string> Threads(Layout layout)
    {
        // As many clients as the others', to the next whole child.
        var children = (layout.Clients + ThreadsPerChild - 1) / ThreadsPerChild;
        string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
        return
        [
            $"ServerLimit {Number(children)}",
            $"ThreadsPerChild {Number(ThreadsPerChild)}",
            $"MaxClients {Number(children * ThreadsPerChild)}",
            "StartServers 2",
            $"MinSpareThreads {Number(ThreadsPerChild)}",
            $"MaxSpareThreads {Number(3 * ThreadsPerChild)}",
        ];
    }
}
