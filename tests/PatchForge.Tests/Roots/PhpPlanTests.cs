using System.Collections.Immutable;
using System.Text;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Tests.Roots;

public sealed class PhpPlanTests
{
    private static readonly PhpSettings s_php = new(
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("apt", ["gcc"]),
        "php8.2",
        "8.2",
        "patches/lab/php",
        ["--disable-all", "CFLAGS=-O2"],
        ["log_errors = On"]);

    [Fact]
    public void It_is_configured_for_the_built_servers_apxs_and_for_a_php_ini_inside_the_servers_folder()
    {
        var steps = PhpPlan.Build(s_php, "/image", jobs: 2);

        Assert.Equal(["configure", "make"], steps.Select(step => step.Name));
        Assert.Equal(
            "nice -n 15 ./configure --prefix=/opt/httpd/php --with-config-file-path=/opt/httpd/php --with-apxs2=/opt/httpd/bin/apxs --disable-all CFLAGS=-O2",
            string.Join(' ', steps[0].Command));
        Assert.Equal("nice -n 15 make -j2", string.Join(' ', steps[1].Command));
    }

    [Fact]
    public void Only_fetching_has_the_network_and_nothing_writes_to_the_server()
    {
        ImmutableArray<BuildStep> steps = [PhpPlan.Unpack("php8.2_8.2.1-1.dsc", "/work"), .. PhpPlan.Build(s_php, "/image", 2), PhpPlan.Try("/image", "/made"), PhpPlan.TryModule("/image", "/opt/httpd/bin/httpd", "/usr/lib/libphp.so", ["LoadModule a_module a.so"])];
        var fetch = SourcePackagePlan.Fetch("php8.2", "8.2", "/a/source");

        Assert.Equal(RootRights.Packages, fetch.Rights);
        Assert.Equal([new RootBind("/a/source", SourcePackagePlan.Place, Writable: true)], fetch.Binds);
        Assert.All(steps, step => Assert.NotEqual(RootRights.Packages, step.Rights));
        Assert.All(steps.SelectMany(step => step.Binds).Where(bind => bind.Writable), bind => Assert.Equal("/work", bind.Outside));
    }

    [Fact]
    public void The_package_and_its_version_are_arguments_and_never_text_of_the_script()
    {
        var one = SourcePackagePlan.Fetch("php8.2", "8.2", "/f").Command;
        var other = SourcePackagePlan.Fetch("php9", "9", "/f").Command;

        Assert.Equal(one[..4], other[..4]);
        Assert.Equal(["php8.2", "8.2", SourcePackagePlan.Place], one[4..]);
    }

    [Fact]
    public void Php_ini_loads_opcache_from_the_servers_folder_and_holds_the_settings_lines() =>
        Assert.Equal("zend_extension=/opt/httpd/php/opcache.so\nlog_errors = On\n", PhpPlan.IniText(s_php));

    [Theory]
    [InlineData("ap_mmn.h", true)]
    [InlineData("httpd.h", true)]
    [InlineData("http_protocol.h", true)]
    [InlineData("util_filter.h", true)]
    [InlineData("apr_tables.h", true)]
    [InlineData("mpm.h", false)]
    [InlineData("mpm_default.h", false)]
    [InlineData("ap_config_auto.h", false)]
    [InlineData("itk.h", false)]
    public void What_php_sees_of_a_server_is_httpds_and_aprs_headers_and_not_the_mpms(string header, bool counts)
    {
        string Of(string text) => PhpPlan.Interface(new LayeredTree()
            .With(File("httpd.h", "same")).With(File(header, text)));

        Assert.Equal(counts, Of("#define A 1") != Of("#define A 2"));
    }

    private static TreeFile File(string name, string text) => new(TreePath.Parse(name), TreeMode.Regular, Encoding.UTF8.GetBytes(text));
}
