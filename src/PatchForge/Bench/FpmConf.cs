using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PatchForge.Bench;

/// <summary>PHP-FPM's own configuration: a pool a user, whose socket only httpd's account may use (php-fpm.conf(5)).</summary>
public static class FpmConf
{
    /// <summary>As many as httpd has for its clients, so that neither waits for the other's.</summary>
    public const int Children = BenchConf.Children;

    /// <summary>What a host's SetHandler names (mod_proxy_fcgi's manual). Of two hosts with one user it is one.</summary>
    public static string Handler(int user) => string.Create(CultureInfo.InvariantCulture, $"proxy:unix:{Socket(user)}|fcgi://u{user}");

    /// <summary>Null for a server that has no pools.</summary>
    public static string? Text(Variant variant, Layout layout)
    {
        if (variant.Pools is not { } manager)
        {
            return null;
        }

        var text = new StringBuilder();
        void Lines(params ReadOnlySpan<string> lines)
        {
            foreach (var line in lines)
            {
                text.Append(line).Append('\n');
            }
        }

        Lines("[global]", $"pid = {BenchPlace.Place}/run/fpm.pid", $"error_log = {BenchPlace.Place}/logs/fpm.log", "log_level = warning");
        foreach (var user in layout.AllUsers)
        {
            var id = (BenchPlace.FirstUser + user).ToString(CultureInfo.InvariantCulture);
            Lines(
            [
                string.Create(CultureInfo.InvariantCulture, $"[u{user}]"),
                $"user = {id}",
                $"group = {id}",
                $"listen = {Socket(user)}",
                $"listen.owner = {BenchPlace.Account}",
                $"listen.group = {BenchPlace.Account}",
                .. Manager(manager),
            ]);
        }

        return text.ToString();
    }

    private static ImmutableArray<string> Manager(FpmManager manager)
    {
        var children = string.Create(CultureInfo.InvariantCulture, $"pm.max_children = {Children}");
        return manager switch
        {
            FpmManager.Static => ["pm = static", children],

            // As long as a worker of ours stays.
            FpmManager.OnDemand => ["pm = ondemand", children, "pm.process_idle_timeout = 3600s"],
            _ => throw new ArgumentOutOfRangeException(nameof(manager)),
        };
    }

    private static string Socket(int user) => string.Create(CultureInfo.InvariantCulture, $"{BenchPlace.Place}/run/u{user}.sock");
}
