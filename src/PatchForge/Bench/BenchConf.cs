using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PatchForge.Bench;

/// <summary>
/// A measured server's configuration. It is the same text for every variant of a layout but for the variant's
/// lines and AssignUserID, where the variant has users.
/// </summary>
public static class BenchConf
{
    /// <summary>
    /// As many children as serve at a time, and four to spare: prefork then forks none and ends none while it is
    /// measured, whose first seconds are otherwise those of its growing.
    /// </summary>
    public const int Children = 20;

    private static readonly ImmutableArray<(string Name, string File)> s_modules =
    [
        ("access_module", "mod_access.so"),
        ("alias_module", "mod_alias.so"),
        ("dir_module", "mod_dir.so"),
        ("log_config_module", "mod_log_config.so"),
        ("mime_module", "mod_mime.so"),
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

        var place = BenchPlace.Place;
        var port = BenchPlace.Port.ToString(CultureInfo.InvariantCulture);
        Lines(
            $"ServerRoot \"{place}\"",

            // One listening socket for both addresses: with one, prefork on Linux needs no accept mutex.
            $"Listen 0.0.0.0:{port}",
            $"ServerName localhost:{port}",
            $"User {BenchPlace.Account}",
            $"Group {BenchPlace.Account}",
            $"PidFile {place}/run/httpd.pid",
            $"LockFile {place}/run/accept.lock",

            // 2.0.48's own choice, pthread mutexes, fails with today's libc; it is not used with one socket.
            "AcceptMutex fcntl",
            $"ErrorLog {place}/logs/error_log",
            "LogLevel warn");
        foreach (var (name, file) in s_modules.Where(module => parts.ModuleFiles.Contains(module.File)))
        {
            Line($"LoadModule {name} {parts.Modules}/{file}");
        }

        if (layout.Php)
        {
            Lines($"LoadModule php_module {parts.Modules}/libphp.so", "<FilesMatch \\.php$>", "    SetHandler application/x-httpd-php", "</FilesMatch>");
        }

        var clients = layout.Clients.ToString(CultureInfo.InvariantCulture);
        var children = Children.ToString(CultureInfo.InvariantCulture);
        Lines(
            $"ServerLimit {clients}",
            $"MaxClients {clients}",
            $"StartServers {children}",
            "MinSpareServers 4",
            $"MaxSpareServers {children}",
            "MaxRequestsPerChild 0",
            "Timeout 300",
            "KeepAlive On",
            string.Create(CultureInfo.InvariantCulture, $"KeepAliveTimeout {layout.KeepAliveSeconds}"),
            "MaxKeepAliveRequests 100",
            "HostnameLookups Off",
            "UseCanonicalName Off",
            "TypesConfig /dev/null",
            "DefaultType text/html",
            "<Directory />",
            "    AllowOverride None",
            "    Options FollowSymLinks",
            "</Directory>");
        Lines(variant.Lines.AsSpan());
        if (layout.AccessLog)
        {
            Line("LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common");
        }

        Line($"NameVirtualHost {BenchPlace.SharedAddress}:{port}");
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

            if (variant.OwnUsers)
            {
                var user = (BenchPlace.FirstUser + site).ToString(CultureInfo.InvariantCulture);
                Line($"    AssignUserID #{user} #{user}");
            }

            Line("</VirtualHost>");
        }

        return text.ToString();
    }
}
