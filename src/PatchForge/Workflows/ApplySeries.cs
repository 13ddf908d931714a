using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>Applies a series to a release for people who want the patched source and nothing else.</summary>
public static class ApplySeries
{
    /// <exception cref="Failure">Conflict, naming the patch and its hunks, when the series does not go to its end.</exception>
    public static SeriesMove Run(MoveRequest request, CancellationToken cancel)
    {
        var move = MoveSeries.Run(request with { RecordsBases = false }, cancel);
        return Problem(move) is { } problem ? throw problem : move;
    }

    /// <summary>The failure that tells of the patch that stopped the series; null when none did.</summary>
    public static Failure? Problem(SeriesMove move)
    {
        if (move.Stopped is not { Outcome: { } outcome } stopped)
        {
            return null;
        }

        var onlyFuzz = stopped.Result is MoveResult.Conflict { OnlyFuzz: true };
        if (stopped.Merge is { Merge.IsClean: true, Ancestor: { } ancestor })
        {
            return new Failure(
                FailureKind.Conflict,
                $"nothing is left of {stopped.Name} on {move.Release} when it is merged with what changed since {ancestor}, though not all of it can be taken out again, which would be the proof that upstream has it",
                $"look at what upstream has; to leave the patch out of {move.Release}: patchforge refresh {move.Release}, then --skip",
                new FileLocation(stopped.Loaded.File));
        }

        var places = outcome.Files.SelectMany(file => Places(file, onlyFuzz)).ToImmutableArray();
        var first = places.FirstOrDefault();
        return new Failure(
            FailureKind.Conflict,
            onlyFuzz
                ? $"{stopped.Name} applies to {move.Release} only with fuzz {outcome.Fuzz}: {first.Sentence}"
                : $"{stopped.Name} does not apply to {move.Release}: {first.Sentence}{(places.Length > 1 ? $" (and {places.Length - 1} more)" : "")}",
            onlyFuzz
                ? $"look at the place; if it is right, accept it with --accept-fuzz {stopped.Name}"
                : $"patchforge refresh {move.Release} merges it, or asks; patchforge status --explain {stopped.Name} {move.Release} shows the places",
            new FileLocation(stopped.Loaded.File, first.Line))
        {
            Facts = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty
                .Add("patch", [stopped.Name.Text])
                .Add("release", [move.Release])
                .Add("places", [.. places.Select(place => $"{stopped.Loaded.File}:{place.Line}: {place.Sentence}")]),
        };
    }

    internal static IEnumerable<(int Line, string Sentence)> Places(FileOutcome file, bool fuzz)
    {
        if (file.State is FileState.Conflict whole)
        {
            yield return (file.Diff.At.Line, $"{file.Path}: {whole.Sentence}");
            yield break;
        }

        if (file.State is FileState.AlreadyApplied)
        {
            yield return (file.Diff.At.Line, $"{file.Path}: is as the patch would make it, unlike the rest");
            yield break;
        }

        foreach (var hunk in file.Hunks)
        {
            var sentence = hunk switch
            {
                HunkOutcome.Conflict conflict => $"{file.Path}:{conflict.Line}: {Sentence(conflict)}",
                HunkOutcome.AlreadyApplied already => $"{file.Path}:{already.Line}: the hunk is in the source already, unlike the rest",
                HunkOutcome.Fuzz fuzzy when fuzz => $"{file.Path}:{fuzzy.Line}: {fuzzy.Level} lines of context differ",
                _ => null,
            };
            if (sentence is not null)
            {
                yield return (hunk.Hunk.AtLine, sentence);
            }
        }
    }

    private static string Sentence(HunkOutcome.Conflict conflict) =>
        conflict.Wanted is { } wanted
            ? $"{conflict.Sentence}; wanted '{wanted}', found {(conflict.Found is { } found ? $"'{found}'" : "the end of the file")}"
            : conflict.Sentence;
}
