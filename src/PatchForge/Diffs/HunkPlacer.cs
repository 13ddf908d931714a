using System.Buffers;
using System.Runtime.InteropServices;

namespace PatchForge.Diffs;

/// <summary>
/// Applies the hunks of one file in turn, putting each where both git apply and GNU patch would.
/// </summary>
/// <remarks>
/// The two differ, as read from their behaviour: git guesses by the hunk's new start and pins a hunk that
/// begins at line 1 to the file's beginning and one without trailing context to its end; patch guesses by the
/// old start plus the offset of the hunk before, and pins a hunk only where its context is shorter on one
/// side than on the other. Where only one of them finds a place, that is the place; where both find one and
/// they differ, no place is right and the hunk conflicts. Fuzz is tried only after that, as patch does it.
/// </remarks>
internal sealed class HunkPlacer
{
    private readonly ReadOnlyMemory<byte> _content;
    private readonly int _maxFuzz;
    private readonly Line[] _file;
    private readonly Matching _matching;

    /// <summary>Which of the file's lines an earlier hunk holds, its context among them.</summary>
    private readonly bool[] _used;
    private readonly ArrayBufferWriter<byte> _result;
    private int _copiedBytes;
    private int _copied;
    private int _patchOffset;
    private int _delta;

    public HunkPlacer(ReadOnlyMemory<byte> content, int maxFuzz)
    {
        (_content, _maxFuzz) = (content, maxFuzz);
        _file = ImmutableCollectionsMarshal.AsArray(Line.Split(content)) ?? [];
        _matching = new Matching(_file);
        _used = new bool[_file.Length];
        _result = new ArrayBufferWriter<byte>(content.Length + 1024);
    }

    public HunkOutcome Apply(Hunk hunk)
    {
        var outcome = Placed(hunk);
        return _matching.Exhausted
            ? new HunkOutcome.Conflict(hunk, hunk.OldStart, ConflictReason.TooCostly, "the file repeats itself so much that finding the place of each hunk costs too much")
            : outcome;
    }

    private HunkOutcome Placed(Hunk hunk)
    {
        var old = hunk.Old.ToArray();
        var guess = GuessOfPatch(hunk);
        if (old.Length == 0)
        {
            return ApplyWithoutContext(hunk, guess);
        }

        var gitGuess = Math.Max(0, hunk.NewStart - 1) - _delta;
        if (guess == gitGuess && guess >= _copied && _matching.At(guess, old) && !PinnedElsewhere(hunk, guess, old.Length))
        {
            return Put(hunk, guess, 0, 0);
        }

        var places = _matching.Places(old);
        var byPatch = PlaceOfPatch(hunk, places, guess, old.Length);
        var byGit = PlaceOfGit(hunk, places, gitGuess, old.Length);
        if (byPatch is { } one && byGit is { } two && one != two)
        {
            return new HunkOutcome.Conflict(hunk, guess + 1, ConflictReason.Ambiguous,
                $"its lines stand at line {one + 1} and at line {two + 1}, and tools differ on which is meant");
        }

        if (byPatch is { } found)
        {
            return Put(hunk, found, 0, places.Count - 1);
        }

        if (byGit is { } gits)
        {
            return gits >= _copied ? Put(hunk, gits, 0, places.Count - 1) : Misordered(hunk, guess, gits);
        }

        return (HunkOutcome?)Fuzzy(hunk, old, guess) ?? (HunkOutcome?)Reversed(hunk, guess) ?? NotFound(hunk, old, guess, places);
    }

    /// <summary>The file with the hunks applied; not meaningful when one of them conflicts.</summary>
    public byte[] Finish()
    {
        CopyUpTo(_file.Length);
        return _result.WrittenSpan.ToArray();
    }

    private int GuessOfPatch(Hunk hunk) => (hunk.OldCount == 0 ? hunk.OldStart : hunk.OldStart - 1) + _patchOffset;

    private bool PinnedElsewhere(Hunk hunk, int place, int length) =>
        (hunk.OldStart <= 1 && place != 0) || (hunk.Trailing == 0 && place + length != _file.Length);

    private int? PlaceOfGit(Hunk hunk, List<int> places, int guess, int length)
    {
        var atStart = hunk.OldStart <= 1;
        var atEnd = hunk.Trailing == 0;
        return _matching.Nearest(places, Math.Clamp(guess, 0, _file.Length), place =>
            (!atStart || place == 0) && (!atEnd || place + length == _file.Length)
            && !_used.AsSpan(place, length).Contains(true));
    }

    private int? PlaceOfPatch(Hunk hunk, List<int> places, int guess, int length)
    {
        var atStart = hunk.Leading < hunk.Trailing && hunk.OldStart <= 1;
        var atEnd = hunk.Trailing < hunk.Leading;
        return _matching.Nearest(places, guess, place =>
            place >= _copied && (!atStart || place == 0) && (!atEnd || place + length == _file.Length));
    }

