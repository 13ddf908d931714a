using System.Diagnostics;
using PatchForge.Host.Git;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Releases;

/// <summary>
/// The releases of this repository's patchforge.yaml, as far as their distfiles are at hand: in PATCHFORGE_DISTDIR, or in the per-user
/// cache; the first and the last of them, or all with PATCHFORGE_ALL_RELEASES=1. Local clones for the git way are named by PATCHFORGE_GIT.
/// </summary>
public sealed class RealReleasesTests : IDisposable
{
    private readonly string _cache = Directory.CreateTempSubdirectory("patchforge-test-").FullName;
    private readonly ForgeSettings _settings = SettingsFile.Load(SettingsFile.Locate(AppContext.BaseDirectory));

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    private string? Variable(string name) => name == "XDG_CACHE_HOME" ? _cache : null;

    private static Outside Outside => new(new Nothing(), new Nothing(), new Nothing(), new SilentStory()) { Git = new LocalRepositories() };

    [Fact]
    public async Task The_releases_at_hand_open_and_the_second_time_from_the_cache()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var folder = Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR") ?? Path.Combine(cache, "patchforge", "distfiles");
        var atHand = _settings.Lines[0].Releases.Where(release => File.Exists(Path.Combine(folder, release.Distfile))).ToArray();
        var releases = Environment.GetEnvironmentVariable("PATCHFORGE_ALL_RELEASES") == "1" ? atHand : [.. atHand.Take(1), .. atHand.Skip(1).TakeLast(1)];
        Assert.SkipUnless(releases.Length > 0, "no distfile of patchforge.yaml is in PATCHFORGE_DISTDIR or the per-user cache");
        var open = new OpenSource(Outside, Variable);
        var options = new SourceOptions { Distdir = folder, Unofficial = true, Offline = true };
        foreach (var title in new[] { "cold", "warm" })
        {
            var watch = Stopwatch.StartNew();
            await Parallel.ForEachAsync(releases, TestContext.Current.CancellationToken, async (release, cancel) =>
            {
                using var source = await open.Run(_settings, release.Version, options, cancel);
                Assert.Contains(release.Version, source.From, StringComparison.Ordinal);
                Assert.NotNull(source.Tree.Find(TreePath.Parse("server/mpm/prefork/prefork.c")));
                Assert.NotNull(source.Tree.Find(TreePath.Parse("srclib/apr/configure.in")));
                Assert.True(source.Verdict is DistfileVerdict.Official or DistfileVerdict.Unofficial);
            });
            TestContext.Current.SendDiagnosticMessage($"{title}: {releases.Length} releases opened in {watch.Elapsed.TotalSeconds:0.00} s");
        }
    }

    [Fact]
    public async Task Clones_make_the_tree_of_a_release()
    {
        var folder = Environment.GetEnvironmentVariable("PATCHFORGE_GIT");
        Assert.SkipWhen(folder is null, "PATCHFORGE_GIT names no folder with clones of httpd, apr and apr-util");
        using var source = await new OpenSource(Outside, Variable).Run(_settings, "2.0.65", new SourceOptions { Git = folder }, TestContext.Current.CancellationToken);
        Assert.NotNull(source.Tree.Find(TreePath.Parse("server/mpm/prefork/prefork.c")));
        Assert.NotNull(source.Tree.Find(TreePath.Parse("srclib/apr-util/configure.in")));
        Assert.IsType<DistfileVerdict.Unofficial>(source.Verdict);
    }

    /// <summary>The doors that an offline run with a named folder never opens.</summary>
    private sealed class Nothing : IProcesses, IDownloads, IClock
    {
        public DateTimeOffset UtcNow => DateTimeOffset.UnixEpoch;

        public TimeSpan Elapsed => TimeSpan.Zero;

        public Task<ProcessAnswer> Run(ProcessRequest request, CancellationToken cancel) => throw new InvalidOperationException(request.Program);

        public string? Find(string program) => null;

        public Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel) =>
            throw new InvalidOperationException(address.AbsoluteUri);
    }
}
