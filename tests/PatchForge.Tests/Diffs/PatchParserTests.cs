using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

public sealed class PatchParserTests
{
    public static TheoryData<string> Samples =>
        [.. Directory.EnumerateFiles(Path.Combine(DiffData.Folder, "roundtrip")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_patch_is_written_as_it_was_read(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(DiffData.Folder, "roundtrip", name));
        var patch = Patch.Parse(bytes, name);

        Assert.Equal(Encoding.Latin1.GetString(bytes), patch.Text());
        Assert.NotEmpty(patch.Files);
    }

    [Fact]
    public void Text_without_a_diff_is_all_header()
    {
        var patch = Make.Patch("Description: nothing yet\n\n--- is no diff\nno newline at the end");

        Assert.Empty(patch.Files);
        Assert.Equal(4, patch.Header.Length);
    }

    [Fact]
    public void The_header_ends_where_the_files_own_lines_begin()
    {
        var patch = Make.Patch(
            "Description: x\n\nIndex: httpd/f\n===================================================================\n--- httpd.orig/f\t2004-01-01 00:00:00\n+++ httpd/f\t2004-01-02\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39.5\n");

        Assert.Equal(2, patch.Header.Length);
        Assert.Equal(4, patch.Files.Single().Lead.Length);
        Assert.Equal(2, patch.Trailer.Length);
        Assert.Equal(TreePath.Parse("f"), patch.Files.Single().Change.Path);
    }

    [Theory]
    [InlineData("1970-01-01 00:00:00.000000000 +0000", true)]
    [InlineData("1970-01-01 01:00:00 +0100", true)]
    [InlineData("1969-12-31 19:00:00 -0500", true)]
    [InlineData("1970-01-01 00:00:00 +0100", false)]
    [InlineData("2004-01-01 00:00:00 +0000", false)]
    public void The_epoch_as_time_stamp_means_that_there_was_no_file(string stamp, bool creates)
    {
        var patch = Make.Patch($"--- a/f\t{stamp}\n+++ b/f\t2004-01-01 00:00:00 +0000\n@@ -0,0 +1 @@\n+a\n");

        Assert.Equal(creates, patch.Files.Single().Change is FileChange.Create);
    }

    [Fact]
    public void An_empty_line_in_a_hunk_is_an_empty_context_line_and_stays_bare()
    {
        var text = "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n\n-a\n+b\n c\n";
        var patch = Make.Patch(text);

        Assert.True(patch.Files.Single().Hunks.Single().Lines[0] is { Bare: true, Kind: LineKind.Context });
        Assert.Equal(text, patch.Text());
        Assert.Equal("\nb\nc\n", PatchApplier.Apply(patch, Make.Tree(("f", "\na\nc\n"))).Tree!.Text("f"));
    }

    [Fact]
    public void A_time_stamp_behind_blanks_in_the_place_of_the_tab_is_no_part_of_the_name()
    {
        var patch = Make.Patch("--- a.orig/f       2008-09-26 21:59:11.000000000 +0000\n+++ a/f 2008-09-26 21:59:26 +0000\n@@ -1 +1 @@\n-a\n+b\n");

        Assert.Equal(new FileChange.Edit(TreePath.Parse("f")), patch.Files.Single().Change);
    }

    [Fact]
    public void A_git_line_alone_says_nothing_and_stays_where_it_is()
    {
        var text = "diff --git a/touched b/touched\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/g b/g\n";
        var patch = Make.Patch(text);

        Assert.Equal(TreePath.Parse("f"), patch.Files.Single().Change.Path);
        Assert.Equal(text, patch.Text());
        Assert.Empty(Make.Patch("diff --git a/f b/f\n").Files);
    }

    [Fact]
    public void A_blank_line_behind_the_last_hunk_loses_no_change()
    {
        var text = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n \n";
        var patch = Make.Patch(text);

        Assert.Equal(" \n", Assert.Single(patch.Trailer).ToString() + "\n");
        Assert.Equal(text, patch.Text());
        Assert.Throws<Failure>(() => Make.Patch(text + "+c\n"));
    }

    [Fact]
    public void A_carriage_return_in_a_line_of_content_is_content()
    {
        var patch = Make.Patch("--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n");

        Assert.Equal("a\r\nc\r\n", PatchApplier.Apply(patch, Make.Tree(("f", "a\r\nb\r\n"))).Tree!.Text("f"));
        Assert.False(PatchApplier.Apply(patch, Make.Tree(("f", "a\nb\n"))).Applies);
    }

    [Theory]
    [InlineData("diff --git a/x y b/x y\nold mode 100644\nnew mode 100755\n", "x y")]
    [InlineData("diff --git \"a/x \\303\\251\" \"b/x \\303\\251\"\nold mode 100644\nnew mode 100755\n", "x é")]
    [InlineData("diff --git a/f b/f\nnew file mode 100644\nindex 0000000..e69de29\n", "f")]
    public void The_git_line_alone_names_the_file(string text, string path) =>
        Assert.Equal(path, Make.Patch(text).Files.Single().Change.Path.Text);

    [Fact]
    public void Names_are_stripped_as_the_series_says()
    {
        const string Text = "--- dir/f.orig\n+++ dir/f\n@@ -1 +1 @@\n-a\n+b\n";

        Assert.Equal("f", Make.Patch(Text).Files.Single().Change.Path.Text);
        Assert.Equal("dir/f", Make.Patch(Text, strip: 0).Files.Single().Change.Path.Text);
    }

    [Fact]
    public async Task A_megabyte_of_equal_lines_and_a_hunk_that_fits_nowhere_take_no_quadratic_time()
    {
        // 500,000 equal lines and 20,000 lines of context: by trial and error that is 10,000,000,000 comparisons.
        var file = string.Concat(Enumerable.Repeat("\n", 500_000));
        var patch = Make.Patch("--- a/f\n+++ b/f\n@@ -10,20001 +10,20001 @@\n" + string.Concat(Enumerable.Repeat(" \n", 20_000)) + "-x\n+y\n");

        var cancel = TestContext.Current.CancellationToken;
        var outcome = await Task.Run(() => PatchApplier.Apply(patch, Make.Tree(("f", file))), cancel).WaitAsync(TimeSpan.FromSeconds(20), cancel);

        Assert.False(outcome.Applies);
    }
}
