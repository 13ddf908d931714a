using System.Collections.Immutable;
using System.Text.Json;
using PatchForge.Host;
using PatchForge.HostTests.Roots;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>The main job on the real thing, by the tool as a process: from the distfile to probes that passed and a report.</summary>
[Trait("Long", "true")]
public sealed class RefreshHttpdTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("patchforge-httpd-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("2.0.65")]
    [InlineData("2.0.58")]
    public async Task Refresh_goes_to_the_end(string version)
    {
        Httpd20.SkipWithout(version);
        using (await RealRoots.Need(TestContext.Current.CancellationToken))
        {
            ProjectCopy.Make(_home);
        }

        var report = Path.Combine(_home, "report.html");
        string[] distdir = Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR") is { Length: > 0 } folder ? ["--distdir", folder] : [];
        ImmutableArray<string> arguments = ["refresh", version, "--unofficial", "--no-attack", "--no-bench", "--format", "json", "--report", report, .. distdir];
        var answer = await new Processes(new SilentStory()).Run(
            new ProcessRequest(Tests.Shared.Tool.Path, arguments) { WorkingDirectory = _home },
            TestContext.Current.CancellationToken);

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        using var json = JsonDocument.Parse(answer.Output);
        var release = json.RootElement.GetProperty("releases")[0];
        Assert.Equal(["itk", "prefork"], release.GetProperty("builds").EnumerateArray().Select(build => build.GetProperty("variant").GetString()));
        Assert.All(release.GetProperty("builds").EnumerateArray(), build => Assert.True(build.GetProperty("succeeded").GetBoolean()));
        Assert.All(release.GetProperty("smokes").EnumerateArray(), smoke =>
        {
            var probes = smoke.GetProperty("probes").EnumerateArray().ToList();
            Assert.True(probes.Count > 30);
            Assert.All(probes, probe => Assert.True(probe.GetProperty("passed").GetBoolean(), probe.ToString()));
        });
        Assert.Contains("itk", await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
