using System.Collections.Immutable;
using PatchForge.Httpd;
using static PatchForge.Bench.Workloads;

namespace PatchForge.Bench;

/// <summary>Line 2.0: every server of one tree, those of the lab among them; the goals are the table of the design page.</summary>
internal static class Suite20
{
    private static readonly ImmutableArray<Variant> s_variants =
    [
        new(Variant.Prefork, "prefork", "httpd's own MPM, every site as one user: what the others are compared with", false, []),
        new(
            Variant.Tuned,
            "prefork-tuned",
            "prefork without an accept mutex and with TCP_DEFER_ACCEPT. With one socket 2.0 needs no mutex on Linux, but its configure knows that of Linux 2 only: built with -DSINGLE_LISTEN_UNSERIALIZED_ACCEPT. For the other it has no directive: the bench sets the option from outside",
            false,
            [],
            DeferAccept: true),
        new(Variant.Classic, "classic", "a process a connection, as the original mpm-itk; lab only", true, []),
        new(Variant.Switch, "switch", "setresuid there and back; insecure, lab only", true, []),
        Ours.Fork,
        Ours.Pool,
    ];

    private static readonly ImmutableArray<string> s_all = [.. s_variants.Select(variant => variant.Name)];
    private static readonly ImmutableArray<string> s_shipped = [Variant.Prefork, Variant.Tuned, Variant.Fork, Variant.Pool];
    private static readonly ImmutableArray<string> s_pair = [Variant.Prefork, Variant.Pool];

    private static readonly ImmutableArray<Workload> s_workloads =
    [
        Static("static-50-new", "a page of 50 bytes, a new connection each, shared address", new Load(Generator.Wrk, Small, 50, KeepAlive: false), s_all,
            ToPrefork(0.95, 1.0),
            new Goal("pool serves static pages over new connections 5.5 times as fast as classic", Variant.Pool, Variant.Classic, Figure.Rate, 5.5, null)),
        Static("static-50-keep", "the same, keep-alive", new Load(Generator.Wrk, Small, 50, KeepAlive: true), s_all, ToPrefork(1.0, 1.2)),
        Static("static-10k-new", "a page of 10 KB, a new connection each, shared address", new Load(Generator.Wrk, Large, 10240, KeepAlive: false), s_all, ToPrefork(0.95, 1.0)),
        Static("static-10k-keep", "the same, keep-alive", new Load(Generator.Wrk, Large, 10240, KeepAlive: true), s_all, ToPrefork(1.0, 1.2)),
        Static("dedicated-50-new", "a page of 50 bytes, a new connection each, an address of one pool", new Load(Generator.Wrk, Small, 50, KeepAlive: false, Dedicated: true), s_shipped, ToPrefork(0.95, 1.0)),
        Static("dedicated-50-keep", "the same, keep-alive", new Load(Generator.Wrk, Small, 50, KeepAlive: true, Dedicated: true), s_shipped),
        Static("ab-50-new", "static-50-new, asked by ab", new Load(Generator.Ab, Small, 50, KeepAlive: false), s_all, ToPrefork(0.95, 1.0)),
        Static("ab-50-keep", "static-50-keep, asked by ab", new Load(Generator.Ab, Small, 50, KeepAlive: true), s_shipped, ToPrefork(1.0, 1.2)),
        Static("logged-50-new", "static-50-new with an access log a host", new Load(Generator.Wrk, Small, 50, KeepAlive: false), s_shipped, Few with { AccessLog = true }),
        Static("php-new", "a PHP page, in-process, a new connection each", new Load(Generator.Wrk, Script, null, KeepAlive: false), s_all, Few with { Php = true }, ToPrefork(0.98, 1.0)),
        Users(
            "users-50-new",
            "a page of 50 bytes, a new connection each, evenly to 1,000 hosts of 1, 10, 100 and 1,000 users",
            new Load(Generator.Wrk, Small, 50, KeepAlive: false, Hosts: 1000),
            Many,
            [Variant.Prefork],
            [(Variant.Fork, 1), (Variant.Fork, 1000), (Variant.Pool, 1), (Variant.Pool, 10), (Variant.Pool, 100), (Variant.Pool, 1000)],
            new Goal("1,000 users to one user, warm pools", "pool@1000", "pool@1", Figure.Rate, 0.9, 1.0)),
        Crowd(s_pair),
        Cold(),
        Starts(s_pair),
        Memory("memory", "processes and memory (PSS)", s_pair, new Load(Generator.Wrk, Small, 50, KeepAlive: false), layout => layout),
        Soak(SoakName, "full load, a graceful restart every five seconds, a worker killed every second") with { Kills = true },
        Soak("soak-restarts", "full load and a graceful restart every five seconds: not one request may fail"),
    ];

    public static Suite Suite { get; } = new(Dialect.Httpd20, new PhpParts("libphp.so", null), s_variants, s_workloads);
}
