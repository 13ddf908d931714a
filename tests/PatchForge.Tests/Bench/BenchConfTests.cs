using PatchForge.Bench;
using PatchForge.Httpd;

namespace PatchForge.Tests.Bench;

public sealed class BenchConfTests
{
    private static readonly Suite s_old = Suite.Of(Dialect.Httpd20);
    private static readonly Suite s_new = Suite.Of(Dialect.Httpd24);

    public static TheoryData<string> Lines => [.. Suite.All.Select(suite => suite.Dialect.Name)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void Configurations_of_a_line_differ_in_the_variants_own_lines_and_in_AssignUserID_only(string line)
    {
        var suite = SuiteOf(line);
        var texts = suite.Variants.Where(variant => !variant.Threads).Select(variant => string.Join('\n', Text(suite, variant.Name, new Layout(4))
            .Where(one => !variant.Lines.Contains(one) && !one.Contains("AssignUserID", StringComparison.Ordinal))));
        Assert.Single(texts.Distinct());
    }

    [Fact]
    public void A_2_4_server_is_configured_in_its_own_words()
    {
        var old = Text(s_old, Variant.Prefork, new Layout(4));
        var lines = Text(s_new, Variant.Prefork, new Layout(4));

        Assert.Equal(["Mutex sysvsem default", "    Require all granted"], lines.Except(old));
        Assert.Equal(["LockFile /srv/bench/run/accept.lock", "AcceptMutex sysvsem", "DefaultType text/html", "NameVirtualHost 127.0.0.1:8080"], old.Except(lines));
    }

    [Theory]
    [InlineData(256, "MaxClients 275", "ServerLimit 11")]
    [InlineData(276, "MaxClients 300", "ServerLimit 12")]
    public void Threads_are_counted_where_processes_are_and_serve_as_many_clients_at_least(int clients, string most, string children)
    {
        string[] expected = [most, children];
        var processes = Text(s_new, Variant.Prefork, new Layout(4, clients));
        var threads = Text(s_new, Variant.Event, new Layout(4, clients));

        Assert.Equal([.. expected, "ThreadsPerChild 25", "StartServers 2", "MinSpareThreads 25", "MaxSpareThreads 75"], threads.Except(processes).OrderBy(line => Array.IndexOf(expected, line) is var place and >= 0 ? place : expected.Length));
        Assert.Equal(["StartServers 20", "MinSpareServers 4", "MaxSpareServers 20"], processes.Except(threads).Where(line => line.Contains("Servers", StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_site_has_its_own_user_and_the_second_address_its_own_site()
    {
        var text = Text(s_old, Variant.Pool, new Layout(4));
        Assert.Equal(5, text.Where(line => line.Contains("AssignUserID", StringComparison.Ordinal)).Distinct().Count());
        Assert.Equal(4, text.Count(line => line == "<VirtualHost 127.0.0.1:8080>"));
        Assert.Equal(1, text.Count(line => line == "<VirtualHost 127.0.1.1:8080>"));
        Assert.DoesNotContain(Text(s_old, Variant.Prefork, new Layout(4)), line => line.Contains("AssignUserID", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 10)]
    [InlineData(0, 1000)]
    public void Hosts_belong_to_as_many_users_as_the_layout_says(int users, int expected)
    {
        var layout = new Layout(1000) { Users = users };
        var assigned = Text(s_old, Variant.Pool, layout).Where(line => line.Contains("AssignUserID", StringComparison.Ordinal)).ToArray();

        // One more is the dedicated address'.
        Assert.Equal(expected + 1, assigned.Distinct().Count());
        Assert.Equal(1001, assigned.Length);
        Assert.Equal(expected + 1, layout.AllUsers.Count());
    }

    [Fact]
    public void Logs_are_written_where_the_layout_says_so_and_nowhere_else()
    {
        Assert.DoesNotContain(Text(s_old, Variant.Pool, new Layout(2)), line => line.Contains("CustomLog", StringComparison.Ordinal));
        Assert.Equal(3, Text(s_old, Variant.Pool, new Layout(2, AccessLog: true)).Count(line => line.Contains("CustomLog", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_distributions_mpm_itk_is_a_module_of_prefork_and_takes_the_same_users_as_ours()
    {
        var prefork = Text(s_new, Variant.Prefork, new Layout(4));
        var own = Text(s_new, Variant.MpmItk, new Layout(4)).Except(prefork).ToArray();
        var ours = Text(s_new, Variant.Pool, new Layout(4)).Where(line => line.Contains("AssignUserID", StringComparison.Ordinal));

        Assert.Equal("prefork", s_new.Variant(Variant.MpmItk).Image);
        Assert.Equal(["LoadModule mpm_itk_module /usr/lib/apache2/modules/mpm_itk.so", "EnableCapabilities Off", .. ours], own);
    }

    [Theory]
    [InlineData("2.0", "prefork", "/opt/httpd/modules/libphp.so")]
    [InlineData("2.4", "prefork", "/usr/lib/apache2/modules/libphp8.2.so")]
    [InlineData("2.4", "mpm-itk", "/usr/lib/apache2/modules/libphp8.2.so")]
    [InlineData("2.4", "pool", "/usr/lib/apache2/modules/libphp8.2.so")]
    [InlineData("2.4", "event-fpm", null)]
    public void Scripts_run_in_the_servers_own_processes_where_it_has_no_pools(string line, string variant, string? module)
    {
        var suite = SuiteOf(line);
        var text = Text(suite, variant, new Layout(4, Php: true));

        Assert.Equal(module is null ? [] : [$"LoadModule php_module {module}"], text.Where(one => one.Contains("php_module", StringComparison.Ordinal)));
        Assert.DoesNotContain(Text(suite, variant, new Layout(4)), one => one.Contains("php", StringComparison.Ordinal));
    }

    [Fact]
    public void A_host_has_its_scripts_run_by_the_pool_of_its_user()
    {
        var layout = new Layout(4, Php: true) { Users = 2 };
        var variant = s_new.Variant("event-fpm");
        var handlers = Text(s_new, variant.Name, layout).Where(line => line.Contains("SetHandler", StringComparison.Ordinal)).Select(line => line.Trim()).ToArray();
        var pools = FpmConf.Text(variant, layout)?.Split('\n') ?? [];

        Assert.Equal([0, 1, 0, 1, 4], Enumerable.Range(0, 5).Select(layout.UserOf));
        Assert.Equal([0, 1, 0, 1, 4], handlers.Select(line => int.Parse(line.Split("fcgi://u")[1].TrimEnd('"'), System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(["[global]", "[u0]", "[u1]", "[u4]"], pools.Where(line => line.StartsWith('[')));
        Assert.Equal(["user = 20000", "user = 20001", "user = 20004"], pools.Where(line => line.StartsWith("user", StringComparison.Ordinal)));
        Assert.All(pools.Where(line => line.StartsWith("listen = ", StringComparison.Ordinal)), socket =>
            Assert.Contains(handlers, handler => handler.Contains($"unix:{socket[9..]}|", StringComparison.Ordinal)));

        // Only httpd may ask a pool: whoever could would be its user.
        Assert.Equal(3, pools.Count(line => line == "listen.owner = pfbench"));
        Assert.Equal(3, pools.Count(line => line == "listen.group = pfbench"));
    }

    [Theory]
    [InlineData("event-fpm", "pm = static|pm.max_children = 20")]
    [InlineData("prefork-fpm", "pm = static|pm.max_children = 20")]
    [InlineData("event-fpm-ondemand", "pm = ondemand|pm.max_children = 20|pm.process_idle_timeout = 3600s")]
    public void A_pool_has_as_many_children_as_httpd(string variant, string expected)
    {
        var text = FpmConf.Text(s_new.Variant(variant), new Layout(1, Php: true)) ?? "";

        Assert.Equal(expected.Split('|'), text.Split('\n').Where(line => line.StartsWith("pm", StringComparison.Ordinal)).Distinct());
        Assert.Null(FpmConf.Text(s_new.Variant(Variant.Pool), new Layout(1, Php: true)));
    }

    [Fact]
    public void Pools_are_started_before_the_server_and_only_where_there_are_any()
    {
        var parts = Parts(s_new);
        var with = BenchPlace.StartScript(parts, "/usr/sbin/php-fpm8.2").Split('\n').ToList();

        Assert.Contains("'/usr/sbin/php-fpm8.2' --daemonize --fpm-config \"$place/fpm.conf\"", with);
        Assert.True(with.FindIndex(line => line.Contains("--daemonize", StringComparison.Ordinal)) < with.FindIndex(line => line.EndsWith("-k start", StringComparison.Ordinal)));
        Assert.DoesNotContain("fpm", BenchPlace.StartScript(parts), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_with_packages_is_needed_by_those_that_use_it_only()
    {
        const string itk = "/usr/lib/apache2/modules/mpm_itk.so";
        const string php = "/usr/lib/apache2/modules/libphp8.2.so";
        string[] Needs(Suite suite, string variant, bool scripts) => [.. suite.Needs(new Arm(variant, variant, new Layout(4, Php: scripts), new Load(Generator.Wrk, "/", null, KeepAlive: false)))];

        Assert.Equal([], Needs(s_new, Variant.Pool, false));
        Assert.Equal([php], Needs(s_new, Variant.Pool, true));
        Assert.Equal([itk], Needs(s_new, Variant.MpmItk, false));
        Assert.Equal([itk, php], Needs(s_new, Variant.MpmItk, true));
        Assert.Equal(["/usr/sbin/php-fpm8.2"], Needs(s_new, "event-fpm", true));
        Assert.Equal([], Needs(s_new, "event-fpm", false));
        Assert.All(s_old.Variants, variant => Assert.Equal([], Needs(s_old, variant.Name, true)));
    }

    private static Suite SuiteOf(string line) => Suite.All.Single(one => one.Dialect.Name == line);

    private static string[] Text(Suite suite, string variant, Layout layout) => BenchConf.Text(suite.Variant(variant), layout, Parts(suite)).Split('\n');

    private static ServerParts Parts(Suite suite) =>
        new("/opt/httpd/bin/httpd", "/opt/httpd/bin/ab", "/opt/httpd/modules", ["mod_mime.so", "mod_log_config.so", "mod_proxy.so", "mod_proxy_fcgi.so", "libphp.so"]) { Dialect = suite.Dialect, Php = suite.Php };
}
