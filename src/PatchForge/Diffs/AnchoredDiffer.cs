namespace PatchForge.Diffs;

/// <summary>
/// Compares files that are too different for comparing them line by line in the square of their size. Lines that
/// only one side has are left out first, which takes nothing from the result; what is left is split at the lines
/// that both sides have exactly once, in the longest order common to both (Bram Cohen's patience diff), until the
/// pieces are small.
/// </summary>
internal sealed class AnchoredDiffer
{
    /// <summary>Lines of both sides of a piece; the square of it is some tenths of a second.</summary>
    public const int Small = 8_000;

    private readonly int[] _old;
    private readonly int[] _new;
    private readonly int[] _oldPlaces;
    private readonly int[] _newPlaces;
    private readonly List<(int Old, int New)> _matches = [];
    private readonly Func<int[], int[], IEnumerable<(int Old, int New)>> _compare;

    private AnchoredDiffer(int[] before, int[] after, Func<int[], int[], IEnumerable<(int Old, int New)>> compare)
    {
        _compare = compare;
        (_oldPlaces, _old) = Shared(before, [.. after]);
        (_newPlaces, _new) = Shared(after, [.. before]);
    }

    /// <summary>The lines that stay, ascending on both sides.</summary>
    /// <param name="before">A number for each line, the same for equal lines.</param>
    /// <param name="compare">For small pieces: the places that match, ascending.</param>
    public static List<(int Old, int New)> Matches(int[] before, int[] after, Func<int[], int[], IEnumerable<(int Old, int New)>> compare)
    {
        var differ = new AnchoredDiffer(before, after, compare);
        differ.Compare();
        return differ._matches;
    }

    private static (int[] Places, int[] Lines) Shared(int[] lines, HashSet<int> others)
    {
        var places = Enumerable.Range(0, lines.Length).Where(at => others.Contains(lines[at])).ToArray();
        return (places, Array.ConvertAll(places, at => lines[at]));
    }

    private void Compare()
    {
        // A stack of pieces, the first on top: files can be split as often as they have lines.
        var pieces = new Stack<(Range Old, Range New)>([(.._old.Length, .._new.Length)]);
        while (pieces.TryPop(out var piece))
        {
            var (from, length) = piece.Old.GetOffsetAndLength(_old.Length);
            var (newFrom, newLength) = piece.New.GetOffsetAndLength(_new.Length);
            if (length == 0 || newLength == 0)
            {
                continue;
            }

            if (length + newLength <= Small)
            {
                AddAll(_compare(_old[piece.Old], _new[piece.New]), from, newFrom);
            }
            else
            {
                Split(piece, pieces);
            }
        }

        _matches.Sort();
    }

    private void Split((Range Old, Range New) piece, Stack<(Range Old, Range New)> pieces)
    {
        var (from, length) = piece.Old.GetOffsetAndLength(_old.Length);
        var (newFrom, newLength) = piece.New.GetOffsetAndLength(_new.Length);
        var anchors = LongestAscending(Unique(from, length, newFrom, newLength));
        if (anchors.Count == 0)
        {
            return; // Nothing to hold on to: all of it is another text.
        }

        var (at, newAt) = (from, newFrom);
        foreach (var (old, made) in anchors.Append((from + length, newFrom + newLength)))
        {
            pieces.Push((at..old, newAt..made));
            (at, newAt) = (old + 1, made + 1);
        }

        AddAll(anchors, 0, 0);
    }

    private void AddAll(IEnumerable<(int Old, int New)> matches, int from, int newFrom) =>
        _matches.AddRange(matches.Select(match => (_oldPlaces[match.Old + from], _newPlaces[match.New + newFrom])));

    /// <summary>The lines that both pieces have exactly once, in the old order.</summary>
    private List<(int Old, int New)> Unique(int from, int length, int newFrom, int newLength)
    {
        var counted = new Dictionary<int, (int Old, int New, int Count, int NewCount)>();
        for (var at = from; at < from + length; at++)
        {
            var had = counted.GetValueOrDefault(_old[at]);
            counted[_old[at]] = had with { Old = at, Count = had.Count + 1 };
        }

        for (var at = newFrom; at < newFrom + newLength; at++)
        {
            var had = counted.GetValueOrDefault(_new[at]);
            counted[_new[at]] = had with { New = at, NewCount = had.NewCount + 1 };
        }

        return [.. counted.Values.Where(line => line is { Count: 1, NewCount: 1 }).Select(line => (line.Old, line.New)).Order()];
    }

    /// <summary>The longest run of pairs whose new places ascend as well (patience sorting).</summary>
    private static List<(int Old, int New)> LongestAscending(List<(int Old, int New)> pairs)
    {
        var tops = new List<int>();
        var before = new int[pairs.Count];
        for (var at = 0; at < pairs.Count; at++)
        {
            var (low, high) = (0, tops.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = pairs[tops[middle]].New < pairs[at].New ? (middle + 1, high) : (low, middle);
            }

            before[at] = low == 0 ? -1 : tops[low - 1];
            if (low == tops.Count)
            {
                tops.Add(at);
            }
            else
            {
                tops[low] = at;
            }
        }

        var longest = new List<(int Old, int New)>();
        for (var at = tops.Count == 0 ? -1 : tops[^1]; at >= 0; at = before[at])
        {
            longest.Add(pairs[at]);
        }

        longest.Reverse();
        return longest;
    }
}
