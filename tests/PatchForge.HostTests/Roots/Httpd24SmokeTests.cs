using PatchForge.Host.Roots;
using PatchForge.Settings;
using PatchForge.Smoke;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>
/// The same as for 2.0 with line 2.4, whose source a machine of Debian's family fetches by itself: it is skipped only where the archive
/// is neither at hand nor in reach.
/// </summary>
[Trait("Long", "true")]
public sealed class Httpd24SmokeTests
{
    private const string Version = "2.4.68";
    private static readonly ForgeSettings s_settings = SettingsFile.Load(Path.Combine(Golden.Home, SettingsFile.Name));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("prefork")]
    [InlineData("itk")]
    public async Task A_variant_of_2_4_68_passes_every_probe(string variant) =>
        BuiltServers.AssertPassed(await Smoke(variant, RemovedGuard.None));

    [Fact]
    public async Task Open_folders_let_exactly_the_ways_through_that_permissions_close()
    {
        var answer = await Smoke("itk", RemovedGuard.FolderPermissions);

        Assert.Equal(
            ["alpha.test alias beta.test", "alpha.test script-reads beta.test", "alpha.test symlink beta.test", "beta.test alias alpha.test", "beta.test script-reads alpha.test", "beta.test symlink alpha.test"],
            answer.Verdicts.Where(verdict => !verdict.Passed).Select(verdict => verdict.Name).Order());
    }

    private static async Task<SmokeAnswer> Smoke(string variant, RemovedGuard removed)
    {
        using var scratch = await RealRoots.Need(Cancel);
        using var real = new RealRoots(NamespaceRoots.UsualStateFolder());
        var tree = await Httpd24.Patched(Version, scratch.Folder, real, Cancel);
        return await BuiltServers.Smoke(real, s_settings.Release(Version).Line, Version, tree, variant, variant == "itk", removed, Cancel);
    }
}
