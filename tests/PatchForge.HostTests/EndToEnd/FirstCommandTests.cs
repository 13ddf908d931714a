using System.Collections.Immutable;
using System.Text.Json;
using PatchForge.Host;
using PatchForge.HostTests.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>
/// README's first command on a machine that has the distribution's packages in reach and nothing else: no release is named, no
/// distfile is at hand, upstream's mirror does not answer.
/// </summary>
[Trait("Long", "true")]
public sealed class FirstCommandTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("patchforge-first-").FullName;
    private readonly string _cache = Directory.CreateTempSubdirectory("patchforge-first-cache-").FullName;

    public void Dispose()
    {
        Directory.Delete(_home, recursive: true);
        Directory.Delete(_cache, recursive: true);
    }

    [Fact]
    public async Task It_ends_with_a_2_4_built_smoked_attacked_and_measured_and_says_what_of_2_0_is_missing()
    {
        using (await RealRoots.Need(TestContext.Current.CancellationToken))
        {
            ProjectCopy.Make(_home);
        }

        var settings = Path.Combine(_home, SettingsFile.Name);
        await File.WriteAllTextAsync(
            settings,
            (await File.ReadAllTextAsync(settings, TestContext.Current.CancellationToken)).Replace("https://archive.apache.org/", "https://127.0.0.1:9/", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);

        // Images and layers are those of the other long tests; everything else begins empty.
        var own = Directory.CreateDirectory(Path.Combine(_cache, "patchforge")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(own, "roots"), Directory.CreateDirectory(Path.Combine(UserCache.Folder(Environment.GetEnvironmentVariable), "roots")).FullName);
        var report = Path.Combine(_home, "report.html");
        string[] some = ["uid-root", "file-victim", "fd-listeners", "start-root-group", "php-ids", "php-opcache"];
        ImmutableArray<string> arguments = ["refresh", "--format", "json", "--report", report, .. some.SelectMany(id => new[] { "--attack", id })];
        var answer = await new Processes(new SilentStory()).Run(
            new ProcessRequest(Tool.Path, arguments)
            {
                WorkingDirectory = _home,
                Environment = ImmutableSortedDictionary<string, string>.Empty.Add("XDG_CACHE_HOME", _cache).Add("DISTDIR", Path.Combine(_cache, "nothing")),
            },
            TestContext.Current.CancellationToken);

        using var json = JsonDocument.Parse(answer.Output);
        var releases = json.RootElement.GetProperty("releases").EnumerateArray().ToList();
        var modern = releases.Single(release => release.GetProperty("line").GetString() == "2.4");
        if (modern.GetProperty("failure") is { ValueKind: JsonValueKind.Object } failure && failure.GetProperty("kind").GetString() == "missing")
        {
            Assert.Skip($"httpd 2.4 is not in reach of apt-get, and a distfile in PATCHFORGE_DISTDIR is not looked at here: {failure}");
        }

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        AssertLeftOut(releases.Where(release => release.GetProperty("line").GetString() == "2.0").ToList());
        AssertShown(modern, some);
        var page = await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken);
        Assert.All(["httpd-2.0.65.tar.bz2", "2.4.68: attacks", "<svg", "a quick look"], text => Assert.Contains(text, page, StringComparison.Ordinal));
    }

    private static void AssertLeftOut(List<JsonElement> releases)
    {
        Assert.True(releases.Count > 1);
        Assert.All(releases, release => Assert.Equal("missing", release.GetProperty("failure").GetProperty("kind").GetString()));
        Assert.Contains("three ways to provide it", releases[0].GetProperty("failure").GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    private static void AssertShown(JsonElement release, string[] attacks)
    {
        Assert.Equal(["itk", "prefork"], release.GetProperty("builds").EnumerateArray().Select(build => build.GetProperty("variant").GetString()));
        Assert.All(release.GetProperty("smokes").EnumerateArray(), smoke => Assert.True(smoke.GetProperty("succeeded").GetBoolean(), smoke.ToString()));
        var rows = release.GetProperty("attack").GetProperty("attacks").EnumerateArray().ToList();
        Assert.Equal(attacks.Order(), rows.Select(row => row.GetProperty("id").GetString()).Order());
        Assert.All(rows, row =>
        {
            Assert.Equal("stopped", row.GetProperty("models")[0].GetProperty("outcome").GetString());
            if (row.GetProperty("guards").GetArrayLength() > 0)
            {
                Assert.Equal("succeeded", row.GetProperty("withoutGuard").GetProperty("outcome").GetString());
            }
        });
        Assert.True(rows.Count(row => row.GetProperty("guards").GetArrayLength() > 0) >= 4);
        var workloads = release.GetProperty("figures").GetProperty("workloads").EnumerateArray().ToList();
        Assert.Equal(["static-50-new", "static-50-keep"], workloads.Select(workload => workload.GetProperty("name").GetString()));
        Assert.All(workloads, workload => Assert.Equal(["prefork", "pool"], workload.GetProperty("arms").EnumerateArray().Select(arm => arm.GetProperty("name").GetString())));
    }
}
