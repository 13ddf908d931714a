using System.Collections.Immutable;
using System.Text;

namespace PatchForge.Diffs;

/// <summary>A stretch of a merged file.</summary>
public abstract record MergeChunk
{
    private MergeChunk() { }

    /// <summary>Lines that one side or both agree on.</summary>
    public sealed record Agreed(ImmutableArray<Line> Lines) : MergeChunk;

    /// <summary>Both sides changed the same lines, or lines that touch each other. Starts are from 0, each in its own file.</summary>
    public sealed record Conflict(
        int BaseStart, ImmutableArray<Line> Base, int OursStart, ImmutableArray<Line> Ours, int TheirsStart, ImmutableArray<Line> Theirs) : MergeChunk;
}

/// <summary>What the three versions are called in conflict markers.</summary>
public sealed record MergeLabels(string Ours, string Base, string Theirs);

/// <summary>A merged file: agreed stretches and conflicts, in order.</summary>
public sealed record LineMerge(ImmutableArray<MergeChunk> Chunks)
{
    public IEnumerable<MergeChunk.Conflict> Conflicts => Chunks.OfType<MergeChunk.Conflict>();

    public bool IsClean => !Conflicts.Any();

    /// <summary>The file; conflicts stand in it between markers, in the form of git's merge.conflictStyle=diff3.</summary>
    public byte[] ToBytes(MergeLabels labels)
    {
        // A file of CRLF lines gets its markers so, as git's xdl_merge does.
        var lines = Chunks.SelectMany(chunk => chunk switch
        {
            MergeChunk.Agreed agreed => agreed.Lines,
            MergeChunk.Conflict conflict => conflict.Ours.Concat(conflict.Theirs),
            _ => [],
        }).Take(1);
        var end = lines.Any(line => line.Span is [.., (byte)'\r', (byte)'\n']) ? "\r\n" : "\n";
        using var bytes = new MemoryStream();
        foreach (var chunk in Chunks)
        {
            if (chunk is MergeChunk.Agreed agreed)
            {
                Put(agreed.Lines, ended: false);
            }
            else if (chunk is MergeChunk.Conflict conflict)
            {
                Mark(MergeMarkers.Ours, labels.Ours);
                Put(conflict.Ours, ended: true);
                Mark(MergeMarkers.Base, labels.Base);
                Put(conflict.Base, ended: true);
                Mark(MergeMarkers.Middle, "");
                Put(conflict.Theirs, ended: true);
                Mark(MergeMarkers.Theirs, labels.Theirs);
            }
        }

        return bytes.ToArray();

        void Mark(string marker, string label) => bytes.Write(Encoding.UTF8.GetBytes(marker + (label.Length > 0 ? " " + label : "") + end));

        void Put(ImmutableArray<Line> some, bool ended)
        {
            foreach (var line in some)
            {
                bytes.Write(line.Span);
                if (ended && !line.HasLineFeed)
                {
                    bytes.WriteByte((byte)'\n'); // a marker begins a line of its own
                }
            }
        }
    }
}

/// <summary>The lines that enclose a conflict.</summary>
public static class MergeMarkers
{
    public const string Ours = "<<<<<<<";
    public const string Base = "|||||||";
    public const string Middle = "=======";
    public const string Theirs = ">>>>>>>";

    /// <summary>The first line, from 1, that is still one of the markers with our labels; 0 when none is.</summary>
    public static int Find(ReadOnlyMemory<byte> content, MergeLabels labels)
    {
        string[] marks = [$"{Ours} {labels.Ours}", $"{Base} {labels.Base}", $"{Theirs} {labels.Theirs}"];
        var lines = Line.Split(content);
        for (var i = 0; i < lines.Length; i++)
        {
            var text = Encoding.UTF8.GetString(lines[i].Body.Span).TrimEnd('\r');
            if (marks.Contains(text))
            {
                return i + 1;
            }
        }

        return 0;
    }
}

/// <summary>
/// Merges two descendants of one file line by line, as diff3(1) does: what only one side changed is taken, what both
/// changed alike is taken once, and the rest is a conflict. Changes that touch without an unchanged line between them
/// conflict, as they do for git: nobody has seen the two together.
/// </summary>
public static class ThreeWay
{
    public static LineMerge Merge(ReadOnlyMemory<byte> ancestor, ReadOnlyMemory<byte> ours, ReadOnlyMemory<byte> theirs)
    {
        var (original, mine, other) = (Line.Split(ancestor), Line.Split(ours), Line.Split(theirs));
        return Merge(original, mine, other, Changes(original, mine), Changes(original, other));
    }

