using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

public sealed class PatchMakerTests
{
    private static string Diff(string before, string after) => Make.Diff(Make.Tree(("f", before)), Make.Tree(("f", after))).Text();

    [Fact]
    public void A_diff_has_three_lines_of_context_and_nothing_else() =>
        Assert.Equal(
            "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
            Diff(Make.Numbered(9), Make.Numbered(9).Replace("5", "five", StringComparison.Ordinal)));

    [Fact]
    public void Six_lines_between_two_changes_keep_them_in_one_hunk_and_seven_do_not()
    {
        Assert.Single(Make.Patch(Diff("a\n" + Make.Numbered(6) + "b\n", "A\n" + Make.Numbered(6) + "B\n")).Files.Single().Hunks);
        Assert.Equal(2, Make.Patch(Diff("a\n" + Make.Numbered(7) + "b\n", "A\n" + Make.Numbered(7) + "B\n")).Files.Single().Hunks.Length);
    }

    [Fact]
    public void An_added_block_between_equal_lines_settles_at_the_lowest_place() =>
        Assert.EndsWith("@@ -1,3 +1,5 @@\n {\n }\n+{\n+}\n end\n", Diff("{\n}\nend\n", "{\n}\n{\n}\nend\n"), StringComparison.Ordinal);

    [Fact]
    public void Changes_that_meet_are_one_change_with_the_removed_lines_first()
    {
        // Settled down, the added "x" meets the removed "y".
        var before = new[] { "x\n", "y\n", "z\n" }.Select(Line.FromText).ToArray();
        var after = new[] { "x\n", "x\n", "z\n" }.Select(Line.FromText).ToArray();

        Assert.Equal([new Change(1, 1, 1, 1)], LineDiffer.Settle([new Change(0, 0, 0, 1), new Change(1, 1, 2, 0)], before, after));
    }

    [Fact]
    public void White_space_alone_is_a_change_like_any_other() =>
        Assert.EndsWith("@@ -1,2 +1,2 @@\n-a b\n-c\n\\ No newline at end of file\n+a  b\n+c\r\n", Diff("a b\nc", "a  b\nc\r\n"), StringComparison.Ordinal);

    [Fact]
    public void A_binary_file_is_refused_by_name() =>
        Assert.Equal("'f' holds NUL bytes and cannot go into a text patch", Assert.Throws<Failure>(() => Diff("a\n", "a\0\n")).Message);

    [Fact]
    public void A_file_that_becomes_a_link_is_deleted_and_made()
    {
        var after = new LayeredTree().With(Make.File("f", "g", TreeMode.Link));

        var patch = Make.Diff(Make.Tree(("f", "f\n")), after);

        Assert.Equal([typeof(FileChange.Delete), typeof(FileChange.Create)], patch.Files.Select(file => file.Change.GetType()));
        Make.AssertSame(after, PatchApplier.Apply(patch, Make.Tree(("f", "f\n"))).Tree!);
    }
}
