using CsCheck;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

/// <summary>A tree, what becomes of it, and the patch that says so: edits, modes, renames, copies, links, under names that were ever trouble.</summary>
internal sealed record TreeChange(LayeredTree Before, LayeredTree After, Patch Patch);

internal static class GeneratedChanges
{
    private enum What { Edit, Delete, Create, Mode, Rename, RenameAndEdit, CopyAndEdit, Link, Retarget, Unlink, Leave }

    private sealed record Slot(What What, string Before, string After, bool Run, bool Ran, int Name);

    // Each slot has two names of its own: what is there before and, for renames and copies, afterwards.
    private static readonly (string From, string To)[] s_names =
    [
        ("f", "g"), ("a file", "another  file"), ("d/e/\u00fc\u00df", "d/\u4e2d/\U0001f600"), ("d/\"quoted\"", "'q' & $(x)"), ("-dash", "--- a"),
        ("b/b/b", "a/a"), ("dev/null", "e/dev/null"), ("x.orig", "y~"), (" blank", "blank "), ("d/tab", "@@ -1 +1 @@"),
        ("n\u00a0bsp", "p/" + new string('n', 200)), ("diff --git a", "rename from b"),
    ];

    // Longer than any buffer for a line that a tool begins with; a file of carriage returns; nothing but ends of lines.
    private static readonly string[] s_files = ["", "\n", "x", new string('y', 20_000) + "\nz\n", "a\r\nb\r\nc\r\n", "\r\n", "\n\n\n\n\n\n\n\n\n", "a\r", "\x0c\n", "\xff\xfe\n"];

    private static readonly Gen<(string Before, string After)> s_content = Gen.Frequency(
        (6, Generated.Edited),
        (1, Gen.Select(Gen.Int[0, s_files.Length - 1], Gen.Int[0, s_files.Length - 1], (one, two) => (s_files[one], s_files[two]))),
        (1, Gen.Select(Generated.Content, Generated.Content)));

    private static readonly Gen<Slot> s_slot =
        Gen.Select(Gen.Int[0, (int)What.Leave], s_content, Gen.Bool, Gen.Bool, Gen.Int[0, s_names.Length - 1],
            (what, content, run, ran, name) => new Slot((What)what, content.Before, content.After, run, ran, name));

    public static readonly Gen<TreeChange> Any = s_slot.List[1, 6].Select(slots => Build([.. slots.DistinctBy(slot => slot.Name)]));

    private static TreeChange Build(List<Slot> slots)
    {
        var (before, after) = (new LayeredTree(), new LayeredTree());
        var moves = new List<FileDiff>();
        var plain = new List<TreePath>();
        foreach (var slot in slots)
        {
            var (was, now, change) = Made(slot);
            before = was is null ? before : before.With(was);
            after = now.Aggregate(after, (tree, file) => tree.With(file));
            if (change is null)
            {
                plain.AddRange(now.Select(file => file.Path));
                plain.AddRange(was is null ? [] : [was.Path]);
            }
            else
            {
                moves.Add(PatchMaker.Moved(change, was!, now[^1])); // a move has both
            }
        }

        return new TreeChange(before, after, new Patch("made.patch", 1, [], [.. PatchMaker.Diff(before, after, plain).Concat(moves).OrderBy(file => file.Change.Path)], []));
    }

    private static (TreeFile? Was, TreeFile[] Now, FileChange? Move) Made(Slot slot)
    {
        var (from, to) = s_names[slot.Name];
        var (mode, modeAfter) = (slot.Run ? TreeMode.Executable : TreeMode.Regular, slot.Ran ? TreeMode.Executable : TreeMode.Regular);
        var was = Make.File(from, slot.Before, mode);
        var link = Make.File(from, "f", TreeMode.Link);
        var (source, target) = (TreePath.Parse(from), TreePath.Parse(to));
        return slot.What switch
        {
            What.Edit => (was, [Make.File(from, slot.After, mode)], null),
            What.Delete => (was, [], null),
            What.Create => (null, [Make.File(from, slot.After, modeAfter)], null),
            What.Mode => (was, [Make.File(from, slot.After, modeAfter)], null),
            What.Rename => (was, [Make.File(to, slot.Before, mode)], new FileChange.Rename(source, target)),
            What.RenameAndEdit => (was, [Make.File(to, slot.After, modeAfter)], new FileChange.Rename(source, target)),
            What.CopyAndEdit => (was, [was, Make.File(to, slot.After, mode)], new FileChange.Copy(source, target)),
            What.Link => (was, [link], null),
            What.Retarget => (link, [Make.File(from, "g", TreeMode.Link)], null),
            What.Unlink => (link, [Make.File(from, slot.After, mode)], null),
            _ => (was, [was], null),
        };
    }
}