    private static List<Change> Changes(ImmutableArray<Line> from, ImmutableArray<Line> to) =>
        LineDiffer.Settle(LineDiffer.Changes(from.AsSpan(), to.AsSpan()), from.AsSpan(), to.AsSpan());

    private static LineMerge Merge(
        ImmutableArray<Line> original, ImmutableArray<Line> mine, ImmutableArray<Line> other, List<Change> left, List<Change> right)
    {
        var chunks = new ChunkList();
        var (at, i, j, shiftMine, shiftOther) = (0, 0, 0, 0, 0);
        while (i < left.Count || j < right.Count)
        {
            // A group: changes of either side that overlap or touch, and all that these lead to.
            var start = Math.Min(i < left.Count ? left[i].OldStart : int.MaxValue, j < right.Count ? right[j].OldStart : int.MaxValue);
            var (end, firstLeft, firstRight, grown) = (start, i, j, true);
            while (grown)
            {
                grown = false;
                for (; i < left.Count && left[i].OldStart <= end; i++)
                {
                    (end, grown) = (Math.Max(end, left[i].OldEnd), true);
                }

                for (; j < right.Count && right[j].OldStart <= end; j++)
                {
                    (end, grown) = (Math.Max(end, right[j].OldEnd), true);
                }
            }

            chunks.Agree(original.AsSpan()[at..start]);
            var (mineStart, otherStart) = (start + shiftMine, start + shiftOther);
            shiftMine += Growth(left, firstLeft, i);
            shiftOther += Growth(right, firstRight, j);
            var (mineLines, otherLines) = (mine[mineStart..(end + shiftMine)], other[otherStart..(end + shiftOther)]);
            if (i == firstLeft)
            {
                chunks.Agree(otherLines.AsSpan());
            }
            else if (j == firstRight || mineLines.AsSpan().SequenceEqual(otherLines.AsSpan()))
            {
                chunks.Agree(mineLines.AsSpan());
            }
            else
            {
                chunks.Conflict(new MergeChunk.Conflict(start, original[start..end], mineStart, mineLines, otherStart, otherLines));
            }

            at = end;
        }

        chunks.Agree(original.AsSpan()[at..]);
        return chunks.Finish();
    }

    private static int Growth(List<Change> changes, int from, int to)
    {
        var sum = 0;
        for (var i = from; i < to; i++)
        {
            sum += changes[i].NewCount - changes[i].OldCount;
        }

        return sum;
    }

    private sealed class ChunkList
    {
        private readonly ImmutableArray<MergeChunk>.Builder _chunks = ImmutableArray.CreateBuilder<MergeChunk>();
        private readonly ImmutableArray<Line>.Builder _agreed = ImmutableArray.CreateBuilder<Line>();

        public void Agree(ReadOnlySpan<Line> lines) => _agreed.AddRange(lines);

        /// <summary>What both sides have alike at the ends is no conflict (git's zdiff3).</summary>
        public void Conflict(MergeChunk.Conflict conflict)
        {
            var head = conflict.Ours.AsSpan().CommonPrefixLength(conflict.Theirs.AsSpan());
            var (ours, theirs) = (conflict.Ours[head..], conflict.Theirs[head..]);
            var tail = 0;
            while (tail < ours.Length && tail < theirs.Length && ours[^(tail + 1)] == theirs[^(tail + 1)])
            {
                tail++;
            }

            Agree(conflict.Ours.AsSpan()[..head]);
            Flush();
            _chunks.Add(conflict with
            {
                OursStart = conflict.OursStart + head,
                Ours = ours[..^tail],
                TheirsStart = conflict.TheirsStart + head,
                Theirs = theirs[..^tail],
            });
            Agree(ours.AsSpan()[^tail..]);
        }

        public LineMerge Finish()
        {
            Flush();
            return new LineMerge(_chunks.DrainToImmutable());
        }

        private void Flush()
        {
            if (_agreed.Count > 0)
            {
                _chunks.Add(new MergeChunk.Agreed(_agreed.ToImmutable()));
                _agreed.Clear();
            }
        }
    }
}
