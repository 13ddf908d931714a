using System.Collections.Immutable;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>Hands a patch that did not merge to a person: writes the work tree, and what the session has to remember.</summary>
internal sealed class StopForPerson(ConflictSession session, IStory story)
{
    /// <summary>Beside a file whose sides have no lines to show; the person removes it to say that the file is right.</summary>
    public const string NoteSuffix = ".CONFLICT";

    /// <summary>The tree that the person starts from: upstream's with the patches before, and the patch as far as it merged.</summary>
    public static LayeredTree Start(MovedPatch stopped)
    {
        var tree = stopped.Merge?.Merge.Tree ?? stopped.Before ?? throw new InvalidOperationException("A patch that stopped was tried on a tree.");
        foreach (var file in stopped.Merge?.Merge.Files.Where(file => file.Conflict is not null && file.Merge is null) ?? [])
        {
            var text = $"{file.Path}: {file.Conflict}.\nThe file is as upstream has it, or is not there. Make it what it shall be, then remove this note.\n";
            tree = tree.With(new TreeFile(NoteOf(file.Path), TreeMode.Regular, Encoding.UTF8.GetBytes(text)));
        }

        return tree;
    }

    public static TreePath NoteOf(TreePath path) => TreePath.Parse(path.Text + NoteSuffix);

    /// <returns>The state that the session stands in now.</returns>
    public async Task<SessionState> Run(SessionState state, string release, MovedPatch stopped, CancellationToken cancel)
    {
        // A name of its own for each stop, so that the former work tree is whole until the state names this one.
        var next = state with { Release = release, Patch = stopped.Name, Tree = $"{release}-{stopped.Name.Text}" };
        await WriteTree.Run(new WriteTreeRequest(Start(stopped), session.TreeFolder(next), Force: true), story, cancel);
        session.Stand(next);
        session.Own();
        return next;
    }
}

/// <summary>Reads what a person made of a conflict: the work tree, back as the patch's new text.</summary>
internal static class TakeResolution
{
    /// <param name="stopped">The patch as it stopped, worked out again.</param>
    /// <param name="add">Files that are new and belong into the patch.</param>
    /// <exception cref="Failure">Conflict: markers are left, a file is new and nobody said why, or nothing of the patch is left.</exception>
    public static byte[] Run(SessionState state, string folder, MovedPatch stopped, ImmutableArray<TreePath> add)
    {
        var (work, before, start) = (new DirectoryTree(folder), stopped.Before ?? new LayeredTree(), StopForPerson.Start(stopped));
        RefuseUnresolved(folder, stopped, work);
        var known = before.Paths().Concat(start.Paths()).Concat(add).ToHashSet();
        var there = work.Paths().ToList();
        if (there.Where(path => !known.Contains(path)).ToList() is [var first, ..] more)
        {
            throw new Failure(
                FailureKind.Conflict,
                $"{first} is new in the work tree{(more.Count > 1 ? $", and {more.Count - 1} more files" : "")}",
                $"remove what does not belong into {state.Patch}; what does: --continue --add {first}",
                new FileLocation(Path.Combine(folder, first.Text)));
        }

        var changed = known.Union(there).Where(path => !Same(before.Find(path), work.Find(path))).Order().ToImmutableArray();
        if (changed.IsEmpty)
        {
            throw new Failure(
                FailureKind.Conflict,
                $"the work tree is as it was before {state.Patch}, so nothing is left of the patch",
                $"to leave it out of {state.Release}: patchforge refresh --skip",
                new FileLocation(folder));
        }

        var after = changed.Aggregate(before, (tree, path) => work.Find(path) is { } file ? tree.With(file) : tree.Without(path));
        return RefreshPatch.Run(stopped.Loaded.Patch, stopped.Loaded.Plan.Entry.Reverse, before, after, changed);
    }

    private static void RefuseUnresolved(string folder, MovedPatch stopped, DirectoryTree work)
    {
        foreach (var file in stopped.Merge?.Merge.Files.Where(file => file.Conflict is not null) ?? [])
        {
            if (work.Find(StopForPerson.NoteOf(file.Path)) is not null && file.Merge is null)
            {
                throw new Failure(
                    FailureKind.Conflict, $"{file.Path} is not resolved: {file.Conflict}", $"make the file what it shall be, and remove the note {StopForPerson.NoteOf(file.Path)}", new FileLocation(Path.Combine(folder, file.Path.Text)));
            }

            if (stopped.Merge is { Labels: { } labels } && work.Find(file.Path) is { } now && MergeMarkers.Find(now.Content, labels) is > 0 and var line)
            {
                throw new Failure(
                    FailureKind.Conflict, $"{file.Path} still has conflict markers", "make of each block what shall be there, and take the lines of the markers out", new FileLocation(Path.Combine(folder, file.Path.Text), line));
            }
        }
    }

    private static bool Same(TreeFile? one, TreeFile? two) =>
        one is null || two is null ? one is null && two is null : one.Mode == two.Mode && one.Content.Span.SequenceEqual(two.Content.Span);
}
