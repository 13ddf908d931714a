using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>The message about a distfile that is nowhere: which file, where it was looked for, and the three ways to provide it.</summary>
internal static class MissingDistfile
{
    public static Failure Of(LineSettings line, ReleaseSettings release, ImmutableArray<DistfilePlace> places, ImmutableArray<string> tried)
    {
        var digests = string.Join(", ", release.Digests.Select(digest => $"{digest.Algorithm} {digest.Hex}"));
        var package = release.SourcePackage;
        var git = line.Upstream.Git is { } upstream
            ? $"clone {string.Join(", ", upstream.Components.Select(component => component.Repository).Prepend(upstream.Repository))} into one folder and give --git DIR"
            : "upstream's git is not in the settings";
        var lines = new List<string>
        {
            $"wanted: {release.Distfile}" + (release.Size is { } size ? $", {size} bytes" : "") + (digests.Length > 0 ? $", {digests}" : ""),
        };
        if (package is not null)
        {
            lines.Add($"or: {package.Archive} of the source package {package}");
        }

        lines.AddRange(places.Select(place => $"looked in: {place}"));
        lines.AddRange(tried.Select(address => $"tried: {address}"));
        lines.Add("three ways to provide it:");
        lines.Add($"  1. put the file into one of these folders, or name its folder with --distdir DIR");
        lines.Add((line.Upstream.Mirrors.IsEmpty ? "  2. add 'mirrors' to upstream, and let it be downloaded" : $"  2. let it be downloaded: patchforge fetch {release.Version}, on a machine that reaches {line.Upstream.Mirrors[0].Host}")
            + (package is null ? "" : $", or on one of Debian's family that has {package} among its package sources"));
        lines.Add($"  3. work unofficially: {git}, or put a tarball of your own under that name and give --unofficial");
        return new Failure(FailureKind.Missing, $"the distfile of {release.Version}, {release.Distfile}, is not on this machine", string.Join('\n', lines))
        {
            Facts = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
            [
                KeyValuePair.Create<string, ImmutableArray<string>>("wanted", [release.Distfile]),
                KeyValuePair.Create<string, ImmutableArray<string>>("looked-in", [.. places.Select(place => place.Folder)]),
                KeyValuePair.Create("tried", tried),
            ]),
        };
    }
}
