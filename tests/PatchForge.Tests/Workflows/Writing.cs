using System.Collections.Immutable;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>What a refresh would write of a series that was moved over all releases of its line.</summary>
internal static class Writing
{
    public static ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Of(LoadedSeries series, params SeriesMove[] moves)
    {
        var line = new LineSettings(
            "1", series.Folder, [], null!,
            [.. moves.Select(move => new ReleaseSettings(move.Release, default, "", "", null, [], true, ImmutableSortedDictionary<string, string>.Empty))],
            new EbuildSettings("8", "", new Uri("https://example.org"), "", "0", [], "t", 0), null!);
        return SeriesWrites.Of(line, series, [.. moves], []).Changes.ToImmutableSortedDictionary(
            change => change.Path.Text, change => change.Content ?? throw new InvalidOperationException($"{change.Path} is deleted"), StringComparer.Ordinal);
    }
}
