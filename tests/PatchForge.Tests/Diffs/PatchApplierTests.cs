using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

public sealed class PatchApplierTests
{
    private const string ChangeFive = "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";

    [Fact]
    public void A_hunk_where_it_says_is_clean()
    {
        var outcome = PatchApplier.Apply(Make.Patch(ChangeFive), Make.Tree(("f", Make.Numbered(9))));

        Assert.Equal(2, Assert.IsType<HunkOutcome.Clean>(outcome.Hunks.Single()).Line);
        Assert.Equal("1\n2\n3\n4\nfive\n6\n7\n8\n9\n", outcome.Tree!.Text("f"));
        Assert.True(outcome.Proves);
    }

    [Theory]
    [InlineData("a\nb\n", 2)]
    [InlineData("", 0)]
    public void A_hunk_further_down_has_an_offset(string before, int by)
    {
        var outcome = PatchApplier.Apply(Make.Patch(ChangeFive), Make.Tree(("f", before + Make.Numbered(9))));

        Assert.Equal(by, outcome.Hunks.Single() is HunkOutcome.Offset offset ? offset.By : 0);
        Assert.Equal(before + "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", outcome.Tree!.Text("f"));
    }

    [Fact]
    public void A_hunk_further_up_has_a_negative_offset()
    {
        var outcome = PatchApplier.Apply(Make.Patch(ChangeFive), Make.Tree(("f", "2\n3\n4\n5\n6\n7\n8\n9\n")));

        Assert.Equal(-1, Assert.IsType<HunkOutcome.Offset>(outcome.Hunks.Single()).By);
    }

    private const string SixAndBlock = "--- a/f\n+++ b/f\n@@ -5,3 +5,3 @@\n 5\n-6\n+six\n 7\n@@ -31,5 +31,5 @@\n x\n y\n-old\n+new\n z\n w\n";

    [Fact]
    public void A_moved_hunk_tells_that_its_lines_stand_elsewhere_too()
    {
        var outcome = PatchApplier.Apply(Make.Patch(SixAndBlock), Make.Tree(("f", TwoBlocks(shift: 2))));

        Assert.Equal([(2, 1), (2, 1)], outcome.Hunks.Cast<HunkOutcome.Offset>().Select(hunk => (hunk.By, hunk.OtherPlaces)));
    }

    [Fact]
    public void A_hunk_that_git_would_put_at_its_number_and_patch_at_its_neighbours_offset_conflicts()
    {
        // After a shift of 20 the first copy of the block stands at the very line that the patch names for
        // the second: git apply takes that one, patch the one 20 lines further down.
        var outcome = PatchApplier.Apply(Make.Patch(SixAndBlock), Make.Tree(("f", TwoBlocks(shift: 20))));

        Assert.Equal(20, Assert.IsType<HunkOutcome.Offset>(outcome.Hunks.First()).By);
        Assert.Equal(ConflictReason.Ambiguous, Assert.IsType<HunkOutcome.Conflict>(outcome.Hunks.Last()).Why);
    }

    private static string TwoBlocks(int shift)
    {
        const string Block = "x\ny\nold\nz\nw\n";
        return string.Concat(Enumerable.Repeat("pad\n", shift)) + Make.Numbered(10) + Block + Make.Numbered(15) + Block + Make.Numbered(3);
    }

    [Fact]
    public void Changed_context_is_fuzz_and_says_how_much()
    {
        var outcome = PatchApplier.Apply(Make.Patch(ChangeFive), Make.Tree(("f", "1\nchanged\n3\n4\n5\n6\n7\n8\n")));

        Assert.Equal(1, Assert.IsType<HunkOutcome.Fuzz>(outcome.Hunks.Single()).Level);
        Assert.Equal("1\nchanged\n3\n4\nfive\n6\n7\n8\n", outcome.Tree!.Text("f"));
        Assert.Equal(1, outcome.Fuzz);
        Assert.False(outcome.Proves);
    }

    [Fact]
    public void Fuzz_is_not_looked_for_when_none_is_allowed()
    {
        var outcome = PatchApplier.Apply(Make.Patch(ChangeFive), Make.Tree(("f", "1\nchanged\n3\n4\n5\n6\n7\n8\n")), maxFuzz: 0);

        var conflict = Assert.IsType<HunkOutcome.Conflict>(outcome.Hunks.Single());
        Assert.Equal(ConflictReason.NotFound, conflict.Why);
        Assert.Equal(("2", "changed"), (conflict.Wanted!.Value.ToString(), conflict.Found!.Value.ToString()));
        Assert.Null(outcome.Tree);
    }

