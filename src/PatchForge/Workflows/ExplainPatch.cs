using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>Why a hunk is not where its patch says, as far as can be told from what is at hand. Texts end in a line feed, or are empty.</summary>
/// <param name="Line">Where it went, or was expected; from 1.</param>
/// <param name="Outcome">clean, offset, fuzz, already-applied or conflict.</param>
/// <param name="Sentence">What became of it.</param>
/// <param name="Expected">The hunk as the patch has it.</param>
/// <param name="There">The file's lines at the place, each with its number.</param>
/// <param name="Fits">Where else it would fit; empty where that is no question.</param>
/// <param name="Base">The release that the patch was made on or fits exactly; null when none is at hand.</param>
/// <param name="Upstream">What upstream changed around the hunk's lines since <paramref name="Base"/>, as a diff.</param>
public sealed record ExplainedHunk(
    string Release, string Patch, string File, int Line, string Outcome, string Sentence, string Expected, string There, string Fits, string? Base, string Upstream);

/// <summary>Explains a cell of the matrix: what each hunk of a patch expected of a release, and what is there.</summary>
public static class ExplainPatch
{
    // Context of upstream's changes, in lines before and after the hunk.
    private const int Near = 3;

    /// <param name="all">Hunks that fit exactly as well; only those that do not otherwise.</param>
    public static ImmutableArray<ExplainedHunk> Of(SeriesMove move, MovedPatch patch, Ancestor? ancestor, bool all) =>
    [
        .. patch.Outcome is not { } outcome || patch.Before is not { } before ? []
            : outcome.Files.SelectMany(file => Of(new Cell(move.Release, patch, before, ancestor), file, all)),
    ];

    private static IEnumerable<ExplainedHunk> Of(Cell cell, FileOutcome file, bool all)
    {
        var whole = file.State switch
        {
            FileState.Conflict conflict => conflict.Sentence,
            FileState.AlreadyApplied => "the file is as the patch would make it",
            _ => null,
        };
        if (whole is not null)
        {
            var word = file.State is FileState.Conflict ? "conflict" : "already-applied";
            yield return new ExplainedHunk(cell.Release, cell.Patch.Name.Text, file.Path.Text, 0, word, whole, "", "", "", cell.Ancestor?.Release, Upstream(cell, file, null));
            yield break;
        }

        foreach (var hunk in file.Hunks.Where(hunk => all || hunk is not HunkOutcome.Clean))
        {
            yield return Of(cell, file, hunk);
        }
    }

    private static ExplainedHunk Of(Cell cell, FileOutcome file, HunkOutcome outcome)
    {
        var hunk = outcome.Hunk;
        var content = cell.Before.Find(Source(file.Diff.Change))?.Content ?? default;
        var place = Likeness.Find(content, hunk, Math.Max(0, hunk.OldStart - 1));
        var (line, word, sentence, fits) = outcome switch
        {
            HunkOutcome.Clean clean => (clean.Line, "clean", "fits exactly", ""),
            HunkOutcome.Offset offset => (offset.Line, "offset", Text($"fits {Lines(offset.By)}"), offset.OtherPlaces == 0 ? "" : Text($"the same lines stand in {offset.OtherPlaces} more places")),
            HunkOutcome.Fuzz fuzz => (fuzz.Line, "fuzz", Text($"fits{(fuzz.By == 0 ? "" : " " + Lines(fuzz.By))} when {fuzz.Level} line{(fuzz.Level == 1 ? "" : "s")} of context at an end {(fuzz.Level == 1 ? "is" : "are")} left out of the comparison"), Text($"at line {fuzz.Line}; --accept-fuzz {cell.Patch.Name} says that this is right")),
            HunkOutcome.AlreadyApplied there => (there.Line, "already-applied", "its new lines are there already", ""),
            HunkOutcome.Conflict conflict => (conflict.Line, "conflict", conflict.Sentence, Likely(place)),
            _ => throw new InvalidOperationException(),
        };
        var from = outcome is HunkOutcome.Conflict && place.IsLikely ? place.Start : line - 1;
        var count = outcome is HunkOutcome.Conflict && place.IsLikely ? place.Count : outcome is HunkOutcome.AlreadyApplied ? hunk.NewCount : hunk.OldCount;
        return new ExplainedHunk(
            cell.Release, cell.Patch.Name.Text, file.Path.Text, line, word, sentence, PatchReport.Said(hunk), Numbered(content, from, count), fits,
            cell.Ancestor?.Release, Upstream(cell, file, hunk));
    }

    private static string Likely(LikelyPlace place) => place.IsLikely
        ? Text($"most likely at line {place.Start + 1}: {place.Same} of its {place.Wanted} old lines are there")
        : "nothing in the file looks like it";

    private static string Lines(int by) => Text($"{Math.Abs(by)} line{(Math.Abs(by) == 1 ? "" : "s")} further {(by > 0 ? "down" : "up")}");

    private static string Numbered(ReadOnlyMemory<byte> content, int from, int count)
    {
        var text = new StringBuilder();
        var number = Math.Max(0, from);
        foreach (var line in Line.Split(content).Skip(number).Take(Math.Max(count, 1)))
        {
            text.Append(CultureInfo.InvariantCulture, $"{++number,6}  {PatchReport.Text(line)}\n");
        }

        return text.ToString();
    }

    /// <summary>The difference between the file as the patch knew it and as this release has it, where the hunk is.</summary>
    private static string Upstream(Cell cell, FileOutcome file, Hunk? hunk)
    {
        var path = Source(file.Diff.Change);
        var (was, now) = (cell.Ancestor?.Tree.Find(path), cell.Before.Find(path));
        if (was is null || now is null)
        {
            return cell.Ancestor is null || was is null == now is null ? "" : was is null ? "upstream added the file\n" : "upstream removed the file\n";
        }

        if (IsBinary(was) || IsBinary(now))
        {
            return "the file is binary\n";
        }

        // A clean hunk of the ancestor is at its own place there.
        var text = new StringBuilder();
        foreach (var change in PatchMaker.Diff(was, now).SelectMany(diff => diff.Hunks)
            .Where(change => hunk is null || (change.OldStart <= hunk.OldStart + hunk.OldCount + Near && hunk.OldStart - Near <= change.OldStart + change.OldCount)))
        {
            text.Append(PatchReport.Said(change));
        }

        return text.ToString();
    }

    private static bool IsBinary(TreeFile file) => file.Content.Span.Contains((byte)0);

    private static TreePath Source(FileChange change) => change switch
    {
        FileChange.Rename rename => rename.From,
        FileChange.Copy copy => copy.From,
        _ => change.Path,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Cell(string Release, MovedPatch Patch, LayeredTree Before, Ancestor? Ancestor);
}
