namespace PatchForge.Diffs;

/// <summary>Where runs of lines occur in one file.</summary>
/// <remarks>
/// The first question reads the file once; the second makes an index of its lines, and from then on a run is
/// looked for where its rarest line stands, so that many hunks in a large file do not read it each. A file that
/// repeats itself so much that no line is rare is read again (Knuth, Morris and Pratt), and the steps are
/// counted: a patch that is made to cost is refused.
/// </remarks>
internal sealed class Matching(Line[] file)
{
    /// <summary>Lines looked at, over all hunks of a file: below a second. Real patches need thousands.</summary>
    private const long Patience = 20_000_000;

    private long _steps;
    private bool _asked;
    private int[]? _bucketHeads;
    private int[]? _bucketSizes;
    private int[]? _next;

    /// <summary>Whether the search was given up: every answer after that is empty.</summary>
    public bool Exhausted => _steps > Patience;

    public bool At(int place, ReadOnlySpan<Line> wanted) =>
        place >= 0 && place <= file.Length - wanted.Length && file.AsSpan(place, wanted.Length).SequenceEqual(wanted);

    /// <summary>Every place, ascending.</summary>
    public List<int> Places(ReadOnlySpan<Line> wanted)
    {
        if (wanted.IsEmpty || wanted.Length > file.Length || Exhausted)
        {
            return [];
        }

        if (!_asked)
        {
            _asked = true;
            return Read(wanted);
        }

        MakeIndex();
        var (rarest, count) = (0, int.MaxValue);
        for (var i = 0; i < wanted.Length; i++)
        {
            if (Count(wanted[i]) is var standing && standing < count)
            {
                (rarest, count) = (i, standing);
            }
        }

        return (long)count * wanted.Length > file.Length ? Read(wanted) : Look(wanted, rarest);
    }

    /// <summary>The place nearest to the guess; of two equally near the later, as git apply and GNU patch search.</summary>
    /// <param name="places">Ascending.</param>
    public int? Nearest(List<int> places, int guess, Predicate<int> allowed)
    {
        var after = places.BinarySearch(guess);
        after = after < 0 ? ~after : after;
        var before = after - 1;
        while (before >= 0 || after < places.Count)
        {
            _steps++;
            var later = before < 0 || (after < places.Count && places[after] - guess <= guess - places[before]);
            var place = later ? places[after++] : places[before--];
            if (allowed(place))
            {
                return place;
            }
        }

        return null;
    }

    private List<int> Look(ReadOnlySpan<Line> wanted, int rarest)
    {
        var places = new List<int>();
        for (var at = Head(wanted[rarest]); at >= 0; at = _next![at]) // made before
        {
            _steps++;
            if (At(at - rarest, wanted))
            {
                places.Add(at - rarest);
            }
        }

        return places;
    }

    private List<int> Read(ReadOnlySpan<Line> wanted)
    {
        var places = new List<int>();
        var fall = new int[wanted.Length];
        for (int i = 1, k = 0; i < wanted.Length; i++)
        {
            while (k > 0 && wanted[i] != wanted[k])
            {
                k = fall[k - 1];
            }

            fall[i] = k += wanted[i] == wanted[k] ? 1 : 0;
        }

        for (int i = 0, k = 0; i < file.Length; i++)
        {
            while (k > 0 && (k == wanted.Length || file[i] != wanted[k]))
            {
                k = fall[k - 1];
            }

            k = file[i] == wanted[k] ? k + 1 : k;
            if (k == wanted.Length)
            {
                places.Add(i + 1 - k);
            }
        }

        _steps += file.Length + wanted.Length;
        return places;
    }

    private void MakeIndex()
    {
        if (_next is not null)
        {
            return;
        }

        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)file.Length + 1);
        (_bucketHeads, _bucketSizes, _next) = (new int[size], new int[size], new int[file.Length]);
        Array.Fill(_bucketHeads, -1);
        for (var at = file.Length - 1; at >= 0; at--)
        {
            var bucket = file[at].GetHashCode() & (size - 1);
            _next[at] = _bucketHeads[bucket];
            _bucketHeads[bucket] = at;
            _bucketSizes[bucket]++;
        }

        _steps += file.Length;
    }

    private int Head(Line line) => _bucketHeads![line.GetHashCode() & (_bucketHeads.Length - 1)]; // made before

    private int Count(Line line) => _bucketSizes![line.GetHashCode() & (_bucketSizes.Length - 1)]; // made before
}
