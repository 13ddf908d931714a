using System.Collections.Immutable;
using System.Globalization;

namespace PatchForge.Bench;

/// <summary>Every workload, as data; the goals are the table of the design page.</summary>
public static class Workloads
{
    private const string Small = "/50.html";
    private const string Large = "/10k.html";
    private const string Script = "/page.php";

    private static readonly Layout s_few = new(4);
    private static readonly Layout s_many = new(1000, Clients: 2000);

    // Longer than the whole workload takes: nobody of the crowd is sent away.
    private static readonly Layout s_crowded = new(4, KeepAliveSeconds: 3600);
    private static readonly ImmutableArray<string> s_all = [.. Variant.All.Select(variant => variant.Name)];
    private static readonly ImmutableArray<string> s_shipped = [Variant.Prefork, Variant.Tuned, Variant.Fork, Variant.Pool];

    public const string SoakName = "soak";
    public const int CrowdSize = 5000;

    /// <summary>How many hosts the cold workload asks in a round.</summary>
    public const int FreshHosts = 40;

    public static ImmutableArray<Workload> All { get; } =
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
        Static("logged-50-new", "static-50-new with an access log a host", new Load(Generator.Wrk, Small, 50, KeepAlive: false), s_shipped, s_few with { AccessLog = true }),
        Static("php-new", "a PHP page, in-process, a new connection each", new Load(Generator.Wrk, Script, null, KeepAlive: false), s_all, s_few with { Php = true }, ToPrefork(0.98, 1.0)),
        Users(),
        Crowd(),
        Cold(),
        Starts(),
        Memory(),
        Soak(SoakName, "full load, a graceful restart every five seconds, a worker killed every second") with { Kills = true },
        Soak("soak-restarts", "full load and a graceful restart every five seconds: not one request may fail"),
    ];

    private static Goal ToPrefork(double must, double aim) => new("pool to prefork", Variant.Pool, Variant.Prefork, Figure.Rate, must, aim);

    private static Workload Static(string name, string what, Load load, ImmutableArray<string> variants, params ImmutableArray<Goal> goals) =>
        Static(name, what, load, variants, s_few, goals);

    private static Workload Static(string name, string what, Load load, ImmutableArray<string> variants, Layout layout, params ImmutableArray<Goal> goals) =>
        new(name, what, WorkloadKind.Load, [.. variants.Select(variant => new Arm(variant, variant, layout, load))], Variant.Prefork, goals);

    /// <summary>One configuration of 1,000 hosts: what differs is how many of them are asked.</summary>
    private static Workload Users()
    {
        ImmutableArray<int> counts = [1, 10, 100, 1000];
        ImmutableArray<string> variants = [Variant.Prefork, Variant.Fork, Variant.Pool];
        static string Named(string variant, int hosts) => string.Create(CultureInfo.InvariantCulture, $"{variant}@{hosts}");
        return new Workload(
            "users-50-new",
            "a page of 50 bytes, a new connection each, evenly to 1, 10, 100 and 1,000 of 1,000 hosts with a user each",
            WorkloadKind.Load,
            [.. variants.SelectMany(variant => counts.Select(hosts => new Arm(Named(variant, hosts), variant, s_many, new Load(Generator.Wrk, Small, 50, KeepAlive: false, Hosts: hosts))))],
            Named(Variant.Prefork, 1),
            [new Goal("1,000 users to one user, warm pools", Named(Variant.Pool, 1000), Named(Variant.Pool, 1), Figure.Rate, 0.9, 1.0)]);
    }

    private static Workload Crowd()
    {
        var load = new Load(Generator.Wrk, Small, 50, KeepAlive: false);
        return new Workload(
            "crowd",
            "5,000 idle keep-alive clients, and static-50-new beside them",
            WorkloadKind.Load,
            [
                new Arm(Variant.Prefork, Variant.Prefork, s_crowded, load),
                new Arm("prefork+crowd", Variant.Prefork, s_crowded, load, CrowdSize),
                new Arm(Variant.Pool, Variant.Pool, s_crowded, load),
                new Arm("pool+crowd", Variant.Pool, s_crowded, load, CrowdSize),
            ],
            Variant.Prefork,
            [
                new Goal("full service beside the crowd: pool's own rate without it", "pool+crowd", Variant.Pool, Figure.Rate, 0.9, 1.0),
                new Goal("p99 beside the crowd to p99 without it", "pool+crowd", Variant.Pool, Figure.Slow, null, 2.0, AtMost: true),
            ]);
    }

    private static Workload Cold()
    {
        var warm = new Load(Generator.Wrk, Small, 50, KeepAlive: false, Connections: 1);
        var cold = warm with { Hosts = FreshHosts, Fresh = true };
        return new Workload(
            "cold",
            "the first request to a host whose pool has no process, one after the other; warm: to one that has",
            WorkloadKind.Load,
            [
                new Arm("prefork", Variant.Prefork, s_many, warm),
                new Arm("pool-warm", Variant.Pool, s_many, warm),
                new Arm("pool-cold", Variant.Pool, s_many, cold),
            ],
            null,
            []);
    }

    private static Workload Starts()
    {
        var layout = new Layout(10_000);
        ImmutableArray<string> variants = [Variant.Prefork, Variant.Pool];
        return new Workload(
            "start-10000",
            "starting with 10,000 configured hosts, to the first answer",
            WorkloadKind.Start,
            [.. variants.Select(variant => new Arm(variant, variant, layout, new Load(Generator.Ab, Small, 50, KeepAlive: false)))],
            Variant.Prefork,
            [new Goal("10,000 hosts start in under 2 s", Variant.Pool, null, Figure.Start, 2.0, null, AtMost: true)]);
    }

    private static Workload Memory()
    {
        var load = new Load(Generator.Wrk, Small, 50, KeepAlive: false, Connections: 1, Hosts: 1000, Fresh: true);
        ImmutableArray<string> variants = [Variant.Prefork, Variant.Pool];
        return new Workload(
            "memory",
            "processes and memory (PSS) with few and with 1,000 hosts, none asked yet, and after each was asked once",
            WorkloadKind.Memory,
            [
                .. variants.Select(variant => new Arm(variant + "@4", variant, s_few, load with { Hosts = 4 })),
                .. variants.Select(variant => new Arm(variant + "@1000", variant, s_many, load)),
            ],
            null,
            []);
    }

    private static Workload Soak(string name, string what) => new(
        name,
        what,
        WorkloadKind.Soak,
        [new Arm(Variant.Pool, Variant.Pool, s_few, new Load(Generator.Wrk, Small, 50, KeepAlive: false, Hosts: 4))],
        null,
        []);
}
