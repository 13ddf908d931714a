using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>
/// Writes a patch anew from what it did to a tree: the header and the trailer stay byte for byte, the diffs
/// are ours, in path order, with three lines of context and nothing that changes from run to run.
/// </summary>
internal static class RefreshPatch
{
    /// <param name="reverse">Whether the series applies the patch the other way round, so that its text has to be the opposite.</param>
    /// <param name="after">What the patch shall make of <paramref name="before"/>.</param>
    /// <param name="more">Paths that it did not name before and changes now.</param>
    public static byte[] Run(Patch patch, bool reverse, ITree before, ITree after, params IEnumerable<TreePath> more)
    {
        var (from, to) = reverse ? (after, before) : (before, after);
        var strip = Math.Min(patch.Strip, 1);
        // A move whose source or target is not there any more is written as what it is: a file made, a file removed.
        var moves = patch.Files.Where(file => file.Change is FileChange.Rename or FileChange.Copy && IsMove(file.Change, from, to)).ToList();
        var covered = moves.SelectMany(file => Paths(file.Change)).ToHashSet();
        var plain = patch.Files.Except(moves).SelectMany(file => Paths(file.Change)).Concat(more).Where(path => !covered.Contains(path));
        var files = PatchMaker.Diff(from, to, plain, strip).Concat(moves.Select(file => Moved(file.Change, from, to, strip)));
        var bytes = (patch with { Files = [.. files.OrderBy(file => file.Change.Path)] }).ToBytes();
        Check(bytes, patch, from, to, more);
        return bytes;
    }

    private static bool IsMove(FileChange change, ITree from, ITree to)
    {
        var source = change is FileChange.Rename rename ? rename.From : ((FileChange.Copy)change).From;
        return from.Find(source) is not null && from.Find(change.Path) is null && to.Find(change.Path) is not null && to.Find(source) is null == change is FileChange.Rename;
    }

    private static FileDiff Moved(FileChange change, ITree from, ITree to, int strip)
    {
        var source = change is FileChange.Rename rename ? rename.From : ((FileChange.Copy)change).From;
        return PatchMaker.Moved(change,
            from.Find(source) ?? throw new InvalidOperationException($"'{source}' was there when the patch was applied."),
            to.Find(change.Path) ?? throw new InvalidOperationException($"'{change.Path}' was made by the patch."),
            strip);
    }

    private static IEnumerable<TreePath> Paths(FileChange change) =>
        change is FileChange.Rename rename ? [rename.From, rename.Path] : [change.Path];

    /// <summary>What is about to be written has to do what the old text did; anything else is a bug, found before it is on disk.</summary>
    private static void Check(byte[] bytes, Patch patch, ITree from, ITree to, IEnumerable<TreePath> more)
    {
        var again = PatchApplier.Apply(Patch.Parse(bytes, patch.Name, Math.Min(patch.Strip, 1)), from, maxFuzz: 0);
        foreach (var path in patch.Files.SelectMany(file => Paths(file.Change)).Concat(more))
        {
            var (wanted, found) = (to.Find(path), again.Tree?.Find(path));
            if (again.Tree is null || wanted is null != found is null
                || (wanted is not null && found is not null && (wanted.Mode != found.Mode || !wanted.Content.Span.SequenceEqual(found.Content.Span))))
            {
                throw new InvalidOperationException($"The refreshed text of {patch.Name} does not make '{path}' again.");
            }
        }
    }
}
