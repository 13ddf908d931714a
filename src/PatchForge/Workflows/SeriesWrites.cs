using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>What moving a series over several releases says its files shall be: one text for all of them, or a refusal.</summary>
internal static class SeriesWrites
{
    /// <exception cref="Failure">Conflict, when two releases want different texts of one patch.</exception>
    public static ImmutableArray<FileChange> Of(ImmutableArray<PreparedRelease> prepared, IReadOnlyDictionary<string, LoadedSeries> series)
    {
        var writes = new SortedDictionary<string, (string Release, ReadOnlyMemory<byte> Content)>(StringComparer.Ordinal);
        foreach (var release in prepared.Where(release => release.Move is not null))
        {
            var bases = $"{series[release.Line.Line].Folder}/{BasesFile.FileName}";
            foreach (var (path, content) in release.Move!.Writes) // filtered one line up
            {
                if (!writes.TryGetValue(path, out var other))
                {
                    writes[path] = (release.Release, content);
                }
                else if (path != bases && !other.Content.Span.SequenceEqual(content.Span))
                {
                    // The record of bases names the release that each was made on: the first one asked for.
                    throw new Failure(
                        FailureKind.Conflict,
                        $"{path} would have one text for {other.Release} and another for {release.Release}",
                        "refresh them one after the other, or give one of them a patch of its own",
                        new FileLocation(path));
                }
            }
        }

        return [.. writes.Select(write => FileChange.Write(TreePath.Parse(write.Key), write.Value.Content))];
    }

    /// <summary>The patches of each line as they will be, for files/; of a line that was not moved, as they are on disk.</summary>
    public static ImmutableArray<LineSeries> AfterMove(ForgeSettings settings, IReadOnlyDictionary<string, LoadedSeries> series, ImmutableArray<PreparedRelease> prepared) =>
    [
        .. settings.Lines.Select(line => new LineSeries(
            line.Line,
            prepared.FirstOrDefault(release => release.Line.Line == line.Line && release.Move is not null)?.Move is { } move
                ? [.. move.Patches.Select(patch => new SeriesPatch(TreePath.Parse(patch.Name.Text), patch.Text))]
                : [.. series[line.Line].Patches.Select(patch => patch.OnDisk is { } now ? new SeriesPatch(TreePath.Parse(patch.Name.Text), now) : null).OfType<SeriesPatch>()])),
    ];
}
