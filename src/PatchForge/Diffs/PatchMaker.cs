using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>Makes patches from two states of a tree: git's form, three lines of context, files in order of their path.</summary>
public static class PatchMaker
{
    private const int Context = 3;

    /// <summary>The diffs of these paths, in path order; a path that is the same on both sides gives none.</summary>
    /// <exception cref="Failure">Refused, naming the file: content with NUL bytes, which no text diff carries.</exception>
    public static ImmutableArray<FileDiff> Diff(ITree before, ITree after, IEnumerable<TreePath> paths, int strip = 1) =>
        [.. paths.Distinct().Order().SelectMany(path => Diff(before.Find(path), after.Find(path), strip))];

    /// <summary>The diff of one file.</summary>
    /// <remarks>
    /// A link is never edited but deleted and made again: git tells an edited link by its <c>index</c> line's
    /// mode, which we do not write, and a file that becomes a link is written so by git too.
    /// </remarks>
    public static IEnumerable<FileDiff> Diff(TreeFile? before, TreeFile? after, int strip = 1) =>
        (before, after) switch
        {
            (null, null) => [],
            ({ } old, null) => [Make(new FileChange.Delete(old.Path), old, null, strip)],
            (null, { } made) => [Make(new FileChange.Create(made.Path), null, made, strip)],
            ({ } old, { } made) when old.Mode == made.Mode && old.Content.Span.SequenceEqual(made.Content.Span) => [],
            ({ } old, { } made) when old.Mode == TreeMode.Link || made.Mode == TreeMode.Link =>
                [Make(new FileChange.Delete(old.Path), old, null, strip), Make(new FileChange.Create(made.Path), null, made, strip)],
            ({ } old, { } made) => [Make(new FileChange.Edit(made.Path), old, made, strip)],
        };

    /// <summary>The diff of a file that is renamed or copied, with what changed in it.</summary>
    public static FileDiff Moved(FileChange change, TreeFile before, TreeFile after, int strip = 1) => Make(change, before, after, strip);

    private static FileDiff Make(FileChange change, TreeFile? before, TreeFile? after, int strip)
    {
        foreach (var file in new[] { before, after })
        {
            if (file is not null && file.Content.Span.Contains((byte)0))
            {
                throw Failure.Refused($"'{file.Path}' holds NUL bytes and cannot go into a text patch", "ship binary files another way");
            }
        }

        var old = Line.Split(before?.Content ?? default);
        var made = Line.Split(after?.Content ?? default);
        var changes = LineDiffer.Settle(LineDiffer.Changes(old.AsSpan(), made.AsSpan()), old.AsSpan(), made.AsSpan());
        var hunks = Hunks(old, made, changes).ToImmutableArray();
        var oldMode = change is FileChange.Create ? null : before?.Mode;
        var newMode = change is FileChange.Delete ? null : after?.Mode;
        return new FileDiff(new FileLocation(change.Path.Text), PatchWriter.Lead(change, oldMode, newMode, !hunks.IsEmpty, strip),
            change, oldMode, newMode, hunks);
    }

    private static IEnumerable<Hunk> Hunks(ImmutableArray<Line> old, ImmutableArray<Line> made, List<Change> changes)
    {
        for (var first = 0; first < changes.Count;)
        {
            var last = first;
            while (last + 1 < changes.Count && changes[last + 1].OldStart - changes[last].OldEnd <= 2 * Context)
            {
                last++;
            }

            yield return Hunk(old, made, changes[first..(last + 1)]);
            first = last + 1;
        }
    }

    private static Hunk Hunk(ImmutableArray<Line> old, ImmutableArray<Line> made, List<Change> changes)
    {
        var before = Math.Min(Context, changes[0].OldStart);
        var oldStart = changes[0].OldStart - before;
        var newStart = changes[0].NewStart - before;
        var oldEnd = Math.Min(old.Length, changes[^1].OldEnd + Context);
        var lines = ImmutableArray.CreateBuilder<HunkLine>();
        var at = oldStart;
        foreach (var change in changes)
        {
            Add(LineKind.Context, old.AsSpan()[at..change.OldStart]);
            Add(LineKind.Removed, old.AsSpan().Slice(change.OldStart, change.OldCount));
            Add(LineKind.Added, made.AsSpan().Slice(change.NewStart, change.NewCount));
            at = change.OldEnd;
        }

        Add(LineKind.Context, old.AsSpan()[at..oldEnd]);
        var oldCount = lines.Count(line => line.InOld);
        var newCount = lines.Count(line => line.InNew);
        // With no lines on a side its start is the line before (POSIX diff, "Diff -u Output Format").
        var (oldFrom, newFrom) = (oldCount == 0 ? oldStart : oldStart + 1, newCount == 0 ? newStart : newStart + 1);
        return new Hunk(0, PatchWriter.Heading(oldFrom, oldCount, newFrom, newCount), oldFrom, oldCount, newFrom, newCount, lines.DrainToImmutable());

        void Add(LineKind kind, ReadOnlySpan<Line> run)
        {
            foreach (var line in run)
            {
                lines.Add(new HunkLine(kind, line, line.HasLineFeed ? Line.Empty : PatchWriter.NoLineFeed));
            }
        }
    }
}
