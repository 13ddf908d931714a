using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>Httpd 2.4 patched by the tool's own engine; what has to be shown is that its source comes from the distribution.</summary>
internal static class Httpd24
{
    private static readonly ForgeSettings s_settings = SettingsFile.Load(Path.Combine(Golden.Home, SettingsFile.Name));

    /// <summary>The patched tree below <paramref name="folder"/>; skips the test when the archive is neither at hand nor in reach.</summary>
    public static async Task<string> Patched(string version, string folder, RealRoots real, CancellationToken cancel)
    {
        var outside = real.Outside with { Roots = real.Roots, Downloads = new NoMirror() };
        var options = new SourceOptions { Distdir = Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR"), Attempts = 1 };
        try
        {
            using var source = await new OpenSource(outside, Environment.GetEnvironmentVariable).Run(s_settings, version, options, cancel);
            var series = ReadSeries.Run(s_settings.Home, s_settings.Release(version).Line, cancel);
            var move = ApplySeries.Run(new MoveRequest(version, source.Tree, series), cancel);
            return (await WriteTree.Run(new WriteTreeRequest(move.Tree, Path.Combine(folder, "httpd-" + version)), outside.Story, cancel)).Directory;
        }
        catch (Failure failure) when (failure.Kind == FailureKind.Missing)
        {
            Assert.Skip($"httpd {version} is neither in PATCHFORGE_DISTDIR nor in reach of apt-get: {failure.Message}");
            throw;
        }
    }

    private sealed class NoMirror : IDownloads
    {
        public Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel) =>
            Task.FromResult<DownloadOutcome>(new DownloadOutcome.NotThere(404));
    }
}
