using System.Collections.Immutable;
using System.Text.Json;
using PatchForge.Host;
using PatchForge.HostTests.Roots;
using PatchForge.Seams;
using PatchForge.Smoke;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>What a Gentoo user does, by one command, in the root that PATCHFORGE_PORTAGE_ROOT names.</summary>
[Trait("Long", "true")]
public sealed class PortageRefreshTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("patchforge-portage-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task A_release_is_synced_emerged_started_by_its_init_script_and_asked()
    {
        const string version = "2.0.65";
        var root = Environment.GetEnvironmentVariable("PATCHFORGE_PORTAGE_ROOT");
        Assert.SkipUnless(Directory.Exists(root), "no root with Portage; name one by PATCHFORGE_PORTAGE_ROOT");
        Httpd20.SkipWithout(version);
        using (await RealRoots.Need(TestContext.Current.CancellationToken))
        {
            ProjectCopy.Make(_home);
        }

        string[] distdir = Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR") is { Length: > 0 } folder ? ["--distdir", folder] : [];
        ImmutableArray<string> arguments =
            ["refresh", version, "--unofficial", "--root", "dir:" + root, "--no-attack", "--no-bench", "--format", "json", "--gentoo", root + "/var/db/repos/gentoo", .. distdir];
        var answer = await new Processes(new SilentStory()).Run(
            new ProcessRequest(Tests.Shared.Tool.Path, arguments) { WorkingDirectory = _home }, TestContext.Current.CancellationToken);

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        using var json = JsonDocument.Parse(answer.Output);
        var release = json.RootElement.GetProperty("releases")[0];
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
