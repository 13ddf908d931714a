using CsCheck;
using PatchForge.Diffs;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;

namespace PatchForge.HostTests.Oracle;

/// <summary>
/// Equal to the oracles: what we write, git apply and patch -p1 apply to the same tree; what they apply
/// cleanly, we apply with the same result, unless they differ from each other.
/// </summary>
public sealed class AgainstGitAndPatchTests
{
    [Fact]
    public void What_we_write_both_tools_apply_to_the_same_tree()
    {
        Tool.GitApply.SkipWhenMissing();
        Tool.GnuPatch.SkipWhenMissing();
        Generated.Trees.Sample(trees =>
        {
            var patch = Make.Diff(trees.Before, trees.After).ToBytes();
            if (patch.Length > 0)
            {
                Tool.GitApply.AssertMakes(trees.After, patch, trees.Before);
                Tool.GnuPatch.AssertMakes(trees.After, patch, trees.Before);
            }
        }, iter: 150, threads: 2);
    }

    [Fact]
    public void What_we_reverse_both_tools_apply_to_the_same_tree()
    {
        Tool.GitApply.SkipWhenMissing();
        Tool.GnuPatch.SkipWhenMissing();
        Generated.Trees.Sample(trees =>
        {
            var patch = PatchReverser.Reverse(Make.Diff(trees.Before, trees.After)).ToBytes();
            if (patch.Length > 0)
            {
                Tool.GitApply.AssertMakes(trees.Before, patch, trees.After);
                Tool.GnuPatch.AssertMakes(trees.Before, patch, trees.After);
            }
        }, iter: 75, threads: 2);
    }

    [Fact]
    public void Renames_copies_links_and_bare_names_are_written_as_both_tools_read_them()
    {
        Tool.GitApply.SkipWhenMissing();
        Tool.GnuPatch.SkipWhenMissing();
        var before = Make.Tree(("d/old name", Make.Numbered(20)), ("source", Make.Numbered(5)), ("gone/link", ""))
            .With(Make.File("link", "source", TreeMode.Link)).Without(TreePath.Parse("gone/link"));
        var after = Make.Tree(("e/new name", Make.Numbered(21)), ("source", Make.Numbered(5)), ("copy", "0\n" + Make.Numbered(5)), ("empty", ""))
            .With(Make.File("link", "d", TreeMode.Link));
        foreach (var strip in new[] { 0, 1 })
        {
            var (from, to) = (TreePath.Parse("d/old name"), TreePath.Parse("e/new name"));
            var (source, copy) = (TreePath.Parse("source"), TreePath.Parse("copy"));
            var patch = new Patch("made.patch", strip, [],
                [
                    PatchMaker.Moved(new FileChange.Copy(source, copy), before.Find(source)!, after.Find(copy)!, strip),
                    PatchMaker.Moved(new FileChange.Rename(from, to), before.Find(from)!, after.Find(to)!, strip),
                    .. PatchMaker.Diff(before, after, [TreePath.Parse("empty"), TreePath.Parse("link")], strip),
                ],
                []).ToBytes();

            Make.AssertSame(after, PatchApplier.Apply(Patch.Parse(patch, "made.patch", strip), before).Tree!);
            new Tool("git", "apply", $"-p{strip}", "-").AssertMakes(after, patch, before);
            new Tool("patch", $"-p{strip}", "-F0", "-f", "-s").AssertMakes(after, patch, before);
        }
    }

    [Fact]
    public void Where_a_patch_goes_in_a_file_that_moved_on_is_where_the_tools_put_it()
    {
        Tool.GitApply.SkipWhenMissing();
        Tool.GnuPatch.SkipWhenMissing();
        Generated.Forked.Sample(files =>
        {
            var patch = Make.Diff(Make.Tree(("f", files.Before)), Make.Tree(("f", files.After)));
            if (!patch.Files.IsEmpty)
            {
                var upstream = Make.Tree(("f", files.Upstream));
                Compare(PatchApplier.Apply(patch, upstream, maxFuzz: 0), Tool.GitApply.Apply(patch.ToBytes(), upstream), Tool.GnuPatch.Apply(patch.ToBytes(), upstream));
            }
        }, iter: 400, threads: 2);
    }

    [Fact]
    public void Fuzz_is_found_where_patch_finds_it()
    {
        Tool.GnuPatch.SkipWhenMissing();
        var found = 0;
        Generated.Forked.Sample(files =>
        {
            var patch = Make.Diff(Make.Tree(("f", files.Before)), Make.Tree(("f", files.After)));
            var upstream = Make.Tree(("f", files.Upstream));
            var ours = PatchApplier.Apply(patch, upstream);
            if (!patch.Files.IsEmpty && ours.Fuzz > 0)
            {
                Interlocked.Increment(ref found);
                var theirs = Tool.GnuPatch.With("-F2").Apply(patch.ToBytes(), upstream);
                if (theirs is not null && ours.Tree is not null)
                {
                    Assert.Equal(theirs.Text("f"), ours.Tree.Text("f"));
                }
            }
        }, iter: 400, threads: 2);
        Assert.InRange(found, 1, int.MaxValue);
    }

    /// <summary>Ours against what each tool made of the same patch and tree, null for a tool that refused.</summary>
    internal static void Compare(PatchOutcome ours, LayeredTree? git, LayeredTree? patch) =>
        Assert.Null(Verdicts.Difference(ours, git, patch));
}
