namespace PatchForge.Diffs;

/// <summary>Where a run of lines occurs in a file, in linear time however the file repeats itself.</summary>
internal static class Matching
{
    public static bool At(ReadOnlySpan<Line> file, int place, ReadOnlySpan<Line> wanted) =>
        place >= 0 && place <= file.Length - wanted.Length && file.Slice(place, wanted.Length).SequenceEqual(wanted);

    /// <summary>Every place, ascending (Knuth, Morris and Pratt: a hostile file of equal lines costs no more than another).</summary>
    public static List<int> Places(ReadOnlySpan<Line> file, ReadOnlySpan<Line> wanted)
    {
        var places = new List<int>();
        if (wanted.IsEmpty || wanted.Length > file.Length)
        {
            return places;
        }

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

        return places;
    }

    /// <summary>The place nearest to the guess; of two equally near the later, as git apply and GNU patch search.</summary>
    public static int? Nearest(List<int> places, int guess, Predicate<int> allowed)
    {
        int? best = null;
        foreach (var place in places)
        {
            if (allowed(place) && (best is not { } known || Math.Abs(place - guess) <= Math.Abs(known - guess)))
            {
                best = place;
            }
        }

        return best;
    }
}
