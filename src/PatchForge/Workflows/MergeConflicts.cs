using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>
/// The second look at a line of which a release did not take the series as it is: every release of the line that is at
/// hand is opened, so that there are ancestors to merge with, and decisions of people are taken in.
/// </summary>
internal sealed class MergeConflicts(SourcesAtHand sources, ImmutableHashSet<PatchName> acceptFuzz)
{
    /// <param name="resolved">What people decided, by release and patch.</param>
    public async Task<ImmutableArray<PreparedRelease>> Run(
        ImmutableArray<PreparedRelease> prepared,
        IReadOnlyDictionary<string, LoadedSeries> series,
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<PatchName, Resolution>> resolved,
        CancellationToken cancel)
    {
        var ancestors = new Dictionary<string, Ancestors>(StringComparer.Ordinal);
        foreach (var line in prepared.Where(release => release.Move?.Stopped is not null).Select(release => release.Line).DistinctBy(line => line.Line))
        {
            ancestors[line.Line] = await sources.Ancestors(line, series[line.Line], cancel);
        }

        return
        [
            .. await Task.WhenAll(prepared.Select(release => release is { Move.Stopped: not null, Source: { } source }
                ? Task.Run(() => Again(release, source, series[release.Line.Line], ancestors[release.Line.Line], resolved, cancel), cancel)
                : Task.FromResult(release))),
        ];
    }

    private PreparedRelease Again(
        PreparedRelease release,
        SourceAnswer source,
        LoadedSeries series,
        Ancestors ancestors,
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<PatchName, Resolution>> resolved,
        CancellationToken cancel)
    {
        try
        {
            var move = MoveSeries.Run(
                new MoveRequest(release.Release, source.Tree, series, acceptFuzz)
                {
                    Ancestors = ancestors,
                    Resolved = resolved.GetValueOrDefault(release.Release, ImmutableSortedDictionary<PatchName, Resolution>.Empty),
                    OtherTexts = resolved.Where(other => other.Key != release.Release)
                        .SelectMany(other => other.Value.Where(one => one.Value.Text is not null).Select(one => (one.Key, Text: new OtherText(other.Key, one.Value.Text ?? default))))
                        .GroupBy(one => one.Key)
                        .ToImmutableSortedDictionary(group => group.Key, group => group.Select(one => one.Text).ToImmutableArray()),
                },
                cancel);
            return release with { Move = move, Failure = ApplySeries.Problem(move) };
        }
        catch (Failure failure)
        {
            return release with { Failure = failure };
        }
    }

    /// <summary>The series on the line's other releases, as far as they are at hand: what a text for all of them must not change.</summary>
    public async Task<ImmutableArray<SeriesMove>> Others(LineSettings line, LoadedSeries series, ImmutableArray<PreparedRelease> prepared, CancellationToken cancel)
    {
        var others = line.Releases.Where(release => prepared.All(one => one.Release != release.Version || one.Move is null)).ToImmutableArray();
        var moves = await Task.WhenAll(others.Select(release => Task.Run(async () =>
        {
            try
            {
                return (await sources.Open(release.Version, cancel)).Tree is { } tree
                    ? MoveSeries.Run(new MoveRequest(release.Version, tree, series, acceptFuzz) { GoOn = true }, cancel)
                    : null;
            }
            catch (Failure)
            {
                return null; // not at hand: nothing can be shown for it
            }
        }, cancel)));
        return [.. moves.OfType<SeriesMove>()];
    }
}
