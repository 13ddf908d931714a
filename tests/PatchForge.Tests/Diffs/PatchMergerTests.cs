using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

public sealed class PatchMergerTests
{
    private static readonly MergeLabels Labels = new("2.0.65", "2.0.58", "a.patch");

    /// <summary>The patch that makes <paramref name="theirs"/> of <paramref name="ancestor"/>, moved to <paramref name="ours"/>.</summary>
    private static PatchMerge Merge(LayeredTree ancestor, LayeredTree ours, LayeredTree theirs) => Merge(Make.Diff(ancestor, theirs), ancestor, ours);

    private static PatchMerge Merge(Patch patch, LayeredTree ancestor, LayeredTree ours) =>
        PatchMerger.Merge(patch, ancestor, ours, Labels) ?? throw new InvalidOperationException("The patch does not apply to its ancestor.");

    [Fact]
    public void A_change_elsewhere_in_the_file_is_kept_and_the_patch_s_is_made()
    {
        var merge = Merge(Make.Tree(("f", Make.Numbered(20))), Make.Tree(("f", "0\n" + Make.Numbered(20).Replace("3\n", "drei\n", StringComparison.Ordinal))), Make.Tree(("f", Make.Numbered(20).Replace("10\n", "zehn\n", StringComparison.Ordinal))));

        Assert.True(merge.IsClean);
        Assert.Equal("0\n" + Make.Numbered(20).Replace("10\n", "zehn\n", StringComparison.Ordinal).Replace("3\n", "drei\n", StringComparison.Ordinal), merge.Tree.Text("f"));
    }

    [Fact]
    public void Both_make_the_file_with_other_lines()
    {
        var merge = Merge(Make.Tree(), Make.Tree(("f", "a\nmine\n")), Make.Tree(("f", "a\nother\n")));

        Assert.Equal("upstream has a file of the name that the patch makes", merge.Files.Single().Conflict);
        Assert.Equal("a\n<<<<<<< 2.0.65\nmine\n||||||| 2.0.58\n=======\nother\n>>>>>>> a.patch\n", merge.Tree.Text("f"));
    }

    [Fact]
    public void Both_make_the_same_file()
    {
        var merge = Merge(Make.Tree(), Make.Tree(("f", "a\n")), Make.Tree(("f", "a\n")));

        Assert.True(merge.IsClean);
        Assert.Equal("a\n", merge.Tree.Text("f"));
    }

    [Fact]
    public void Upstream_removed_what_the_patch_changes()
    {
        var merge = Merge(Make.Tree(("f", "1\n2\n"), ("g", "g\n")), Make.Tree(("g", "g\n")), Make.Tree(("f", "1\nzwei\n"), ("g", "g\n")));

        Assert.Equal("upstream removed the file that the patch changes", merge.Files.Single().Conflict);
        Assert.Equal("<<<<<<< 2.0.65\n||||||| 2.0.58\n1\n2\n=======\n1\nzwei\n>>>>>>> a.patch\n", merge.Tree.Text("f"));
    }

    [Fact]
    public void Upstream_changed_what_the_patch_removes()
    {
        var merge = Merge(Make.Tree(("f", "1\n2\n")), Make.Tree(("f", "1\nzwei\n")), Make.Tree());

        Assert.Equal("upstream changed the file that the patch removes", merge.Files.Single().Conflict);
        Assert.Equal("<<<<<<< 2.0.65\n1\nzwei\n||||||| 2.0.58\n1\n2\n=======\n>>>>>>> a.patch\n", merge.Tree.Text("f"));
    }

    [Fact]
    public void Upstream_removed_what_the_patch_removes() =>
        Assert.True(Merge(Make.Tree(("f", "1\n")), Make.Tree(), Make.Tree()) is { IsClean: true, Tree: var tree } && tree.Text("f") is null);

    [Fact]
    public void A_file_that_upstream_renamed_is_merged_under_its_new_name()
    {
        var merge = Merge(Make.Tree(("old.c", Make.Numbered(30))), Make.Tree(("new.c", "0\n" + Make.Numbered(30)), ("other.c", "x\n")), Make.Tree(("old.c", Make.Numbered(30).Replace("20\n", "zwanzig\n", StringComparison.Ordinal))));

        Assert.True(merge.IsClean);
        Assert.Equal("upstream renamed old.c to new.c", merge.Files.Single().Note);
        Assert.Null(merge.Tree.Text("old.c"));
        Assert.Equal("0\n" + Make.Numbered(30).Replace("20\n", "zwanzig\n", StringComparison.Ordinal), merge.Tree.Text("new.c"));
    }

