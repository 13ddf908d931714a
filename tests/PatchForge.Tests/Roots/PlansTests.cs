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

    [Fact]
    public void Portage_builds_by_phases_with_its_sandboxes_and_without_merging()
    {
        var request = new PortageRequest("/repo", "patchforge", "/gentoo", "/distfiles", "www-servers/apache", "2.0.65-r1", ["mpm-itk", "-ssl"]);

        var steps = PortagePlan.Steps(request, "/work");

        Assert.Equal(["clean", "prepare", "configure", "compile", "install"], steps.Select(step => step.Name));
        Assert.Equal(["ebuild", "/var/db/repos/patchforge/www-servers/apache/apache-2.0.65-r1.ebuild", "install"], steps[^1].Command);
        Assert.All(steps, step =>
        {
            Assert.Equal(RootRights.Portage, step.Rights);
            Assert.Equal("mpm-itk -ssl", step.Environment["USE"]);
            foreach (var feature in new[] { "sandbox", "usersandbox", "userpriv", "network-sandbox", "ipc-sandbox", "pid-sandbox", "mount-sandbox" })
            {
                Assert.Contains(feature, step.Environment["FEATURES"].Split(' '));
            }

            Assert.DoesNotContain(step.Binds, bind => bind.Writable && bind.Outside != "/work");
        });
        Assert.Equal("/work/www-servers/apache-2.0.65-r1/image", PortagePlan.Image(request, "/work"));
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
