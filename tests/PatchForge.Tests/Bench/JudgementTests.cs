using System.Collections.Immutable;
using PatchForge.Bench;

namespace PatchForge.Tests.Bench;

public sealed class JudgementTests
{
    private static readonly Goal s_goal = new("pool to prefork", "pool", "prefork", Figure.Rate, 0.95, 1.0);

    [Fact]
    public void A_ratio_is_of_two_measurements_of_one_round()
    {
        ImmutableArray<Measurement> all = [Of(0, "prefork", 100), Of(1, "pool", 300), Of(1, "prefork", 200), Of(0, "pool", 90)];
        Assert.Equal([0.9, 1.5], Judgement.Ratios(all, "pool", "prefork", Figure.Rate));
    }

    [Fact]
    public void A_measurement_with_an_error_takes_its_pair_with_it()
    {
        ImmutableArray<Measurement> all = [Of(0, "prefork", 100), Of(0, "pool", 90, "1 requests failed"), Of(1, "prefork", 100, "3 answers were errors"), Of(1, "pool", 95), Of(2, "prefork", 100), Of(2, "pool", 97)];
        Assert.Equal([0.97], Judgement.Ratios(all, "pool", "prefork", Figure.Rate));
        var workload = Of(Arm("prefork"), Arm("pool"));
        var arms = Judgement.Arms(workload, all, 1, new Dictionary<string, MemoryResult>());
        Assert.Equal([1, 1], arms.Select(arm => arm.Invalid));
        Assert.Equal(96, arms[1].Rate?.Median);
    }

    [Fact]
    public void Nineteen_pairs_are_told_and_not_judged()
    {
        var result = Judgement.Goal(s_goal, Pairs(19, 1.5), 1);
        Assert.Equal((Reached.NotJudged, Reached.NotJudged), (result.Must, result.Aimed));
        Assert.Equal(19, result.Found?.Pairs);
        Assert.Contains("19 pairs", result.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.949, Reached.NotReached, Reached.NotReached)]
    [InlineData(0.95, Reached.Reached, Reached.NotReached)]
    [InlineData(1.0, Reached.Reached, Reached.Reached)]
    public void Twenty_pairs_are_judged_by_the_lower_end_of_the_interval(double ratio, Reached must, Reached aim)
    {
        var result = Judgement.Goal(s_goal, Pairs(20, ratio), 1);
        Assert.Equal((must, aim), (result.Must, result.Aimed));
        Assert.Null(result.Why);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(25)]
    public void A_look_has_an_interval_and_no_verdict_whatever_it_is(int rounds)
    {
        var result = Judgement.Look(s_goal, Pairs(rounds, 0.5), 1);
        Assert.Equal((Reached.NotJudged, Reached.NotJudged), (result.Must, result.Aimed));
        Assert.Equal((rounds, 0.5), (result.Found?.Pairs, result.Found?.Low));
        Assert.Equal("a quick look", result.Why);
    }

    [Fact]
    public void A_median_above_the_goal_does_not_reach_it_while_the_interval_holds_less()
    {
        ImmutableArray<Measurement> all = [.. Enumerable.Range(0, 20).SelectMany(round => new[] { Of(round, "prefork", 1000), Of(round, "pool", round % 2 == 0 ? 900 : 1100) })];
        var result = Judgement.Goal(s_goal, all, 1);
        Assert.Equal(1.0, result.Found?.Median);
        Assert.Equal(Reached.NotReached, result.Must);
    }

    [Fact]
    public void Where_less_is_better_the_upper_end_counts()
    {
        var goal = new Goal("starts in 2 s", "pool", null, Figure.Start, 2, null, AtMost: true);
        ImmutableArray<Measurement> Starts(double seconds) => [.. Enumerable.Range(0, 20).Select(round => new Measurement(round, "pool", 0, null, null, null, null, null, seconds, []))];
        Assert.Equal(Reached.Reached, Judgement.Goal(goal, Starts(2.0), 1).Must);
        Assert.Equal(Reached.NotReached, Judgement.Goal(goal, Starts(2.01), 1).Must);
        Assert.Equal(Reached.NotJudged, Judgement.Goal(goal, Starts(1.0), 1).Aimed);
    }

    [Fact]
    public void A_server_that_answered_nothing_is_no_divisor()
    {
        ImmutableArray<Measurement> all = [Of(0, "prefork", 0), Of(0, "pool", 90)];
        Assert.Empty(Judgement.Ratios(all, "pool", "prefork", Figure.Rate));
    }

    [Theory]
    [InlineData(100, 100, false)]
    [InlineData(100, 109, false)]
    [InlineData(100, 120, true)]
    [InlineData(4, 6, false)]
    public void Growth_is_more_than_a_tenth_and_more_than_a_few(double before, double after, bool grew)
    {
        var series = Enumerable.Repeat(before, 10).Concat(Enumerable.Repeat((before + after) / 2, 10)).Concat(Enumerable.Repeat(after, 10));
        var growth = Judgement.Growth("processes", series.Select(one => (double?)one), 3);
        Assert.Equal(new Growth("processes", before, after, grew), growth);
    }

    [Fact]
    public void A_series_that_could_not_be_read_is_not_judged() => Assert.Null(Judgement.Growth("memory", [null, null, null, null], 1));

    private static ImmutableArray<Measurement> Pairs(int count, double ratio) =>
        [.. Enumerable.Range(0, count).SelectMany(round => new[] { Of(round, "prefork", 1000), Of(round, "pool", 1000 * ratio) })];

    private static Measurement Of(int round, string arm, double rate, params ImmutableArray<string> complaints) =>
        new(round, arm, (long)rate, rate, 1000, 2000, 3000, 50, null, complaints);

    private static Arm Arm(string variant) => new(variant, variant, new Layout(4), new Load(Generator.Wrk, "/50.html", 50, false));

    private static Workload Of(params ImmutableArray<Arm> arms) => new("w", "what", WorkloadKind.Load, arms, "prefork", []);
}
