using System.Collections.Immutable;
using PatchForge.Bench;
using PatchForge.Httpd;

namespace PatchForge.Tests.Bench;

public sealed class WorkloadsTests
{
    /// <summary>A line's and a workload's name: what a line has is data, and all of it has to hold.</summary>
    public static TheoryData<string, string> Names
    {
        get
        {
            var names = new TheoryData<string, string>();
            foreach (var (suite, workload) in Suite.All.SelectMany(one => one.Workloads.Select(its => (one, its))))
            {
                names.Add(suite.Dialect.Name, workload.Name);
            }

            return names;
        }
    }

    private static ImmutableArray<Workload> All { get; } = [.. Suite.All.SelectMany(suite => suite.Workloads)];

    private static IEnumerable<Load> Loads => All.SelectMany(workload => workload.Arms).Select(arm => arm.Load);

    [Fact]
    public void Every_line_that_can_be_configured_has_a_suite_and_names_are_in_it_once()
    {
        Assert.Equal(Dialect.All, Suite.All.Select(suite => suite.Dialect));
        Assert.All(Suite.All, suite =>
        {
            Assert.Equal(suite.Workloads.Length, suite.Workloads.Select(workload => workload.Name).Distinct().Count());
            Assert.Equal(suite.Variants.Length, suite.Variants.Select(variant => variant.Name).Distinct().Count());
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_workload_speaks_of_arms_and_servers_that_are_there(string line, string name)
    {
        var suite = SuiteOf(line);
        var workload = Workload(line, name);
        var arms = workload.Arms.Select(arm => arm.Name).ToArray();
        Assert.Equal(arms.Length, arms.Distinct().Count());
        Assert.Equal([], workload.Arms.Select(arm => arm.Variant).Except(suite.Variants.Select(one => one.Name)));
        Assert.Equal([], workload.Goals.SelectMany(goal => new[] { goal.Subject, goal.Base }).OfType<string>().Except(arms));
        Assert.True(workload.Base is null || arms.Contains(workload.Base));

        // A round asks every arm of the same sites' folder.
        Assert.Single(workload.Kind == WorkloadKind.Memory ? [0] : workload.Arms.Select(arm => arm.Layout.Sites).Distinct());
    }

    /// <summary>The table "How fast" of the design, as it stands there, and for 2.4 what is to be reached beside its peers.</summary>
    [Theory]
    [InlineData("2.0", "static-50-new", "pool", "prefork", 0.95, 1.0)]
    [InlineData("2.0", "static-50-keep", "pool", "prefork", 1.0, 1.2)]
    [InlineData("2.0", "php-new", "pool", "prefork", 0.98, 1.0)]
    [InlineData("2.0", "dedicated-50-new", "pool", "prefork", 0.95, 1.0)]
    [InlineData("2.0", "static-50-new", "pool", "classic", 5.5, null)]
    [InlineData("2.0", "users-50-new", "pool@1000", "pool@1", 0.9, 1.0)]
    [InlineData("2.0", "crowd", "pool+crowd", "pool", 0.9, 1.0)]
    [InlineData("2.0", "start-10000", "pool", null, 2.0, null)]
    [InlineData("2.4", "static-50-new", "pool", "prefork", 0.95, 1.0)]
    [InlineData("2.4", "static-50-keep", "pool", "prefork", 1.0, null)]
    [InlineData("2.4", "static-50-new", "pool", "mpm-itk", 5.0, null)]
    [InlineData("2.4", "static-10k-new", "pool", "mpm-itk", 5.0, null)]
    [InlineData("2.4", "users-50-new", "pool@1000", "pool@1", 0.9, 1.0)]
    public void Every_demand_of_the_design_is_a_goal(string line, string workload, string subject, string? toBase, double must, double? aim) =>
        Assert.Contains(Workload(line, workload).Goals, goal => goal.Subject == subject && goal.Base == toBase && goal.Must == must && goal.Aim == aim);

    public static TheoryData<string, string, string> Demands =>
    [
        .. Suite.All.SelectMany(suite => suite.Workloads.SelectMany(workload => workload.Goals.Where(goal => goal.Must is not null)
            .Select(goal => (suite.Dialect.Name, workload.Name, goal.Sentence)))),
    ];

    /// <summary>Each demand can be missed: at its number it is reached, a thousandth on the wrong side it is not.</summary>
    [Theory]
    [MemberData(nameof(Demands))]
    public void A_demand_is_reached_at_its_number_and_missed_beside_it(string line, string workload, string sentence)
    {
        var goal = Workload(line, workload).Goals.Single(goal => goal.Sentence == sentence);
        var must = goal.Must ?? throw new InvalidOperationException("A demand has a number.");
        Assert.Equal(Reached.Reached, Judgement.Goal(goal, Rounds(goal, must), 1).Must);
        Assert.Equal(Reached.NotReached, Judgement.Goal(goal, Rounds(goal, must * (goal.AtMost ? 1.001 : 0.999)), 1).Must);
    }

    /// <summary>Twenty rounds in which the figure, or its ratio to the base's, is <paramref name="found"/>.</summary>
    private static ImmutableArray<Measurement> Rounds(Goal goal, double found)
    {
        Measurement Of(int round, string arm, double value) => goal.Figure switch
        {
            Figure.Start => new Measurement(round, arm, 0, null, null, null, null, null, value, []),
            Figure.Rate => new Measurement(round, arm, 1, value, null, null, null, null, null, []),
            _ => throw new NotSupportedException("No demand is on a latency."),
        };
        return [.. Enumerable.Range(0, 20).SelectMany(round => goal.Base is { } toBase
            ? new[] { Of(round, toBase, 4), Of(round, goal.Subject, 4 * found) }
            : [Of(round, goal.Subject, found)])];
    }

    [Theory]
    [InlineData("static-50-new", "prefork, event, mpm-itk, fork, pool")]
    [InlineData("static-50-keep", "prefork, event, mpm-itk, fork, pool")]
    [InlineData("php-new", "prefork, mpm-itk, prefork-fpm, event-fpm, fork, pool")]
    [InlineData("users-50-new", "prefork, event, mpm-itk@1, mpm-itk@10, mpm-itk@100, mpm-itk@1000, pool@1, pool@10, pool@100, pool@1000")]
    [InlineData("users-php-new", "prefork, mpm-itk@1, mpm-itk@10, mpm-itk@100, mpm-itk@1000, event-fpm-ondemand@1, event-fpm-ondemand@10, event-fpm-ondemand@100, event-fpm-ondemand@1000, pool@1, pool@10, pool@100, pool@1000")]
    public void The_peers_of_2_4_are_measured_side_by_side(string workload, string arms) =>
        Assert.Equal(arms, string.Join(", ", Workload("2.4", workload).Arms.Select(arm => arm.Name)));

    /// <summary>wrk changes the host with every request, not with every connection: kept ones would be closed as the design says.</summary>
    [Fact]
    public void No_kept_connection_asks_for_several_hosts() => Assert.DoesNotContain(Loads, load => load is { KeepAlive: true, Hosts: > 1 });

    [Fact]
    public void Pages_are_as_long_as_the_workloads_say()
    {
        var files = BenchPlace.SiteFiles(new Layout(4), 0).ToDictionary(file => file.Path, file => file.Text);
        Assert.All(Loads.Where(load => load.Body is not null), load => Assert.Equal(load.Body, files[load.Path[1..]].Length));
    }

    [Fact]
    public void No_site_has_a_number_that_a_user_namespace_does_not_map() =>
        Assert.InRange(BenchPlace.FirstUser + All.SelectMany(workload => workload.Arms).Max(arm => arm.Layout.Sites), 1, Math.Min(65535, BenchPlace.FirstUser + BenchPlace.MostUsers - 1));

    private static Suite SuiteOf(string line) => Suite.All.Single(suite => suite.Dialect.Name == line);

    private static Workload Workload(string line, string name) => SuiteOf(line).Find(name) ?? throw new ArgumentException(name);
}
