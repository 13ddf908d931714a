using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>A commit's changes as the diffs of a patch.</summary>
internal static class CommitDiffs
{
    /// <param name="loaded">The patch as it was: what it renames or copies stays renamed or copied where that is still so.</param>
    public static ImmutableArray<FileDiff> Of(GitCommit commit, LoadedPatch? loaded, ITree before, ITree after, int strip)
    {
        var paths = commit.Changes.SelectMany(change => new[] { change.Path, change.From }).Select(path => TreePath.Parse(path)).ToHashSet();
        var reverse = loaded?.Plan.Entry.Reverse ?? false;
        var (from, to) = reverse ? (after, before) : (before, after);
        var moves = Moves(commit, loaded, from, to, paths, reverse);
        var covered = moves.SelectMany(TouchedPaths.Of).ToHashSet();
        return
        [
            .. PatchMaker.Diff(from, to, paths.Where(path => !covered.Contains(path)), strip)
                .Concat(moves.Select(change => Moved(change, from, to, strip)))
                .OrderBy(file => file.Change.Path),
        ];
    }

    /// <summary>What is about to be written has to be the commit again, and its message has to stay out of the diffs.</summary>
    public static void Check(byte[] bytes, Patch patch, SeriesEntry entry, GitCommit commit, ITree before, ITree after)
    {
        Patch read;
        try
        {
            read = Patch.Parse(bytes, patch.Name, entry.Strip);
        }
        catch (Failure) when (patch.Header.Any(line => line.StartsWith("diff "u8) || line.StartsWith("--- "u8) || line.StartsWith("@@ "u8) || line.StartsWith("*** "u8)))
        {
            throw Message(commit);
        }

        if (!read.Header.SequenceEqual(patch.Header) || HeaderParts.HasRule(commit.Message))
        {
            throw Message(commit);
        }

        var outcome = PatchApplier.Apply(entry.Reverse ? PatchReverser.Reverse(read) : read, before, maxFuzz: 0);
        foreach (var path in commit.Changes.SelectMany(change => new[] { change.Path, change.From }).Select(path => TreePath.Parse(path)))
        {
            if (outcome.Tree is not { } tree || !TouchedPaths.Same(tree.Find(path), after.Find(path)))
            {
                throw new InvalidOperationException($"The text of {patch.Name} does not make '{path}' of the commit {commit.Id}.");
            }
        }
    }

    private static Failure Message(GitCommit commit) => Failure.Refused(
        $"the message of the commit {commit.Name} has a line that would be read as the end of a patch's header",
        "such a line begins with 'diff ', '--- ' or '@@ ', or is '---' alone; indent it");

    private static List<FileChange> Moves(GitCommit commit, LoadedPatch? loaded, ITree from, ITree to, HashSet<TreePath> paths, bool reverse)
    {
        var moves = (loaded?.Patch.Files.Select(file => file.Change) ?? [])
            .Where(change => change switch
            {
                FileChange.Rename rename => paths.Contains(rename.Path) && from.Find(rename.From) is not null && to.Find(rename.From) is null && from.Find(rename.Path) is null,
                FileChange.Copy copy => paths.Contains(copy.Path) && from.Find(copy.From) is not null && from.Find(copy.Path) is null,
                _ => false,
            })
            .Where(change => to.Find(change.Path) is not null)
            .ToList();
        var known = (loaded?.Patch.Files.SelectMany(file => TouchedPaths.Of(file.Change)) ?? []).ToHashSet();
        moves.AddRange(commit.Changes
            .Where(change => change.From != change.Path && !reverse)
            .Select(change => new FileChange.Rename(TreePath.Parse(change.From), TreePath.Parse(change.Path)))
            .Where(rename => !known.Contains(rename.From) && !known.Contains(rename.Path))
            .Where(rename => to.Find(rename.From) is null && from.Find(rename.From) is { } old && to.Find(rename.Path) is { } now && old.Mode == TreeMode.Link == (now.Mode == TreeMode.Link)));
        return moves;
    }

    private static FileDiff Moved(FileChange change, ITree from, ITree to, int strip)
    {
        var source = change is FileChange.Rename rename ? rename.From : ((FileChange.Copy)change).From;
        return PatchMaker.Moved(change,
            from.Find(source) ?? throw new InvalidOperationException($"'{source}' was there a moment ago."),
            to.Find(change.Path) ?? throw new InvalidOperationException($"'{change.Path}' was there a moment ago."),
            strip);
    }
}
