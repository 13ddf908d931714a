using PatchForge.Smoke;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>What a Gentoo user does, by one command, in the root that PATCHFORGE_PORTAGE_ROOT names.</summary>
[Trait("Long", "true")]
public sealed class PortageRefreshTests
{
    [Fact]
    public async Task A_release_is_synced_emerged_started_by_its_init_script_and_asked()
    {
        using var checkout = await PortageCheckout.Make("2.0.65");
        var release = await checkout.Refresh("2.0.65");
        Assert.All(release.GetProperty("builds").EnumerateArray(), build =>
        {
            Assert.Equal("portage", build.GetProperty("how").GetString());
            Assert.Equal(0, build.GetProperty("qa").GetArrayLength());
        });
        var smokes = release.GetProperty("smokes").EnumerateArray().ToDictionary(smoke => smoke.GetProperty("variant").GetString() ?? "", smoke => smoke.GetProperty("probes").EnumerateArray().Select(probe => probe.GetProperty("name").GetString()).ToList());
        Assert.Equal(["itk", "none"], smokes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(ServiceScript.Names(ownUsers: true, tls: true), smokes["itk"].Take(12));
        Assert.Equal(ServiceScript.Names(ownUsers: false, tls: false), smokes["none"].Take(10));
    }
}
