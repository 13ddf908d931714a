using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>
/// A release of httpd 2.0 patched by the tool's own engine with the repository's own series and settings. The
/// distfile comes from PATCHFORGE_DISTDIR or the per-user cache; one that is not the official one does.
/// </summary>
internal static class Httpd20
{
    public static ForgeSettings Settings { get; } = SettingsFile.Load(Path.Combine(Golden.Home, SettingsFile.Name));

    public static BuildSettings Build => Settings.Lines[0].Build;

    /// <summary>The patched tree below <paramref name="folder"/>; skips the test when the distfile is missing.</summary>
    public static async Task<string> Patched(string version, string folder, Outside outside, CancellationToken cancel)
    {
        SkipWithout(version);
        var options = new SourceOptions { Distdir = Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR"), Unofficial = true, Offline = true };
        using var source = await new OpenSource(outside, Environment.GetEnvironmentVariable).Run(Settings, version, options, cancel);
        var series = ReadSeries.Run(Settings.Home, Settings.Lines[0], cancel);
        var move = ApplySeries.Run(new MoveRequest(version, source.Tree, series), cancel);
        return (await WriteTree.Run(new WriteTreeRequest(move.Tree, Path.Combine(folder, "httpd-" + version)), outside.Story, cancel)).Directory;
    }

    public static void SkipWithout(string version)
    {
        var name = Settings.Release(version).Release.Distfile;
        var there = new[] { Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR"), Path.Combine(UserCache.Folder(Environment.GetEnvironmentVariable), "distfiles") }
            .OfType<string>()
            .Any(folder => File.Exists(Path.Combine(folder, name)));
        Assert.SkipUnless(there, $"the distfile {name} is neither in PATCHFORGE_DISTDIR nor in the per-user cache");
    }
}