    [Fact]
    public void A_hunk_whose_new_lines_are_there_is_already_applied()
    {
        var outcome = PatchApplier.Apply(Make.Patch(ChangeFive), Make.Tree(("f", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n")));

        Assert.Equal(2, Assert.IsType<HunkOutcome.AlreadyApplied>(outcome.Hunks.Single()).Line);
        Assert.False(outcome.Applies);
    }

    [Fact]
    public void A_place_that_git_and_patch_disagree_about_is_no_place()
    {
        // patch takes line 5 at its word; git wants a hunk without trailing context at the file's end.
        var outcome = PatchApplier.Apply(Make.Patch("--- a/f\n+++ b/f\n@@ -5 +4,0 @@\n-x\n"), Make.Tree(("f", "1\n2\n3\n4\nx\n6\nx\n")));

        Assert.Equal(ConflictReason.Ambiguous, Assert.IsType<HunkOutcome.Conflict>(outcome.Hunks.Single()).Why);
    }

    [Fact]
    public void An_insertion_without_context_is_not_placed_by_its_number()
    {
        var outcome = PatchApplier.Apply(Make.Patch("--- a/f\n+++ b/f\n@@ -3,0 +4 @@\n+new\n"), Make.Tree(("f", Make.Numbered(6))));

        Assert.Equal(ConflictReason.NoContext, Assert.IsType<HunkOutcome.Conflict>(outcome.Hunks.Single()).Why);
    }

    [Fact]
    public void Appending_without_context_at_the_files_end_is_meant_by_every_tool()
    {
        var outcome = PatchApplier.Apply(Make.Patch("--- a/f\n+++ b/f\n@@ -3,0 +4 @@\n+new\n"), Make.Tree(("f", Make.Numbered(3))));

        Assert.Equal("1\n2\n3\nnew\n", outcome.Tree!.Text("f"));
    }

    [Fact]
    public void Lines_are_never_glued_to_one_that_lacks_its_line_feed()
    {
        var outcome = PatchApplier.Apply(Make.Patch("--- a/f\n+++ b/f\n@@ -3,0 +4 @@\n+new\n"), Make.Tree(("f", "1\n2\n3")));

        Assert.Equal(ConflictReason.NotAtEnd, Assert.IsType<HunkOutcome.Conflict>(outcome.Hunks.Single()).Why);
    }

    [Fact]
    public void A_last_line_without_line_feed_is_not_put_into_the_middle()
    {
        var patch = Make.Patch("--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n 1\n 2\n-3\n+three\n\\ No newline at end of file\n");

        Assert.Equal("1\n2\nthree", PatchApplier.Apply(patch, Make.Tree(("f", Make.Numbered(3)))).Tree!.Text("f"));
        Assert.False(PatchApplier.Apply(patch, Make.Tree(("f", Make.Numbered(4)))).Applies);
    }

    [Fact]
    public void A_new_file_over_another_conflicts_and_over_itself_is_already_there()
    {
        var patch = Make.Patch("--- /dev/null\n+++ b/dir/f\n@@ -0,0 +1 @@\n+one\n");

        Assert.Equal("one\n", PatchApplier.Apply(patch, Make.Tree()).Tree!.Text("dir/f"));
        Assert.IsType<FileState.AlreadyApplied>(PatchApplier.Apply(patch, Make.Tree(("dir/f", "one\n"))).Files.Single().State);
        Assert.Equal(ConflictReason.FileExists, Why(PatchApplier.Apply(patch, Make.Tree(("dir/f", "two\n")))));
        Assert.Equal(ConflictReason.FileExists, Why(PatchApplier.Apply(patch, Make.Tree(("dir", "a file\n")))));
        Assert.Equal(ConflictReason.FileExists, Why(PatchApplier.Apply(patch, Make.Tree(("dir/f/g", "in a folder\n")))));
    }

    [Fact]
    public void A_file_is_deleted_only_when_its_content_is_the_patchs()
    {
        var patch = Make.Patch("--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n");

        Assert.Null(PatchApplier.Apply(patch, Make.Tree(("f", "one\n"))).Tree!.Text("f"));
        Assert.Equal(ConflictReason.ContentLeft, Why(PatchApplier.Apply(patch, Make.Tree(("f", "one\ntwo\n")))));
        Assert.IsType<FileState.AlreadyApplied>(PatchApplier.Apply(patch, Make.Tree()).Files.Single().State);
    }

    [Fact]
    public void Two_files_that_change_names_keep_their_contents()
    {
        var patch = Make.Patch(
            "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
            + "diff --git a/y b/x\nsimilarity index 100%\nrename from y\nrename to x\n");

        var tree = PatchApplier.Apply(patch, Make.Tree(("x", "X\n"), ("y", "Y\n"))).Tree!;

        Assert.Equal(("Y\n", "X\n"), (tree.Text("x"), tree.Text("y")));
    }

    [Fact]
    public void A_copy_reads_the_file_as_it_was_before_the_patch()
    {
        var patch = Make.Patch(
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-X\n+changed\n"
            + "diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n");

        var tree = PatchApplier.Apply(patch, Make.Tree(("x", "X\n"))).Tree!;

        Assert.Equal(("changed\n", "X\n"), (tree.Text("x"), tree.Text("y")));
    }

    [Fact]
    public void A_mode_changes_and_a_wrong_old_mode_is_no_proof()
    {
        var patch = Make.Patch("diff --git a/f b/f\nold mode 100644\nnew mode 100755\n");

        var outcome = PatchApplier.Apply(patch, Make.Tree(("f", "")));
        var again = PatchApplier.Apply(patch, outcome.Tree!);

        Assert.Equal(TreeMode.Executable, outcome.Tree!.Find(TreePath.Parse("f"))!.Mode);
        Assert.True(outcome.Proves);
        Assert.True(again is { Applies: true, Proves: false });
    }

    [Fact]
    public void One_conflict_leaves_the_tree_alone_and_the_other_hunks_still_get_their_outcome()
    {
        var patch = Make.Patch(ChangeFive + "--- a/missing\n+++ b/missing\n@@ -1 +1 @@\n-a\n+b\n");

        var outcome = PatchApplier.Apply(patch, Make.Tree(("f", Make.Numbered(9))));

        Assert.Null(outcome.Tree);
        Assert.IsType<HunkOutcome.Clean>(outcome.Hunks.First());
        Assert.Equal(ConflictReason.FileMissing, ((FileState.Conflict)outcome.Files[1].State).Why);
    }

    [Theory]
    [InlineData("/etc", "a link to an absolute name")]
    [InlineData("../..", "a link that leads out of the source tree")]
    [InlineData("d/../../..", "a link that leads out of the source tree")]
    public void A_link_out_of_the_tree_is_refused(string target, string why)
    {
        var patch = Make.Patch(
            "Subject: x\n\ndiff --git a/d/l b/d/l\nnew file mode 120000\n--- /dev/null\n+++ b/d/l\n@@ -0,0 +1 @@\n+"
            + target + "\n\\ No newline at end of file\n");

        var failure = Assert.Throws<Failure>(() => PatchApplier.Apply(patch, Make.Tree()));

        Assert.Equal($"the patch makes 'd/l' {why}", failure.Message);
        Assert.Equal(new FileLocation("test.patch", 3), failure.At);
    }

    [Fact]
    public void A_write_through_a_link_is_refused_even_when_the_same_patch_makes_the_link()
    {
        var patch = Make.Patch(
            "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+d\n\\ No newline at end of file\n"
            + "diff --git a/l/f b/l/f\nnew file mode 100644\n--- /dev/null\n+++ b/l/f\n@@ -0,0 +1 @@\n+x\n");

        var failure = Assert.Throws<Failure>(() => PatchApplier.Apply(patch, Make.Tree(("d/g", ""))));

        Assert.Equal(new FileLocation("test.patch", 8), failure.At);
    }

    [Fact]
    public void A_plain_diff_does_not_change_a_link()
    {
        var tree = new LayeredTree().With(Make.File("f", "target", TreeMode.Link));

        Assert.Equal(ConflictReason.TypeDiffers,
            Why(PatchApplier.Apply(Make.Patch("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-target\n\\ No newline\n+other\n\\ No newline\n"), tree)));
    }

    [Fact]
    public void Reversing_undoes()
    {
        var tree = Make.Tree(("f", Make.Numbered(9)));
        var patch = Make.Patch(ChangeFive);

        var back = PatchApplier.Apply(PatchReverser.Reverse(patch), PatchApplier.Apply(patch, tree).Tree!);

        Assert.Equal(Make.Numbered(9), back.Tree!.Text("f"));
        Assert.True(back.Proves);
    }

    private static ConflictReason Why(PatchOutcome outcome) =>
        Assert.IsType<FileState.Conflict>(outcome.Files.Single().State).Why;
}
