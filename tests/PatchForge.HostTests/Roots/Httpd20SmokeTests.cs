using PatchForge.Host.Roots;
using PatchForge.Smoke;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>Builds and smoke-tests the real thing, prefork and itk from one tree.</summary>
[Trait("Long", "true")]
public sealed class Httpd20SmokeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task Itk_of_2_0_65_passes_every_probe() => PassesEveryProbe("2.0.65", "itk");

    [Fact]
    public Task Prefork_of_2_0_65_passes_every_probe() => PassesEveryProbe("2.0.65", "prefork");

    [Fact]
    public Task Itk_of_2_0_58_passes_every_probe() => PassesEveryProbe("2.0.58", "itk");

    [Fact]
    public Task Prefork_of_2_0_58_passes_every_probe() => PassesEveryProbe("2.0.58", "prefork");

    [Fact]
    public async Task Open_folders_let_exactly_the_ways_through_that_permissions_close()
    {
        var answer = await Smoke("2.0.65", "itk", switches: true, RemovedGuard.FolderPermissions);

        string[] expected = [.. Pairs("symlink"), .. Pairs("alias"), .. Pairs("script-reads")];
        Assert.Equal(expected.Order(), answer.Verdicts.Where(verdict => !verdict.Passed).Select(verdict => verdict.Name).Order());
        Assert.All(answer.Verdicts.Where(verdict => !verdict.Passed), verdict => Assert.Contains("(has 'secret-of-", verdict.Seen.Replace("page", "secret", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(answer.Kept ?? "", "httpd.conf")));
        Assert.True(File.Exists(Path.Combine(answer.Kept ?? "", "logs/error_log")));
    }

    [Fact]
    public async Task A_site_that_runs_as_another_sites_user_is_found_out()
    {
        var answer = await Smoke("2.0.65", "itk", switches: true, RemovedGuard.OwnUsers);

        var failed = answer.Verdicts.Where(verdict => !verdict.Passed).Select(verdict => verdict.Name).ToArray();
        Assert.Contains("beta.test own-page", failed);
        Assert.DoesNotContain("alpha.test own-page", failed);
    }

    [Fact]
    public async Task A_server_that_cannot_switch_does_not_start_with_two_users_sites()
    {
        var answer = await Smoke("2.0.65", "prefork", switches: true);

        var start = Assert.Single(answer.Verdicts);
        Assert.False(start.Passed);
        Assert.Contains("AssignUserID", start.Seen, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Pairs(string what) => [$"alpha.test {what} beta.test", $"beta.test {what} alpha.test"];

    private static async Task PassesEveryProbe(string version, string variant)
    {
        var answer = await Smoke(version, variant, variant == "itk");

        BuiltServers.AssertPassed(answer);
    }

    private static async Task<SmokeAnswer> Smoke(string version, string variant, bool switches, RemovedGuard removed = RemovedGuard.None)
    {
        using var scratch = await RealRoots.Need(Cancel);
        using var real = new RealRoots(NamespaceRoots.UsualStateFolder());
        var source = await Httpd20.Patched(version, scratch.Folder, real.Outside, Cancel);
        return await BuiltServers.Smoke(real, Httpd20.Settings.Lines[0], version, source, variant, switches, removed, Cancel);
    }
}
