using System.Collections.Immutable;
using PatchForge.Httpd;
using static PatchForge.Bench.Workloads;

namespace PatchForge.Bench;

/// <summary>
/// Line 2.4: httpd's own MPMs and ours of one tree, and beside them what a distribution has for serving each site
/// as its user. How each peer is configured, and why so: docs/bench-2.4.md.
/// </summary>
internal static class Suite24
{
    private const string Itk = "/usr/lib/apache2/modules/mpm_itk.so";

    private const string PreforkFpm = "prefork-fpm";
    private const string EventFpm = "event-fpm";
    private const string EventFpmOnDemand = "event-fpm-ondemand";

    private static readonly ImmutableArray<Variant> s_variants =
    [
        new(Variant.Prefork, "prefork", "httpd's own MPM, every site as one user: what the others are compared with", false, []),
        new(Variant.Event, "event", "httpd's own MPM with threads, every site as one user", false, []) { Threads = true },

        // Its own way of giving up root wants CAP_DAC_READ_SEARCH, which leads out of any root (Roots.Capabilities).
        new(
            Variant.MpmItk,
            "prefork",
            "the distribution's mpm-itk on this prefork: a process a connection, which becomes the site's user",
            true,
            [$"LoadModule mpm_itk_module {Itk}", "EnableCapabilities Off"]) { Needs = [Itk] },
        new(PreforkFpm, "prefork", "prefork, and scripts by PHP-FPM, a pool a user, over a socket; its own processes are one user", false, []) { Pools = FpmManager.Static },
        new(EventFpm, "event", "event, and scripts by PHP-FPM, a pool a user, over a socket; its own processes are one user", false, []) { Pools = FpmManager.Static, Threads = true },
        new(EventFpmOnDemand, "event", "the same, but a pool's children come when they are asked for, and stay", false, []) { Pools = FpmManager.OnDemand, Threads = true, KeepsWorkers = true },
        Ours.Fork,
        Ours.Pool,
    ];

    private static readonly ImmutableArray<string> s_static = [Variant.Prefork, Variant.Event, Variant.MpmItk, Variant.Fork, Variant.Pool];
    private static readonly ImmutableArray<string> s_php = [Variant.Prefork, Variant.MpmItk, PreforkFpm, EventFpm, Variant.Fork, Variant.Pool];
    private static readonly ImmutableArray<string> s_dedicated = [Variant.Prefork, Variant.Pool];
    private static readonly ImmutableArray<int> s_users = [1, 10, 100, 1000];

    private static readonly Load s_smallNew = new(Generator.Wrk, Small, 50, KeepAlive: false);
    private static readonly Load s_phpNew = new(Generator.Wrk, Script, null, KeepAlive: false);

    private static readonly ImmutableArray<Workload> s_workloads =
    [
        Static("static-50-new", "a page of 50 bytes, a new connection each, shared address", s_smallNew, s_static, ToPrefork(0.95, 1.0), ToMpmItk(5)),
        Static("static-50-keep", "the same, keep-alive", s_smallNew with { KeepAlive = true }, s_static, ToPrefork(1.0, null)),
        Static("static-10k-new", "a page of 10 KB, a new connection each, shared address", new Load(Generator.Wrk, Large, 10240, KeepAlive: false), s_static, ToPrefork(0.95, 1.0), ToMpmItk(5)),
        Static("static-10k-keep", "the same, keep-alive", new Load(Generator.Wrk, Large, 10240, KeepAlive: true), s_static, ToPrefork(1.0, null)),
        Static("dedicated-50-new", "a page of 50 bytes, a new connection each, an address of one pool", s_smallNew with { Dedicated = true }, s_dedicated, ToPrefork(0.95, 1.0)),
        Static("ab-50-new", "static-50-new, asked by ab", new Load(Generator.Ab, Small, 50, KeepAlive: false), s_static, ToPrefork(0.95, 1.0), ToMpmItk(5)),
        Static("php-new", "a PHP page, a new connection each; in-process where the server's name does not say otherwise", s_phpNew, s_php, Few with { Php = true }),
        Static("php-keep", "the same, keep-alive", s_phpNew with { KeepAlive = true }, s_php, Few with { Php = true }),
        Users(
            "users-50-new",
            "a page of 50 bytes, a new connection each, evenly to 1,000 hosts of 1, 10, 100 and 1,000 users",
            s_smallNew with { Hosts = 1000 },
            Many,
            [Variant.Prefork, Variant.Event],
            ForUsers(Variant.MpmItk, Variant.Pool),
            new Goal("1,000 users to one user, warm pools", "pool@1000", "pool@1", Figure.Rate, 0.9, 1.0)),
        Users(
            "users-php-new",
            "a PHP page, a new connection each, evenly to 1,000 hosts of 1, 10, 100 and 1,000 users",
            s_phpNew with { Hosts = 1000 },
            Many with { Php = true },
            [Variant.Prefork],
            ForUsers(Variant.MpmItk, EventFpmOnDemand, Variant.Pool)),
        Crowd([Variant.Prefork, Variant.Event, Variant.Pool]),
        Cold(),
        Starts([Variant.Prefork, Variant.Event, Variant.MpmItk, Variant.Pool]),
        Memory("memory", "processes and memory (PSS)", [Variant.Prefork, Variant.Event, Variant.MpmItk, Variant.Pool], s_smallNew, layout => layout),
        Memory("memory-php", "processes and memory (PSS) of servers that run PHP", [Variant.Prefork, Variant.MpmItk, EventFpmOnDemand, Variant.Pool], s_phpNew, layout => layout with { Php = true }),
        Soak(SoakName, "full load, a graceful restart every five seconds, a worker killed every second") with { Kills = true },
        Soak("soak-restarts", "full load and a graceful restart every five seconds: not one request may fail"),
    ];

    public static Suite Suite { get; } = new(Dialect.Httpd24, new PhpParts("/usr/lib/apache2/modules/libphp8.2.so", "/usr/sbin/php-fpm8.2"), s_variants, s_workloads);

    private static Goal ToMpmItk(double must) => new("pool to mpm-itk", Variant.Pool, Variant.MpmItk, Figure.Rate, must, null);

    private static ImmutableArray<(string Variant, int Users)> ForUsers(params ImmutableArray<string> variants) =>
        [.. variants.SelectMany(variant => s_users.Select(users => (variant, users)))];
}
