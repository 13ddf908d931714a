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
    /// <param name="outcome">Of applying it to <paramref name="before"/>, with a tree.</param>
    public static byte[] Run(Patch patch, bool reverse, ITree before, PatchOutcome outcome)
    {
        ITree after = outcome.Tree ?? throw new InvalidOperationException("A patch that does not apply cannot be refreshed.");
        var (from, to) = reverse ? (after, before) : (before, after);
        var strip = Math.Min(patch.Strip, 1);
        var moves = patch.Files.Where(file => file.Change is FileChange.Rename or FileChange.Copy).ToList();
        var covered = moves.SelectMany(file => Paths(file.Change)).ToHashSet();
        var plain = patch.Files.Except(moves).SelectMany(file => Paths(file.Change)).Where(path => !covered.Contains(path));
        var files = PatchMaker.Diff(from, to, plain, strip).Concat(moves.Select(file => Moved(file.Change, from, to, strip)));
        var bytes = (patch with { Files = [.. files.OrderBy(file => file.Change.Path)] }).ToBytes();
        Check(bytes, patch, from, to);
        return bytes;
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
    private static void Check(byte[] bytes, Patch patch, ITree from, ITree to)
    {
        var again = PatchApplier.Apply(Patch.Parse(bytes, patch.Name, Math.Min(patch.Strip, 1)), from, maxFuzz: 0);
        foreach (var path in patch.Files.SelectMany(file => Paths(file.Change)))
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
