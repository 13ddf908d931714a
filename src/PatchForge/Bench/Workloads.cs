using System.Collections.Immutable;
using System.Globalization;

namespace PatchForge.Bench;

/// <summary>The shapes of workloads that more than one line of httpd has.</summary>
public static class Workloads
{
    public const string SoakName = "soak";
    public const int CrowdSize = 5000;

    /// <summary>How many hosts the cold workload asks in a round.</summary>
    public const int FreshHosts = 40;

    internal const string Small = "/50.html";
    internal const string Large = "/10k.html";
    internal const string Script = "/page.php";

    internal static readonly Layout Few = new(4);
    internal static readonly Layout Many = new(1000, Clients: 2000);

    // Longer than the whole workload takes: nobody of the crowd is sent away.
    private static readonly Layout s_crowded = new(4, KeepAliveSeconds: 3600);
    private static readonly Load s_page = new(Generator.Wrk, Small, 50, KeepAlive: false);

    internal static Goal ToPrefork(double must, double? aim) => new("pool to prefork", Variant.Pool, Variant.Prefork, Figure.Rate, must, aim);

    internal static Workload Static(string name, string what, Load load, ImmutableArray<string> variants, params ImmutableArray<Goal> goals) =>
        Static(name, what, load, variants, Few, goals);

    internal static Workload Static(string name, string what, Load load, ImmutableArray<string> variants, Layout layout, params ImmutableArray<Goal> goals) =>
        new(name, what, WorkloadKind.Load, [.. variants.Select(variant => new Arm(variant, variant, layout, load))], Variant.Prefork, goals);

    /// <summary>
    /// 1,000 hosts that are all asked, in turn; what differs is how many users they belong to. So every server
    /// looks through the same list of hosts, and the generator does the same work.
    /// </summary>
    /// <param name="alone">Servers that know no users.</param>
    internal static Workload Users(string name, string what, Load load, Layout layout, ImmutableArray<string> alone, ImmutableArray<(string Variant, int Users)> with, params ImmutableArray<Goal> goals) =>
        new(
            name,
            what,
            WorkloadKind.Load,
            [
                .. alone.Select(variant => new Arm(variant, variant, layout, load)),
                .. with.Select(one => new Arm(string.Create(CultureInfo.InvariantCulture, $"{one.Variant}@{one.Users}"), one.Variant, layout with { Users = one.Users }, load)),
            ],
            Variant.Prefork,
            goals);

    internal static Workload Crowd(ImmutableArray<string> variants) => new(
        "crowd",
        "5,000 idle keep-alive clients, and static-50-new beside them",
        WorkloadKind.Load,
        [.. variants.SelectMany(variant => new[] { new Arm(variant, variant, s_crowded, s_page), new Arm(variant + "+crowd", variant, s_crowded, s_page, CrowdSize) })],
        Variant.Prefork,
        [
            new Goal("full service beside the crowd: pool's own rate without it", "pool+crowd", Variant.Pool, Figure.Rate, 0.9, 1.0),
            new Goal("p99 beside the crowd to p99 without it", "pool+crowd", Variant.Pool, Figure.Slow, null, 2.0, AtMost: true),
        ]);

    internal static Workload Cold()
    {
        var warm = s_page with { Connections = 1 };
        var cold = warm with { Hosts = FreshHosts, Fresh = true };
        return new Workload(
            "cold",
            "the first request to a host whose pool has no process, one after the other; warm: to one that has",
            WorkloadKind.Load,
            [
                new Arm("prefork", Variant.Prefork, Many, warm),
                new Arm("pool-warm", Variant.Pool, Many, warm),
                new Arm("pool-cold", Variant.Pool, Many, cold),
            ],
            null,
            []);
    }

    internal static Workload Starts(ImmutableArray<string> variants)
    {
        var layout = new Layout(10_000);
        return new Workload(
            "start-10000",
            "starting with 10,000 configured hosts, to the first answer",
            WorkloadKind.Start,
            [.. variants.Select(variant => new Arm(variant, variant, layout, new Load(Generator.Ab, Small, 50, KeepAlive: false)))],
            Variant.Prefork,
            [new Goal("10,000 hosts start in under 2 s", Variant.Pool, null, Figure.Start, 2.0, null, AtMost: true)]);
    }

    /// <param name="shape">What all its layouts have, whatever the number of hosts.</param>
    internal static Workload Memory(string name, string what, ImmutableArray<string> variants, Load page, Func<Layout, Layout> shape)
    {
        var load = page with { Connections = 1, Hosts = 1000, Fresh = true };
        return new Workload(
            name,
            what + " with few and with 1,000 hosts, none asked yet, and after each was asked once",
            WorkloadKind.Memory,
            [
                .. variants.Select(variant => new Arm(variant + "@4", variant, shape(Few), load with { Hosts = 4 })),
                .. variants.Select(variant => new Arm(variant + "@1000", variant, shape(Many), load)),
            ],
            null,
            []);
    }

    internal static Workload Soak(string name, string what) => new(
        name,
        what,
        WorkloadKind.Soak,
        [new Arm(Variant.Pool, Variant.Pool, Few, s_page with { Hosts = 4 })],
        null,
        []);
}
