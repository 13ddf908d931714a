using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>What became of a series, as the plain facts that reports show.</summary>
internal static class PatchReport
{
    public static ImmutableArray<PatchFacts> Of(SeriesMove move) => [.. move.Patches.Select(patch => Of(move, patch))];

    public static string State(MoveResult result) => result switch
    {
        MoveResult.New => "new",
        MoveResult.Unmodified => "unmodified",
        MoveResult.Modified => "modified",
        MoveResult.AlreadyMerged => "already-merged",
        MoveResult.Empty => "empty",
        MoveResult.Conflict => "conflict",
        MoveResult.Skipped => "left-out",
        _ => "not-reached",
    };

    private static PatchFacts Of(SeriesMove move, MovedPatch patch)
    {
        var after = patch.Outcome?.Tree ?? move.Tree;
        return new PatchFacts(
            patch.Name.Text,
            PatchHeader.Of(patch.Loaded.Patch).Subject ?? "",
            patch.Loaded.Plan.Generated,
            State(patch.Result),
            [.. patch.Outcome?.Files.SelectMany(file => file.Hunks.Select(hunk => Moved(after, file.Path, hunk)).OfType<HunkFacts>()) ?? []])
        {
            How = patch.Result is MoveResult.Modified { Why: var why } ? why : null,
        };
    }

    /// <summary>A hunk that is not exactly where it says; null for one that is.</summary>
    private static HunkFacts? Moved(LayeredTree tree, TreePath path, HunkOutcome outcome)
    {
        return outcome switch
        {
            HunkOutcome.Offset offset => Fact(offset.Line, "offset", offset.By, 0),
            HunkOutcome.Fuzz fuzz => Fact(fuzz.Line, "fuzz", fuzz.By, fuzz.Level),
            HunkOutcome.AlreadyApplied there => Fact(there.Line, "already-applied", 0, 0),
            HunkOutcome.Conflict conflict => Fact(conflict.Line, "conflict", 0, 0),
            _ => null,
        };

        HunkFacts Fact(int line, string word, int by, int fuzz) =>
            new(path.Text, line, word, by, fuzz, Said(outcome.Hunk), Found(tree.Find(path), line, outcome.Hunk.NewCount));
    }

    internal static string Said(Hunk hunk)
    {
        var text = new StringBuilder(Text(hunk.Heading)).Append('\n');
        foreach (var line in hunk.Lines)
        {
            text.Append(line.Kind switch { LineKind.Added => '+', LineKind.Removed => '-', _ => ' ' }).Append(Text(line.Text)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The lines that stand where the hunk went, or where it was looked for.</summary>
    private static string Found(TreeFile? file, int line, int count)
    {
        if (file is null)
        {
            return "";
        }

        var lines = Line.Split(file.Content).Skip(Math.Max(0, line - 1)).Take(Math.Max(count, 1));
        return string.Create(CultureInfo.InvariantCulture, $"line {line}\n") + string.Concat(lines.Select(found => " " + Text(found) + "\n"));
    }

    internal static string Text(Line line) => Encoding.UTF8.GetString(line.Body.Span);
}
