using System.Collections.Immutable;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>
/// What a person starts from when no ancestor of a patch is at hand: the hunks that have a place are applied, and each
/// other one stands as a conflict where the file looks most like it. Such a merge is never clean, since nothing but a
/// likeness says where its hunks belong.
/// </summary>
public static class HunkConflicts
{
    /// <param name="outcome">Of a patch that does not apply to <paramref name="tree"/>, or only with fuzz.</param>
    public static PatchMerge Of(PatchOutcome outcome, LayeredTree tree, MergeLabels labels)
    {
        var files = ImmutableArray.CreateBuilder<MergedFile>();
        var fitting = outcome.Patch with { Files = [.. outcome.Files.Where(Fits).Select(file => file.Diff)] };
        var made = PatchApplier.Apply(fitting, tree, maxFuzz: 0).Tree ?? tree;
        foreach (var file in outcome.Files.Where(file => !Fits(file) && file.State is not FileState.AlreadyApplied))
        {
            var merged = Merge(file, tree, labels);
            files.Add(merged);
            made = merged.Result is { } result ? made.With(result) : made;
        }

        return new PatchMerge(files.DrainToImmutable(), made);
    }

    private static bool Fits(FileOutcome file) => file.Applies && !file.Hunks.Any(hunk => hunk is HunkOutcome.Fuzz);

    private static MergedFile Merge(FileOutcome file, LayeredTree tree, MergeLabels labels)
    {
        var source = file.Diff.Change is FileChange.Rename rename ? rename.From : file.Diff.Change is FileChange.Copy copy ? copy.From : file.Path;
        var there = tree.Find(file.Path) ?? tree.Find(source);
        var why = file.State is FileState.Conflict whole ? whole.Sentence
            : file.Hunks.OfType<HunkOutcome.Conflict>().FirstOrDefault()?.Sentence ?? "part of the hunk's context differs";
        if (there is not null && (there.Mode == TreeMode.Link || there.Content.Span.Contains((byte)0)))
        {
            return new MergedFile(file.Path, null, null, why);
        }

        var lines = file.State is FileState.Conflict ? Whole(file, there) : Hunks(file, there);
        return new MergedFile(file.Path, new TreeFile(file.Path, there?.Mode ?? TreeMode.Regular, lines.ToBytes(labels)), lines, why);
    }

    private static LineMerge Whole(FileOutcome file, TreeFile? there) => new(
    [
        new MergeChunk.Conflict(
            0, [.. file.Diff.Hunks.SelectMany(hunk => hunk.Old)],
            0, Line.Split(there?.Content ?? default),
            0, [.. file.Diff.Hunks.SelectMany(hunk => hunk.New)]),
    ]);

    private static LineMerge Hunks(FileOutcome file, TreeFile? there)
    {
        var lines = Line.Split(there?.Content ?? default);
        var chunks = ImmutableArray.CreateBuilder<MergeChunk>();
        var at = 0;
        foreach (var (start, count, outcome) in file.Hunks.Select(hunk => Place(hunk, there)).OrderBy(place => place.Start))
        {
            // Where two guesses overlap, the later one gets what is left.
            var from = Math.Max(at, Math.Min(start, lines.Length));
            var end = Math.Max(from, Math.Min(start + count, lines.Length));
            chunks.Add(new MergeChunk.Agreed(lines[at..from]));
            var hunk = outcome.Hunk;
            chunks.Add(outcome switch
            {
                HunkOutcome.Clean or HunkOutcome.Offset => new MergeChunk.Agreed([.. hunk.New]),
                HunkOutcome.AlreadyApplied => new MergeChunk.Agreed(lines[from..end]),
                _ => new MergeChunk.Conflict(Math.Max(0, hunk.OldStart - 1), [.. hunk.Old], from, lines[from..end], Math.Max(0, hunk.NewStart - 1), [.. hunk.New]),
            });
            at = end;
        }

        chunks.Add(new MergeChunk.Agreed(lines[at..]));
        return new LineMerge(chunks.DrainToImmutable());
    }

    private static (int Start, int Count, HunkOutcome Outcome) Place(HunkOutcome outcome, TreeFile? there)
    {
        switch (outcome)
        {
            case HunkOutcome.Clean clean:
                return (clean.Line - 1, clean.Hunk.OldCount, outcome);
            case HunkOutcome.Offset offset:
                return (offset.Line - 1, offset.Hunk.OldCount, outcome);
            case HunkOutcome.Fuzz fuzz:
                return (fuzz.Line - 1, fuzz.Hunk.OldCount, outcome);
            case HunkOutcome.AlreadyApplied already:
                return (already.Line - 1, already.Hunk.NewCount, outcome);
            default:
                var guess = Likeness.Find(there?.Content ?? default, outcome.Hunk, Math.Max(0, outcome.Hunk.OldStart - 1));
                return (guess.Start, guess.IsLikely ? guess.Count : 0, outcome);
        }
    }
}
