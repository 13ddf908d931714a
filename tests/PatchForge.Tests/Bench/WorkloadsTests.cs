using PatchForge.Bench;
using PatchForge.Httpd;

namespace PatchForge.Tests.Bench;

public sealed class WorkloadsTests
{
    private static readonly ServerParts s_parts = new("/opt/httpd/bin/httpd", "/opt/httpd/bin/ab", "/opt/httpd/modules", ["mod_mime.so", "mod_log_config.so", "libphp.so"]);

    public static TheoryData<string> Names => [.. Workloads.All.Select(workload => workload.Name)];

    [Fact]
    public void Names_are_there_once() => Assert.Equal(Names.Count, Workloads.All.Select(workload => workload.Name).Distinct().Count());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_workload_speaks_of_arms_and_servers_that_are_there(string name)
    {
        var workload = Workloads.All.Single(one => one.Name == name);
        var arms = workload.Arms.Select(arm => arm.Name).ToArray();
        Assert.Equal(arms.Length, arms.Distinct().Count());
        Assert.Equal([], workload.Arms.Select(arm => arm.Variant).Except(Variant.All.Select(one => one.Name)));
        Assert.Equal([], workload.Goals.SelectMany(goal => new[] { goal.Subject, goal.Base }).OfType<string>().Except(arms));
        Assert.True(workload.Base is null || arms.Contains(workload.Base));

        // A round asks every arm of the same sites' folder.
        Assert.Single(workload.Kind == WorkloadKind.Memory ? [0] : workload.Arms.Select(arm => arm.Layout.Sites).Distinct());
    }

    /// <summary>The table "How fast" of the design, as it stands there.</summary>
    [Theory]
    [InlineData("static-50-new", "pool", "prefork", 0.95, 1.0)]
    [InlineData("static-50-keep", "pool", "prefork", 1.0, 1.2)]
    [InlineData("php-new", "pool", "prefork", 0.98, 1.0)]
    [InlineData("dedicated-50-new", "pool", "prefork", 0.95, 1.0)]
    [InlineData("static-50-new", "pool", "classic", 5.5, null)]
    [InlineData("users-50-new", "pool@1000", "pool@1", 0.9, 1.0)]
    [InlineData("crowd", "pool+crowd", "pool", 0.9, 1.0)]
    [InlineData("start-10000", "pool", null, 2.0, null)]
    public void Every_demand_of_the_design_is_a_goal(string workload, string subject, string? toBase, double must, double? aim)
    {
        var goals = Workloads.All.Single(one => one.Name == workload).Goals;
        Assert.Contains(goals, goal => goal.Subject == subject && goal.Base == toBase && goal.Must == must && goal.Aim == aim);
    }

    [Fact]
    public void Configurations_differ_in_the_variants_own_lines_and_in_AssignUserID_only()
    {
        var layout = new Layout(4);
        var texts = Variant.All.Select(variant => string.Join('\n', BenchConf.Text(variant, layout, s_parts).Split('\n')
            .Where(line => !variant.Lines.Contains(line) && !line.Contains("AssignUserID", StringComparison.Ordinal))));
        Assert.Single(texts.Distinct());
    }

    [Fact]
    public void A_2_4_server_is_configured_in_its_own_words()
    {
        var old = BenchConf.Text(Variant.Of(Variant.Prefork), new Layout(4), s_parts).Split('\n');
        var lines = BenchConf.Text(Variant.Of(Variant.Prefork), new Layout(4), s_parts with { Dialect = Dialect.Httpd24 }).Split('\n');

        Assert.Equal(["Mutex sysvsem default", "    Require all granted"], lines.Except(old));
        Assert.Equal(["LockFile /srv/bench/run/accept.lock", "AcceptMutex sysvsem", "DefaultType text/html", "NameVirtualHost 127.0.0.1:8080"], old.Except(lines));
    }

    [Fact]
    public void Each_site_has_its_own_user_and_the_second_address_its_own_site()
    {
        var text = BenchConf.Text(Variant.Of(Variant.Pool), new Layout(4), s_parts);
        var users = text.Split('\n').Where(line => line.Contains("AssignUserID", StringComparison.Ordinal)).ToArray();
        Assert.Equal(5, users.Distinct().Count());
        Assert.Equal(4, text.Split("<VirtualHost 127.0.0.1:8080>").Length - 1);
        Assert.Equal(1, text.Split("<VirtualHost 127.0.1.1:8080>").Length - 1);
        Assert.DoesNotContain("AssignUserID", BenchConf.Text(Variant.Of(Variant.Prefork), new Layout(4), s_parts), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 10)]
    [InlineData(0, 1000)]
    public void Hosts_belong_to_as_many_users_as_the_layout_says(int users, int expected)
    {
        var text = BenchConf.Text(Variant.Of(Variant.Pool), new Layout(1000) { Users = users }, s_parts);

        // One more is the dedicated address'.
        Assert.Equal(expected + 1, text.Split('\n').Where(line => line.Contains("AssignUserID", StringComparison.Ordinal)).Distinct().Count());
        Assert.Equal(1001, text.Split("AssignUserID").Length - 1);
    }

    [Fact]
    public void Logs_are_written_where_the_layout_says_so_and_nowhere_else()
    {
        Assert.DoesNotContain("CustomLog", BenchConf.Text(Variant.Of(Variant.Pool), new Layout(2), s_parts), StringComparison.Ordinal);
        Assert.Equal(3, BenchConf.Text(Variant.Of(Variant.Pool), new Layout(2, AccessLog: true), s_parts).Split("CustomLog").Length - 1);
    }

    /// <summary>wrk changes the host with every request, not with every connection: kept ones would be closed as the design says.</summary>
    [Fact]
    public void No_kept_connection_asks_for_several_hosts() =>
        Assert.DoesNotContain(Workloads.All.SelectMany(workload => workload.Arms), arm => arm.Load is { KeepAlive: true, Hosts: > 1 });

    [Fact]
    public void Pages_are_as_long_as_the_workloads_say()
    {
        var files = BenchPlace.SiteFiles(new Layout(4), 0).ToDictionary(file => file.Path, file => file.Text);
        Assert.All(
            Workloads.All.SelectMany(workload => workload.Arms).Select(arm => arm.Load).Where(load => load.Body is not null),
            load => Assert.Equal(load.Body, files[load.Path[1..]].Length));
    }

    [Fact]
    public void No_site_has_a_number_that_a_user_namespace_does_not_map() =>
        Assert.InRange(BenchPlace.FirstUser + Workloads.All.SelectMany(workload => workload.Arms).Max(arm => arm.Layout.Sites), 1, Math.Min(65535, BenchPlace.FirstUser + BenchPlace.MostUsers - 1));
}
