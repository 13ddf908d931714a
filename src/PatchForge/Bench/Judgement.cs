using System.Collections.Immutable;
using System.Globalization;

namespace PatchForge.Bench;

/// <summary>From single measurements to ratios and verdicts; pure.</summary>
public static class Judgement
{
    /// <summary>Fewer pairs than this give a figure and no verdict.</summary>
    public const int PairsToJudge = 20;

    /// <summary>Growth from the first to the last third of a soak that is no growth: a part, and a few besides.</summary>
    private const double Slack = 0.10;

    public static ImmutableArray<ArmResult> Arms(Workload workload, ImmutableArray<Measurement> measurements, ulong seed, IReadOnlyDictionary<string, MemoryResult> memory) =>
        [.. workload.Arms.Select(arm => Arm(workload, arm, measurements, seed, memory.GetValueOrDefault(arm.Name)))];

    /// <summary>Ratios of the rounds in which both count, paired by round, in the rounds' order.</summary>
    public static ImmutableArray<double> Ratios(ImmutableArray<Measurement> measurements, string subject, string toBase, Figure figure)
    {
        var bases = measurements.Where(one => one.Arm == toBase && one.Counts && one.Of(figure) > 0).ToDictionary(one => one.Round, one => one.Of(figure) ?? 0);
        return
        [
            .. measurements.Where(one => one.Arm == subject && one.Counts && one.Of(figure) is not null && bases.ContainsKey(one.Round))
                .OrderBy(one => one.Round)
                .Select(one => (one.Of(figure) ?? 0) / bases[one.Round]),
        ];
    }

    /// <summary>The figure with its interval, and no verdict whatever it is.</summary>
    public static GoalResult Look(Goal goal, ImmutableArray<Measurement> measurements, ulong seed) =>
        new(goal, Found(goal, measurements, seed), Reached.NotJudged, Reached.NotJudged, "a quick look");

    public static GoalResult Goal(Goal goal, ImmutableArray<Measurement> measurements, ulong seed)
    {
        var found = Found(goal, measurements, seed);
        if (found is null || found.Pairs < PairsToJudge)
        {
            var why = string.Create(
                CultureInfo.InvariantCulture,
                $"{found?.Pairs ?? 0} {(goal.Base is null ? "measurements" : "pairs")} that count, {PairsToJudge} are needed");
            return new GoalResult(goal, found, Reached.NotJudged, Reached.NotJudged, why);
        }

        return new GoalResult(goal, found, Verdict(goal, goal.Must, found), Verdict(goal, goal.Aim, found), null);
    }

    /// <summary>Whether a quantity grew: the median of the last third is more than a tenth, and more than a few, above the first's.</summary>
    /// <param name="few">What is nothing of this quantity: processes, descriptors, bytes.</param>
    public static Growth? Growth(string what, IEnumerable<double?> series, double few)
    {
        double[] all = [.. series.OfType<double>()];
        if (all.Length < 3)
        {
            return null;
        }

        var third = all.Length / 3;
        var first = Statistics.Median(all.AsSpan(0, third));
        var last = Statistics.Median(all.AsSpan(all.Length - third));
        return new Growth(what, first, last, last > first * (1 + Slack) && last > first + few);
    }

    private static Interval? Found(Goal goal, ImmutableArray<Measurement> measurements, ulong seed)
    {
        ImmutableArray<double> figures = goal.Base is { } toBase
            ? Ratios(measurements, goal.Subject, toBase, goal.Figure)
            : [.. measurements.Where(one => one.Arm == goal.Subject && one.Counts).Select(one => one.Of(goal.Figure)).OfType<double>()];
        return Statistics.Bootstrap(figures.AsSpan(), seed);
    }

    private static Reached Verdict(Goal goal, double? wanted, Interval found) => wanted switch
    {
        null => Reached.NotJudged,
        { } at when goal.AtMost => found.High <= at ? Reached.Reached : Reached.NotReached,
        { } at => found.Low >= at ? Reached.Reached : Reached.NotReached,
    };

    private static ArmResult Arm(Workload workload, Arm arm, ImmutableArray<Measurement> measurements, ulong seed, MemoryResult? memory)
    {
        var own = measurements.Where(one => one.Arm == arm.Name).ToImmutableArray();
        Spread? Figures(Func<Measurement, double?> of) => Statistics.Of(own.Where(one => one.Counts).Select(of).OfType<double>());
        var figure = workload.Kind == WorkloadKind.Start ? Figure.Start : Figure.Rate;
        Interval? To(string? toBase) => toBase is null || toBase == arm.Name ? null : Statistics.Bootstrap(Ratios(measurements, arm.Name, toBase, figure).AsSpan(), seed);
        return new ArmResult(
            arm.Name,
            arm.Variant,
            own.Count(one => !one.Counts),
            Figures(one => one.Rate),
            Figures(one => one.Typical),
            Figures(one => one.Slow),
            Figures(one => one.CpuMicroseconds),
            Figures(one => one.StartSeconds),
            To(workload.Base),
            To(workload.SecondBase),
            memory);
    }
}