    /// <summary>
    /// A hunk without old lines is placed by its number alone. patch believes the number, git only the file's
    /// end; where the number is the end, both mean the same.
    /// </summary>
    private HunkOutcome ApplyWithoutContext(Hunk hunk, int guess) =>
        guess == _file.Length && guess >= _copied
            ? Put(hunk, guess, 0, 0)
            : new HunkOutcome.Conflict(hunk, guess + 1, ConflictReason.NoContext,
                "it has no context, so nothing shows that this is its place; make the patch with three lines of context");

    private HunkOutcome.Fuzz? Fuzzy(Hunk hunk, Line[] old, int guess)
    {
        var context = Math.Max(hunk.Leading, hunk.Trailing);
        for (var fuzz = 1; fuzz <= Math.Min(_maxFuzz, context); fuzz++)
        {
            var front = fuzz + hunk.Leading - context;
            var back = fuzz + hunk.Trailing - context;
            var atStart = front < 0 && hunk.OldStart <= 1;
            var atEnd = back < 0;
            front = Math.Max(0, front);
            back = Math.Max(0, back);
            if (front + back >= old.Length)
            {
                return null;
            }

            var core = old.AsSpan(front, old.Length - front - back);
            var place = _matching.Nearest(
                _matching.Places(core).ConvertAll(at => at - front), guess,
                at => at >= _copied && (!atStart || at == 0) && (!atEnd || at + old.Length == _file.Length));
            if (place is { } found)
            {
                return Put(hunk, found, fuzz, 0) as HunkOutcome.Fuzz;
            }
        }

        return null;
    }

    private HunkOutcome.AlreadyApplied? Reversed(Hunk hunk, int guess)
    {
        // Lines that are only context prove nothing unless the hunk takes something out between them.
        var lines = hunk.New.ToArray();
        return lines.Length > 0 && _matching.Nearest(_matching.Places(lines), guess, place => place >= _copied) is { } found
            ? new HunkOutcome.AlreadyApplied(hunk, found + 1)
            : null;
    }

    private HunkOutcome.Conflict NotFound(Hunk hunk, Line[] old, int guess, List<int> places)
    {
        if (places.Count > 0)
        {
            return Misordered(hunk, guess, places[0]);
        }

        var at = Math.Clamp(guess, 0, _file.Length);
        var same = 0;
        while (same < old.Length - 1 && at + same < _file.Length && _file[at + same] == old[same])
        {
            same++;
        }

        return new HunkOutcome.Conflict(hunk, at + 1, ConflictReason.NotFound, "its old lines are not in the file",
            old[same], at + same < _file.Length ? _file[at + same] : null);
    }

    private static HunkOutcome.Conflict Misordered(Hunk hunk, int guess, int found) =>
        new(hunk, guess + 1, ConflictReason.Misordered, $"its lines stand only at line {found + 1}, where it may not go");

    private HunkOutcome Put(Hunk hunk, int place, int fuzz, int otherPlaces)
    {
        // Judged before anything is written: a line without its feed may only be the file's last.
        var last = hunk.Lines.LastOrDefault(line => line.InNew);
        var length = hunk.OldCount;
        var marked = !last.Marker.IsEmpty;
        var afterUnended = place + length >= _file.Length && (length == 0 || fuzz > 0) && _file is [.., { HasLineFeed: false }];
        if ((marked && place + length < _file.Length) || (!marked && afterUnended))
        {
            return new HunkOutcome.Conflict(hunk, place + 1, ConflictReason.NotAtEnd, "a line without a line feed would not be the file's last");
        }

        var at = place;
        foreach (var line in hunk.Lines)
        {
            if (line.InOld)
            {
                if (line.Kind == LineKind.Removed)
                {
                    CopyUpTo(at);
                    _copiedBytes += at < _file.Length ? _file[at].Bytes.Length : 0;
                    _copied = at + 1;
                }

                at++;
            }
            else
            {
                CopyUpTo(at);
                _result.Write(line.Text.Span);
            }
        }

        var by = place - (hunk.OldCount == 0 ? hunk.OldStart : hunk.OldStart - 1);
        _used.AsSpan(Math.Clamp(place, 0, _file.Length)..Math.Clamp(place + length, 0, _file.Length)).Fill(true);
        _patchOffset = by;
        _delta += hunk.NewCount - hunk.OldCount;
        return fuzz > 0 ? new HunkOutcome.Fuzz(hunk, place + 1, by, fuzz)
            : by == 0 ? new HunkOutcome.Clean(hunk, place + 1)
            : new HunkOutcome.Offset(hunk, place + 1, by, otherPlaces);
    }

    /// <summary>Unchanged lines lie beside each other in the file's bytes and are copied in one piece.</summary>
    private void CopyUpTo(int end)
    {
        var from = _copiedBytes;
        for (end = Math.Min(end, _file.Length); _copied < end; _copied++)
        {
            _copiedBytes += _file[_copied].Bytes.Length;
        }

        _result.Write(_content.Span[from.._copiedBytes]);
    }
}
