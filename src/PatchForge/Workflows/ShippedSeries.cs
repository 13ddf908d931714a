using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Ebuilds;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>
/// The patches of a line that the overlay carries, and which of them each ebuild applies: a release's own ones lie in a
/// folder of its name there as well, and one that changes nothing is applied by none, since patch(1) fails on it.
/// </summary>
internal static class ShippedSeries
{
    /// <param name="texts">What patch files shall be, by path, where that is not what they are.</param>
    /// <param name="isMoved">Whether patches that are made from our sources are taken as they will be; as they are on disk otherwise.</param>
    public static LineSeries Of(LineSettings line, LoadedSeries series, ImmutableSortedDictionary<string, ReadOnlyMemory<byte>>? texts, bool isMoved)
    {
        ReadOnlyMemory<byte>? Text(string file, LoadedPatch? patch) =>
            texts is not null && texts.TryGetValue(file, out var text) ? text : isMoved && patch is { IsAbsent: false } ? patch.Bytes : patch?.OnDisk;

        var shipped = new List<SeriesPatch>();
        var byRelease = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<TreePath>>(StringComparer.Ordinal);
        var carried = line.Releases.Where(release => release.Ebuild).Select(release => release.Version).ToImmutableArray();
        foreach (var release in carried)
        {
            byRelease[release] = [];
        }

        foreach (var patch in series.Patches)
        {
            var shared = new SeriesPatch(TreePath.Parse(patch.Name.Text), Text(patch.File, patch) ?? default);
            var isUsed = false;
            foreach (var release in carried)
            {
                var own = Text($"{series.Folder}/{release}/{patch.Name}", series.Own.GetValueOrDefault(release)?.GetValueOrDefault(patch.Name));
                var one = own is { } text ? new SeriesPatch(TreePath.Parse($"{release}/{patch.Name}"), text) : shared;
                if (HasDiffs(patch, one.Content))
                {
                    byRelease[release] = byRelease[release].Add(one.Name);
                    isUsed |= own is null;
                    shipped.AddRange(own is null ? [] : [one]);
                }
            }

            shipped.AddRange(isUsed ? [shared] : []);
        }

        return new LineSeries(line.Line, [.. shipped], byRelease.ToImmutable());
    }

    private static bool HasDiffs(LoadedPatch patch, ReadOnlyMemory<byte> text) =>
        text.Span.SequenceEqual(patch.Bytes.Span) ? !patch.Patch.Files.IsEmpty : !Patch.Parse(text, patch.File, patch.Plan.Entry.Strip).Files.IsEmpty;
}
