namespace PatchForge.Diffs;

/// <summary>The lines of a file that look most like a hunk's old ones.</summary>
/// <param name="Start">The first of them, from 0.</param>
/// <param name="Same">How many of the hunk's old lines are among them, in order.</param>
public sealed record LikelyPlace(int Start, int Count, int Same, int Wanted)
{
    /// <summary>At least half of the hunk's old lines are there; fewer are found nearly anywhere.</summary>
    public bool IsLikely => Same * 2 >= Wanted;
}

/// <summary>
/// Looks for where a hunk would have gone. What it finds is shown to people and never applied by itself.
/// </summary>
public static class Likeness
{
    // A line that stands in a file so often (an empty one, a brace) says nothing about a place.
    private const int Common = 40;

    /// <param name="guess">Where the hunk was expected, from 0: of two equally good places the nearer.</param>
    public static LikelyPlace Find(ReadOnlyMemory<byte> content, Hunk hunk, int guess) =>
        Find([.. Line.Split(content)], [.. hunk.Old], guess);

    internal static LikelyPlace Find(Line[] file, Line[] wanted, int guess)
    {
        var from = Math.Clamp(Vote(file, wanted, guess) ?? guess, 0, file.Length);
        if (wanted.Length == 0 || file.Length == 0)
        {
            return new LikelyPlace(from, 0, 0, wanted.Length);
        }

        // Around the place the two are laid side by side, so that added and removed lines do not hide the rest.
        var margin = wanted.Length + 10;
        var start = Math.Max(0, from - margin);
        var window = file.AsSpan(start, Math.Min(file.Length, from + wanted.Length + margin) - start);
        var same = Same(wanted, window);
        if (same.Count == 0)
        {
            return new LikelyPlace(from, Math.Min(wanted.Length, file.Length - from), 0, wanted.Length);
        }

        var (firstWanted, firstFound) = same[0];
        var (lastWanted, lastFound) = same[^1];
        var begin = Math.Max(0, start + firstFound - firstWanted);
        var end = Math.Min(file.Length, start + lastFound + wanted.Length - lastWanted);
        return new LikelyPlace(begin, Math.Max(0, end - begin), same.Count, wanted.Length);
    }

    /// <summary>Each line that occurs in both votes for how far the hunk has moved.</summary>
    private static int? Vote(Line[] file, Line[] wanted, int guess)
    {
        var places = new Dictionary<Line, List<int>>();
        foreach (var line in wanted)
        {
            places.TryAdd(line, []);
        }

        for (var i = 0; i < file.Length; i++)
        {
            if (places.TryGetValue(file[i], out var known) && known.Count <= Common)
            {
                known.Add(i);
            }
        }

        var votes = new Dictionary<int, int>();
        for (var i = 0; i < wanted.Length; i++)
        {
            foreach (var place in places[wanted[i]] is { Count: <= Common } few ? few : [])
            {
                votes[place - i] = votes.GetValueOrDefault(place - i) + 1;
            }
        }

        return votes.Count == 0 ? null
            : votes.OrderByDescending(vote => vote.Value).ThenBy(vote => Math.Abs(vote.Key - guess)).ThenBy(vote => vote.Key).First().Key;
    }

    private static List<(int Wanted, int Found)> Same(ReadOnlySpan<Line> wanted, ReadOnlySpan<Line> window)
    {
        var same = new List<(int, int)>();
        var (at, found) = (0, 0);
        foreach (var change in LineDiffer.Changes(wanted, window))
        {
            for (; at < change.OldStart; at++, found++)
            {
                same.Add((at, found));
            }

            (at, found) = (change.OldEnd, change.NewEnd);
        }

        for (; at < wanted.Length; at++, found++)
        {
            same.Add((at, found));
        }

        return same;
    }
}
