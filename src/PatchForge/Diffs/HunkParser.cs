using System.Buffers.Text;
using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Diffs;

/// <summary>Reads the hunks of one file, each exactly as long as its <c>@@</c> line says.</summary>
/// <remarks>
/// An empty line inside a hunk is an empty context line whose space was lost: git apply and GNU patch read it
/// so, and so does this; it is written again as it stood. A line with only a CR is content damaged on the
/// way and is refused.
/// </remarks>
internal static class HunkParser
{
    public const string CountHint = "was the patch edited by hand? rediff or recountdiff mends the counts";

    internal readonly record struct Ranges(int OldStart, int OldCount, int NewStart, int NewCount);

    public static ImmutableArray<Hunk> ParseAll(PatchLines lines)
    {
        var hunks = ImmutableArray.CreateBuilder<Hunk>();
        while (lines.Current.StartsWith("@@ -"u8))
        {
            if (hunks.Count > 0 && hunks[^1].Lines is [.., { InNew: true, Marker.IsEmpty: false }])
            {
                throw lines.Refuse("a hunk after one that ends the file without a line feed");
            }

            hunks.Add(Parse(lines));
        }

        return hunks.DrainToImmutable();
    }

    /// <summary>Reads <c>@@ -start[,count] +start[,count] @@</c>; what follows is free text.</summary>
    public static bool TryHeading(Line line, out Ranges ranges)
    {
        ranges = default;
        var rest = line.Body.Span;
        if (!rest.StartsWith("@@ -"u8))
        {
            return false;
        }

        rest = rest["@@ -"u8.Length..];
        if (!TryRange(ref rest, out var oldStart, out var oldCount) || !rest.StartsWith(" +"u8))
        {
            return false;
        }

        rest = rest[2..];
        if (!TryRange(ref rest, out var newStart, out var newCount) || !rest.StartsWith(" @@"u8))
        {
            return false;
        }

        ranges = new Ranges(oldStart, oldCount, newStart, newCount);
        return (oldStart > 0 || oldCount == 0) && (newStart > 0 || newCount == 0);
    }

    private static bool TryRange(ref ReadOnlySpan<byte> rest, out int start, out int count)
    {
        count = 1;
        if (!TryNumber(ref rest, out start))
        {
            return false;
        }

        if (rest is not [(byte)',', ..])
        {
            return true;
        }

        rest = rest[1..];
        return TryNumber(ref rest, out count);
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> rest, out int number)
    {
        // A leading sign would be taken by the parser and is not a number of a diff. A thousand million
        // lines is more than any source has and keeps sums of two numbers inside an int.
        if (rest is not [>= (byte)'0' and <= (byte)'9', ..] || !Utf8Parser.TryParse(rest, out number, out var used) || number > 1_000_000_000)
        {
            number = 0;
            return false;
        }

        rest = rest[used..];
        return true;
    }

    private static Hunk Parse(PatchLines lines)
    {
        var at = lines.Number;
        if (!TryHeading(lines.Current, out var ranges))
        {
            throw lines.Refuse("a damaged '@@' line: its numbers cannot be read");
        }

        var heading = lines.TakeStructure();
        var body = new Body(lines, at, ranges);
        while (body.Unfinished)
        {
            body.TakeLine();
        }

        return new Hunk(at, heading, ranges.OldStart, ranges.OldCount, ranges.NewStart, ranges.NewCount, body.Finish());
    }

    private sealed class Body(PatchLines lines, int headingAt, Ranges ranges)
    {
        private readonly ImmutableArray<HunkLine>.Builder _taken = ImmutableArray.CreateBuilder<HunkLine>();
        private int _old = ranges.OldCount;
        private int _new = ranges.NewCount;
        private bool _oldEnded;
        private bool _newEnded;

        public bool Unfinished => _old > 0 || _new > 0;

        public void TakeLine()
        {
            var line = lines.Current;
            var (kind, bare) = line.Span switch
            {
                [(byte)' ', ..] => (LineKind.Context, false),
                [(byte)'\n'] => (LineKind.Context, true),
                [(byte)'-', ..] => (LineKind.Removed, false),
                [(byte)'+', ..] => (LineKind.Added, false),
                _ => throw TooShort(),
            };
            if ((kind != LineKind.Added && _old == 0) || (kind != LineKind.Removed && _new == 0))
            {
                throw lines.Refuse(
                    $"the hunk of line {headingAt} has other lines than its counts say: still {_old} old and {_new} new wanted here", CountHint);
            }

            if (!line.HasLineFeed)
            {
                throw lines.Refuse("the patch file ends in the middle of a line", "it lacks the last line feed; was it cut off?");
            }

            var hunkLine = new HunkLine(kind, bare ? line : new Line(line.Bytes[1..]), Bare: bare);
            if ((hunkLine.InOld && _oldEnded) || (hunkLine.InNew && _newEnded))
            {
                throw lines.Refuse("a line after the one that is marked as the file's last");
            }

            lines.Take();
            _old -= hunkLine.InOld ? 1 : 0;
            _new -= hunkLine.InNew ? 1 : 0;
            _taken.Add(WithMarker(hunkLine));
        }

        public ImmutableArray<HunkLine> Finish()
        {
            // Counts that are one too large swallow the "-- " of a mail's signature as a removed line.
            if (lines.Current.Span is [>= (byte)'0' and <= (byte)'9', ..] && _taken is [.., { Kind: LineKind.Removed } last]
                && last.Text.Span is [(byte)'-', (byte)' ', (byte)'\n'])
            {
                throw lines.RefuseAt(headingAt, "the hunk's counts reach into the mail's signature: they are too large", CountHint);
            }

            return _taken.DrainToImmutable();
        }

        private HunkLine WithMarker(HunkLine line)
        {
            if (!lines.Current.StartsWith("\\ "u8))
            {
                return line;
            }

            _oldEnded |= line.InOld;
            _newEnded |= line.InNew;
            if (line.Text.Body.IsEmpty)
            {
                throw lines.Refuse("an empty line marked as lacking its line feed is no line");
            }

            return line with { Text = new Line(line.Text.Body), Marker = lines.TakeStructure() };
        }

        private Failure TooShort()
        {
            var missing = $"still {_old} old and {_new} new wanted";
            return lines.AtEnd
                ? lines.Refuse($"the patch ends inside the hunk of line {headingAt}: {missing}", "was it cut off?")
                : lines.Current.Span is [(byte)'\r', ..]
                    ? lines.Refuse("a line of a hunk that begins with a CR", "was the patch converted to CRLF?")
                    : lines.Refuse($"the hunk of line {headingAt} is shorter than its counts say: {missing}", CountHint);
        }
    }
}
