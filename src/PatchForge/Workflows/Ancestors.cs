using System.Collections.Concurrent;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>The tree that a patch was made on, or one that it fits exactly.</summary>
/// <param name="Release">The release, with the patches before it applied.</param>
public sealed record Ancestor(string Release, LayeredTree Tree);

/// <summary>
/// Finds the trees that a line's patches were made on (docs/adr/0003): the release that the record names, else any
/// other at hand in which the recorded blobs are, and without a record one that the patch fits without fuzz, exactly before with an offset.
/// Safe to ask from several releases' moves at once; each release is opened and moved over once.
/// </summary>
/// <param name="series">The line's, not a release's.</param>
/// <param name="releases">Every release of the line, in order.</param>
/// <param name="source">A release's own tree; null where it is not at hand.</param>
public sealed class Ancestors(LoadedSeries series, IReadOnlyList<string> releases, Func<string, ITree?> source)
{
    private readonly ConcurrentDictionary<string, Lazy<SeriesMove?>> _moves = new(StringComparer.Ordinal);

    /// <summary>Null when nothing at hand can be shown to be what the patch was made on.</summary>
    /// <param name="release">The release that the patch is to be moved to: of several ancestors the nearest is taken.</param>
    public Ancestor? Find(LoadedPatch patch, string release, CancellationToken cancel)
    {
        var text = BlobId.Of(patch.Bytes.Span);
        var record = series.Bases.FirstOrDefault(known => known.Name == patch.Name && known.Text == text);
        var target = Index(release);
        var order = releases.Where(other => other != release)
            .OrderBy(other => other == record?.Release ? 0 : 1)
            .ThenBy(other => Math.Abs(Index(other) - target));
        Ancestor? second = null;
        foreach (var other in order)
        {
            if (Moved(other, cancel)?.Patches.FirstOrDefault(moved => moved.Name == patch.Name) is not { Before: { } before } tried)
            {
                continue;
            }

            if (record is not null ? record.Files.All(file => before.Find(file.Key) is { } there && BlobId.Of(there.Content.Span) == file.Value) : Fits(tried, patch) && tried.Outcome is { HasOffset: false })
            {
                return new Ancestor(other, before);
            }

            second ??= record is null && Fits(tried, patch) ? new Ancestor(other, before) : null;
        }

        return second;
    }

    private static bool Fits(MovedPatch tried, LoadedPatch patch) =>
        tried.Loaded.Bytes.Span.SequenceEqual(patch.Bytes.Span) && tried is { Result: MoveResult.Unmodified, Outcome.Proves: true };

    private SeriesMove? Moved(string release, CancellationToken cancel) =>
        _moves.GetOrAdd(release, name => new Lazy<SeriesMove?>(() =>
            source(name) is { } tree ? MoveSeries.Run(new MoveRequest(name, tree, series) { GoOn = true }, cancel) : null)).Value;

    private int Index(string release)
    {
        for (var i = 0; i < releases.Count; i++)
        {
            if (releases[i] == release)
            {
                return i;
            }
        }

        return releases.Count;
    }
}
