using System.Collections.Immutable;
using PatchForge.Bench;
using PatchForge.Workflows;

namespace PatchForge.Tests.Shared;

/// <summary>A bench whose figures are made up, for tests of what is shown of it; judged by the tool itself.</summary>
internal static class SampleBench
{
    private static readonly Suite s_suite = Suite.All[0];
    private static readonly Load s_page = new(Generator.Wrk, "/50.html", 50, KeepAlive: false);

    public static BenchAnswer Answer { get; } = new(
        "2.0.65",
        "host",
        new BenchMachine("A distribution", "6.1.0", "A processor <of> some kind", 2, "0.10 0.20 0.30", ["Server version: Apache/2.0.65"]),
        Rounds: 25,
        Seconds: 2,
        Seed: 42,
        Quick: false,
        [.. s_suite.Variants.Select(one => new BenchVariant(one.Name, one.What, one.Lines, one.Name == Variant.Switch ? null : "/images/" + one.Image))],
        [Static("static-50-new", 0.97), Static("static-50-keep", 0.90), Few(), Broken(), WorkloadResult.Skip(Known("php-new"), "no source package of PHP is in reach"), Soak()]);

    private static Workload Known(string name) => s_suite.Find(name) ?? throw new ArgumentException(name);

    private static WorkloadResult Static(string name, double pool) => Of(
        Known(name) with { Arms = [.. Known(name).Arms.Where(arm => arm.Variant != Variant.Switch)] },
        25,
        new() { [Variant.Prefork] = 1, [Variant.Tuned] = 1.08, [Variant.Classic] = 0.15, [Variant.Fork] = 0.3, [Variant.Pool] = pool });

    private static WorkloadResult Few() => Of(
        Known("dedicated-50-new") with { Arms = [.. Known("dedicated-50-new").Arms.Where(arm => arm.Variant != Variant.Fork)] },
        3,
        new() { [Variant.Prefork] = 1, [Variant.Tuned] = 1.05, [Variant.Pool] = 1.2 });

    private static WorkloadResult Broken()
    {
        var workload = new Workload("with-errors", "a server that answers with errors in some rounds", WorkloadKind.Load, [new("prefork", Variant.Prefork, new(4), s_page), new("pool", Variant.Pool, new(4), s_page)], "prefork", []);
        return Of(workload, 4, new() { ["prefork"] = 1, ["pool"] = 1 }, (round, arm) => round == 2 && arm == "pool" ? ["7 answers were errors, \"sic\""] : []);
    }

    private static WorkloadResult Soak()
    {
        ImmutableArray<SoakSample> series = [.. Enumerable.Range(1, 30).Select(second => new SoakSample(second, 6, 60, 9_000_000))];
        return Of(Known(Workloads.SoakName), 0, []) with
        {
            Soak = new SoakResult(10, 1_000_000, 0, 700, 120, 600, 1200, 0, [.. new[] { Judgement.Growth("processes", series.Select(one => (double?)one.Processes), 3) }.OfType<Growth>()], series),
        };
    }

    private static WorkloadResult Of(Workload workload, int rounds, Dictionary<string, double> parts, Func<int, string, ImmutableArray<string>>? complaints = null)
    {
        var draws = new Draws(9);
        ImmutableArray<Measurement> all =
        [
            .. from round in Enumerable.Range(0, rounds)
               from arm in workload.Arms
               let rate = 5000 * parts[arm.Name] * (0.98 + (draws.Below(41) / 1000.0))
               select new Measurement(round, arm.Name, (long)(rate * 2), rate, 3000 / parts[arm.Name], 9000, 12000, 70 / parts[arm.Name], null, complaints?.Invoke(round, arm.Name) ?? []),
        ];
        var memory = workload.Arms.ToDictionary(arm => arm.Name, _ => new MemoryResult(21, 5_400_000));
        return new WorkloadResult(
            workload.Name,
            workload.What,
            workload.Kind,
            workload.Base,
            rounds,
            2,
            42,
            null,
            Judgement.Arms(workload, all, 42, memory),
            [.. workload.Goals.Where(goal => workload.Arms.Any(arm => arm.Name == goal.Subject)).Select(goal => Judgement.Goal(goal, all, 42))],
            all,
            ["processor time: made up"],
            workload.Arms.ToImmutableSortedDictionary(arm => arm.Name, _ => "Listen 0.0.0.0:8080\n", StringComparer.Ordinal),
            workload.Arms.ToImmutableSortedDictionary(arm => arm.Name, _ => "wrk -t 1", StringComparer.Ordinal));
    }
}
