using System.Globalization;
using System.Text;
using DiffPlex;

namespace PatchForge.Diffs;

/// <summary>A run of old lines that a run of new lines takes the place of; indexes from 0, either run may be empty.</summary>
internal readonly record struct Change(int OldStart, int OldCount, int NewStart, int NewCount)
{
    public int OldEnd => OldStart + OldCount;

    public int NewEnd => NewStart + NewCount;
}

/// <summary>
/// Finds what changed between two files, line by line and byte for byte. DiffPlex finds it; the only things
/// asked of it are the places, for its own splitting into lines loses carriage returns and missing line feeds.
/// </summary>
internal static class LineDiffer
{
    public static List<Change> Changes(ReadOnlySpan<Line> before, ReadOnlySpan<Line> after)
    {
        // Equal ends are cut off first: most diffs are small changes in large files.
        var head = before.CommonPrefixLength(after);
        before = before[head..];
        after = after[head..];
        var tail = 0;
        while (tail < before.Length && tail < after.Length && before[^(tail + 1)] == after[^(tail + 1)])
        {
            tail++;
        }

        before = before[..^tail];
        after = after[..^tail];
        var changes = before.Length + after.Length <= AnchoredDiffer.Small ? Compare(Text(before), Text(after)) : CompareLarge(before, after);
        return [.. changes.Select(change => change with { OldStart = change.OldStart + head, NewStart = change.NewStart + head })];
    }

    private static IEnumerable<Change> Compare(string[] before, string[] after) =>
        Differ.Instance.CreateDiffs(Pieces.Old, Pieces.New, ignoreWhiteSpace: false, ignoreCase: false, new Pieces(before, after)).DiffBlocks
            .Select(block => new Change(block.DeleteStartA, block.DeleteCountA, block.InsertStartB, block.InsertCountB));

    private static List<Change> CompareLarge(ReadOnlySpan<Line> before, ReadOnlySpan<Line> after)
    {
        var numbers = new Dictionary<Line, int>();
        var (old, made) = (Numbers(before, numbers), Numbers(after, numbers));
        var matches = AnchoredDiffer.Matches(old, made, (one, other) => Stays(Compare(Text(one), Text(other)), one.Length, other.Length));
        var changes = new List<Change>();
        var (at, newAt) = (0, 0);
        foreach (var (stays, there) in matches.Append((before.Length, after.Length)))
        {
            if (at < stays || newAt < there)
            {
                changes.Add(new Change(at, stays - at, newAt, there - newAt));
            }

            (at, newAt) = (stays + 1, there + 1);
        }

        return changes;
    }

    /// <summary>What lies between the changes.</summary>
    private static IEnumerable<(int Old, int New)> Stays(IEnumerable<Change> changes, int oldCount, int newCount)
    {
        var (at, newAt) = (0, 0);
        foreach (var change in changes.Append(new Change(oldCount, 0, newCount, 0)))
        {
            for (; at < change.OldStart; at++, newAt++)
            {
                yield return (at, newAt);
            }

            (at, newAt) = (change.OldEnd, change.NewEnd);
        }
    }

    private static int[] Numbers(ReadOnlySpan<Line> lines, Dictionary<Line, int> known)
    {
        var numbers = new int[lines.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!known.TryGetValue(lines[i], out numbers[i]))
            {
                known.Add(lines[i], numbers[i] = known.Count);
            }
        }

        return numbers;
    }

    private static string[] Text(int[] numbers) => Array.ConvertAll(numbers, number => number.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Moves what is only added or only removed as far down as equal lines let it, and joins what meets. The
    /// diff is then the same whichever of the equal lines the differ happened to pick.
    /// </summary>
    public static List<Change> Settle(List<Change> changes, ReadOnlySpan<Line> before, ReadOnlySpan<Line> after)
    {
        var settled = new Stack<Change>();
        foreach (var change in Enumerable.Reverse(changes))
        {
            var limit = settled.TryPeek(out var next) ? next.OldStart : before.Length;
            var moved = change;
            while (moved.OldEnd < limit
                && ((moved.OldCount == 0 && after[moved.NewStart] == after[moved.NewEnd])
                    || (moved.NewCount == 0 && before[moved.OldStart] == before[moved.OldEnd])))
            {
                moved = moved with { OldStart = moved.OldStart + 1, NewStart = moved.NewStart + 1 };
            }

            if (settled.Count > 0 && moved.OldEnd == next.OldStart)
            {
                settled.Pop();
                moved = moved with { OldCount = moved.OldCount + next.OldCount, NewCount = moved.NewCount + next.NewCount };
            }

            settled.Push(moved);
        }

        return [.. settled];
    }

    // Latin-1 gives every byte a character of its own, so two strings are equal when their bytes are.
    private static string[] Text(ReadOnlySpan<Line> lines)
    {
        var text = new string[lines.Length];
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = Encoding.Latin1.GetString(lines[i].Span);
        }

        return text;
    }

    /// <summary>Hands the lines to DiffPlex as they are; its "texts" are only names for the two sides.</summary>
    private sealed class Pieces(string[] before, string[] after) : IChunker
    {
        public const string Old = "old";
        public const string New = "new";

        public IReadOnlyList<string> Chunk(string text) => text == Old ? before : after;
    }
}
