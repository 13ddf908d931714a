using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Tests.Roots;

public sealed class PlansTests
{
    private static readonly BuildSettings s_build = new(
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty,
        [["./buildconf"]],
        ["--enable-so"],
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("itk", ["--with-mpm=itk"]).Add("prefork", ["--with-mpm=prefork"]));

    [Fact]
    public void A_variant_is_configured_with_the_common_arguments_and_its_own()
    {
        var steps = BuildPlan.Variant(s_build, "itk", "/image", jobs: 3);

        Assert.Equal(["configure", "make", "install"], steps.Select(step => step.Name));
        Assert.Equal(["./configure", "--prefix=/opt/httpd", "--enable-so", "--with-mpm=itk"], steps[0].Command);
        Assert.Equal(["make", "-j3"], steps[1].Command);
        Assert.Equal([new RootBind("/image", "/opt/httpd", Writable: true)], steps[2].Binds);
        Assert.All(steps, step => Assert.Equal(RootRights.Build, step.Rights));
    }

    [Fact]
    public void An_unknown_variant_is_refused_with_those_there_are()
    {
        var failure = Assert.Throws<Failure>(() => BuildPlan.Variant(s_build, "worker", "/image", 1));

        Assert.Contains("itk, prefork", failure.Hint, StringComparison.Ordinal);
    }

    private static readonly PortageRequest s_emerge = new("/published", "mpm-itk", "/gentoo", "/distfiles", "www-servers/apache", "2.0.65-r1", ["-mpm-worker", "mpm-itk"], "itk");

    [Fact]
    public void Portage_syncs_the_repository_and_emerges_the_package_each_into_a_layer_of_its_own()
    {
        var (sync, emerge) = (PortagePlan.Sync(s_emerge, "/synced"), PortagePlan.Emerge(s_emerge, "/installed"));

        Assert.Equal(["mpm-itk", "www-servers/apache"], sync.Command[^2..]);
        Assert.Contains("emaint sync --repo", sync.Command[2], StringComparison.Ordinal);
        Assert.Equal("=www-servers/apache-2.0.65-r1::mpm-itk", emerge.Command[^1]);
        Assert.Equal(("/synced", "/installed"), (sync.KeepIn, emerge.KeepIn));
        Assert.Contains(new RootBind("/published", PortagePlan.Published), sync.Binds);
        Assert.DoesNotContain(emerge.Binds, bind => bind.Outside == "/published");
        Assert.Contains(new RootBind("/distfiles", PortagePlan.DistDir), emerge.Binds);
        Assert.All(new[] { sync, emerge }, step => Assert.DoesNotContain(step.Binds, bind => bind.Writable));
    }

    [Theory]
    [InlineData("sandbox")]
    [InlineData("usersandbox")]
    [InlineData("userpriv")]
    [InlineData("userfetch")]
    [InlineData("network-sandbox")]
    [InlineData("ipc-sandbox")]
    [InlineData("mount-sandbox")]
    [InlineData("collision-protect")]
    [InlineData("test")]
    public void Portage_builds_with_its_sandboxes_its_tests_and_no_foreign_file_replaced(string feature)
    {
        var emerge = PortagePlan.Emerge(s_emerge, "/installed");

        Assert.Equal(RootRights.Portage, emerge.Rights);
        Assert.Contains(feature, emerge.Environment["FEATURES"].Split(' '));
        Assert.Equal("-mpm-worker mpm-itk", emerge.Environment["USE"]);
    }

    [Fact]
    public void A_QA_notice_is_told_once_with_all_its_lines()
    {
        string[] log =
        [
            ">>> Install www-servers/apache-2.0.65", " * QA Notice: command not found:", " * ", " * \t/x/configure: line 7: which: not found",
            "configure: done", " * something else", " * QA Notice: Files built without respecting CFLAGS have been detected", " *  usr/bin/x",
            "", " * QA Notice: command not found:", " * /x/configure: line 7: which: not found",
        ];

        Assert.Equal(
            ["command not found: /x/configure: line 7: which: not found", "Files built without respecting CFLAGS have been detected usr/bin/x"],
            QaNotices.Of(log));
        Assert.Equal(["x y"], QaNotices.Of([" \u001b[33;01m*\u001b[0m QA Notice: x", " \u001b[33;01m*\u001b[0m y"]));
        Assert.Empty(QaNotices.Of(["QA Notice: not Portage's", " * Applying a.patch ..."]));
    }

    [Fact]
    public void Installed_packages_are_those_that_dpkg_calls_installed()
    {
        const string status = "Package: gcc\nStatus: install ok installed\nVersion: 1\n\nPackage: libtool\nStatus: deinstall ok config-files\n\nPackage: make\nStatus: install ok half-installed\n\nPackage: perl\nStatus: hold ok installed\n";

        Assert.Equal(["gcc", "perl"], PackagePlan.InstalledByDpkg(status).Order());
    }

    [Fact]
    public void No_run_keeps_a_capability_that_leads_out_of_its_root()
    {
        string[] never = ["sys_admin", "sys_module", "sys_rawio", "sys_ptrace", "sys_boot", "sys_time", "mknod", "dac_read_search", "net_admin", "net_raw", "bpf", "perfmon", "syslog", "mac_admin"];

        foreach (var rights in Enum.GetValues<RootRights>())
        {
            Assert.Empty(Capabilities.Of(rights).Intersect(never));
        }

        Assert.StartsWith("-all,+chown", Capabilities.SetprivList(RootRights.Build), StringComparison.Ordinal);
    }

    [Fact]
    public void A_digest_tells_lists_apart_that_are_cut_elsewhere()
    {
        Assert.NotEqual(RootIdentity.Digest(["ab", "c"]), RootIdentity.Digest(["a", "bc"]));
        Assert.Equal(RootIdentity.Digest(["ab", "c"]), RootIdentity.Digest(["ab", "c"]));
    }

    [Fact]
    public void A_layer_does_not_depend_on_the_packages_order_and_does_on_the_root()
    {
        Assert.Equal(RootIdentity.OfLayer("r", PackageManager.Apt, ["a", "b"]), RootIdentity.OfLayer("r", PackageManager.Apt, ["b", "a"]));
        Assert.NotEqual(RootIdentity.OfLayer("r", PackageManager.Apt, ["a"]), RootIdentity.OfLayer("s", PackageManager.Apt, ["a"]));
    }
}