    [Fact]
    public void A_file_that_the_patch_renames_takes_upstream_s_changes_with_it()
    {
        var patch = Make.Patch("diff --git a/old.c b/new.c\nrename from old.c\nrename to new.c\n--- a/old.c\n+++ b/new.c\n@@ -8,2 +8,2 @@\n 8\n-9\n+neun\n");
        var merge = Merge(patch, Make.Tree(("old.c", Make.Numbered(9))), Make.Tree(("old.c", "0\n" + Make.Numbered(9))));

        Assert.True(merge.IsClean);
        Assert.Null(merge.Tree.Text("old.c"));
        Assert.Equal("0\n" + Make.Numbered(9).Replace("9\n", "neun\n", StringComparison.Ordinal), merge.Tree.Text("new.c"));
    }

    [Fact]
    public void A_mode_that_one_side_changed_is_taken_and_the_other_side_s_lines_too()
    {
        var (ancestor, ours) = (Make.Tree(("f", "1\n2\n3\n")), Make.Tree(("f", "1\n2\n3\n4\n")));
        var merge = Merge(ancestor, ours, new LayeredTree().With(Make.File("f", "1\n2\n3\n", TreeMode.Executable)));

        Assert.True(merge.IsClean);
        Assert.Equal((TreeMode.Executable, "1\n2\n3\n4\n"), (merge.Tree.Find(TreePath.Parse("f"))!.Mode, merge.Tree.Text("f")));
    }

    [Fact]
    public void Binary_content_and_links_that_both_changed_have_no_lines_to_show()
    {
        var binary = Merge(Make.Tree(("f", "1\n")), Make.Tree(("f", "1\0\n")), Make.Tree(("f", "2\n")));
        Assert.Equal("binary content, and both sides changed it", binary.Files.Single().Conflict);
        Assert.Equal((null, "1\0\n"), (binary.Files.Single().Merge, binary.Tree.Text("f")));

        var link = Merge(new LayeredTree().With(Make.File("f", "a", TreeMode.Link)), new LayeredTree().With(Make.File("f", "b", TreeMode.Link)), new LayeredTree().With(Make.File("f", "c", TreeMode.Link)));
        Assert.Contains("a link on one side at least, and both sides changed it", link.Files.Select(file => file.Conflict));
        Assert.Equal("b", link.Tree.Text("f"));
    }

    [Fact]
    public void Without_an_ancestor_each_hunk_without_a_place_is_a_conflict_where_the_file_looks_most_like_it()
    {
        var patch = Make.Patch("--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n one\n+new\n two\n three\n@@ -20,5 +21,5 @@\n 20\n 21\n-22\n+zwei\n 23\n 24\n");
        var tree = Make.Tree(("f", "one\ntwo\nthree\n" + Make.Numbered(19) + "20\n21\ntwentytwo\n23\n24\n"));
        var merge = HunkConflicts.Of(PatchApplier.Apply(patch, tree), tree, Labels);

        Assert.False(merge.IsClean);
        Assert.Equal(
            "one\nnew\ntwo\nthree\n" + Make.Numbered(19) + "<<<<<<< 2.0.65\n20\n21\ntwentytwo\n23\n24\n||||||| 2.0.58\n20\n21\n22\n23\n24\n=======\n20\n21\nzwei\n23\n24\n>>>>>>> a.patch\n",
            merge.Tree.Text("f"));
    }

    [Fact]
    public void Rows_beside_each_other_mark_what_differs_within_a_line()
    {
        var rows = SideBySide.Rows(
            Line.Split("same\nreturn one;\n"u8.ToArray()), 9,
            Line.Split("same\nreturn two;\nmore\r\n"u8.ToArray()), 4);

        Assert.Equal([(10, 5), (11, 6), (null, 7)], rows.Select(row => (row.LeftNumber, row.RightNumber)));
        Assert.True(rows[0].Same);
        Assert.Contains(new SidePiece("one", true), rows[1].Left);
        Assert.Contains(new SidePiece("return ", false), rows[1].Right);
        Assert.Equal("more\\x0d", rows[2].Right.Single().Text);
    }
}
