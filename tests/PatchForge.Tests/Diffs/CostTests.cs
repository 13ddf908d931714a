using System.Diagnostics;
using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

/// <summary>
/// Cost grows with the size of what is read and not with its square. The limit is loose, for machines that
/// are busy; what is quadratic takes longer (two files of 60,000 lines without a common one: 41 s).
/// </summary>
public sealed class CostTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public void Many_hunks_that_moved_in_a_large_file_do_not_read_it_each()
    {
        var patch = new StringBuilder("--- a/f\n+++ b/f\n");
        for (var hunk = 0; hunk < 20_000; hunk++)
        {
            var at = (hunk * 20) + 5;
            patch.Append(CultureInfo.InvariantCulture, $"@@ -{at},3 +{at},3 @@\n {at}\n-{at + 1}\n+x{at + 1}\n {at + 2}\n");
        }

        // Each hunk stands 7 lines further down than it says, and than the one before it: nothing is where it is expected.
        var file = string.Concat(Enumerable.Range(1, 400_000).Select(line => (line % 20 == 3 ? "new\nnew\nnew\nnew\nnew\nnew\nnew\n" : "") + line + "\n"));
        var outcome = Timed(() => PatchApplier.Apply(Make.Patch(patch.ToString()), Make.Tree(("f", file))));

        Assert.True(outcome.Applies);
        Assert.All(outcome.Hunks, hunk => Assert.IsType<HunkOutcome.Offset>(hunk));
    }

    [Fact]
    public void A_file_that_repeats_itself_is_given_up_before_it_costs_too_much()
    {
        var patch = "--- a/f\n+++ b/f\n" + string.Concat(Enumerable.Range(0, 5_000).Select(_ => "@@ -1,4 +1,4 @@\n a\n-a\n+c\n a\n a\n"));
        var file = string.Concat(Enumerable.Repeat("a\n", 200_000));

        var outcome = Timed(() => PatchApplier.Apply(Make.Patch(patch), Make.Tree(("f", file))));

        Assert.False(outcome.Applies);
        Assert.Contains(outcome.Hunks, hunk => hunk is HunkOutcome.Conflict { Why: ConflictReason.TooCostly });
    }

    [Fact]
    public void Many_new_files_are_not_compared_with_each_other()
    {
        static Patch Making(string folder) => Make.Patch(string.Concat(Enumerable.Range(0, 20_000)
            .Select(file => $"diff --git a/{folder}/d{file % 100}/f{file} b/{folder}/d{file % 100}/f{file}\nnew file mode 100644\n--- /dev/null\n+++ b/{folder}/d{file % 100}/f{file}\n@@ -0,0 +1 @@\n+{file}\n")));

        var tree = Timed(() =>
        {
            var one = PatchApplier.Apply(Making("one"), Make.Tree(("README", "x\n"))).Tree;
            return PatchApplier.Apply(Making("two"), one!).Tree; // a patch that only makes files applies
        });

        Assert.Equal(40_001, tree!.Paths().Count());
        Assert.True(tree.IsFolder(TreePath.Parse("two/d99")));
        Assert.False(tree.IsFolder(TreePath.Parse("two/d9/f9")));
    }

    [Fact]
    public void Two_large_files_without_a_common_line_are_compared_at_once()
    {
        static string Lines(char kind) => string.Concat(Enumerable.Range(0, 200_000).Select(line => $"{kind}{line}\n"));
        var (before, after) = (Make.Tree(("f", Lines('a'))), Make.Tree(("f", Lines('b'))));

        var patch = Timed(() => Make.Diff(before, after));

        Make.AssertSame(after, PatchApplier.Apply(patch, before).Tree!);
    }

    [Fact]
    public void Two_large_files_with_the_same_lines_in_another_order_are_compared_in_pieces()
    {
        static string Lines(int step) => string.Concat(Enumerable.Range(0, 60_000).Select(line => line % 3 == 0 ? "}\n" : $"{(long)line * step % 60_013}\n"));
        var (before, after) = (Make.Tree(("f", Lines(1))), Make.Tree(("f", Lines(77))));

        var patch = Timed(() => Make.Diff(before, after));

        Make.AssertSame(after, PatchApplier.Apply(patch, before).Tree!);
    }

    [Fact]
    public void A_small_change_in_a_large_file_gives_a_small_patch_however_far_apart()
    {
        var lines = Enumerable.Range(0, 50_000).Select(line => line % 5 == 0 ? "\n" : $"{line}\n").ToArray();
        var before = Make.Tree(("f", string.Concat(lines)));
        for (var line = 1; line < lines.Length; line += 10_000)
        {
            lines[line] = "changed\n" + lines[line];
        }

        var patch = Make.Diff(before, Make.Tree(("f", string.Concat(lines))));

        Assert.Equal(5, patch.Files.Single().Hunks.Length);
        Assert.All(patch.Files.Single().Hunks, hunk => Assert.Equal(1, hunk.NewCount - hunk.OldCount));
    }

    [Fact]
    public void A_folder_is_one_as_long_as_a_file_lies_below_it()
    {
        var below = Make.Tree(("d/e/f", "1\n"), ("d/g", "2\n"));
        var tree = new LayeredTree(below).With(Make.File("n/o/p", "3\n"));

        Assert.True(tree.IsFolder(TreePath.Parse("n/o")));
        Assert.True(tree.With(Make.File("n/o/p", "4\n")).Without(TreePath.Parse("n/o/q")).IsFolder(TreePath.Parse("n")));
        Assert.False(tree.With(Make.File("n/o/p", "4\n")).Without(TreePath.Parse("n/o/p")).IsFolder(TreePath.Parse("n/o")));
        Assert.False(tree.Without(TreePath.Parse("d/e/f")).IsFolder(TreePath.Parse("d/e")));
        Assert.True(tree.Without(TreePath.Parse("d/e/f")).IsFolder(TreePath.Parse("d")));
        Assert.True(tree.Without(TreePath.Parse("d/e/f")).With(Make.File("d/e/f", "5\n")).IsFolder(TreePath.Parse("d/e")));
        Assert.False(tree.Without(TreePath.Parse("d/e/f")).Without(TreePath.Parse("d/g")).IsFolder(TreePath.Parse("d")));
    }

    private static T Timed<T>(Func<T> work)
    {
        var watch = Stopwatch.StartNew();
        var result = work();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.ElapsedMilliseconds} ms"));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_limit);
        return result;
    }
}
