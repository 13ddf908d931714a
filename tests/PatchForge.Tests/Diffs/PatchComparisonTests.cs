using PatchForge.Diffs;

namespace PatchForge.Tests.Diffs;

public sealed class PatchComparisonTests
{
    private const string Header = "Subject: s\n\n";
    private const string Plain = Header + "--- a/f\t2004-01-01\n+++ b/f\t2004-01-01\n@@ -2,3 +2,3 @@ heading\n 1\n-2\n+two\n 3\n";

    [Fact]
    public void Line_numbers_headings_stamps_and_index_lines_are_no_difference()
    {
        const string git = Header + "diff --git a/f b/f\nindex 1234567..89abcde 100644\n--- a/f\n+++ b/f\n@@ -12,3 +13,3 @@\n 1\n-2\n+two\n 3\n-- \n2.39.5\n";
        var difference = PatchComparison.Of(Make.Patch(Plain), Make.Patch(git));
        Assert.False(difference.SameBytes);
        Assert.True(difference.SameContent);
        Assert.True(PatchComparison.Of(Make.Patch(Plain), Make.Patch(Plain)).SameBytes);
    }

    [Fact]
    public void A_changed_line_is_shown_in_its_hunk_and_beside_the_other()
    {
        var part = Assert.Single(PatchComparison.Of(Make.Patch(Plain), Make.Patch(Plain.Replace("+two", "+zwei", StringComparison.Ordinal))).Parts);
        Assert.Equal("f", part.Of?.Text);
        Assert.Equal(
            [(LineKind.Context, "@@"), (LineKind.Context, " 1"), (LineKind.Context, "-2"), (LineKind.Removed, "+two"), (LineKind.Added, "+zwei"), (LineKind.Context, " 3")],
            part.Lines.Select(line => (line.Kind, line.Text)));
        Assert.Contains(new LinePair("+two", "+zwei", false), part.Pairs);
        Assert.Contains(new LinePair(" 3", " 3", true), part.Pairs);
    }

    [Fact]
    public void Another_header_alone_is_told_apart() =>
        Assert.True(PatchComparison.Of(Make.Patch(Plain), Make.Patch(Plain.Replace("Subject: s", "Subject: t", StringComparison.Ordinal))).OnlyHeader);

    [Fact]
    public void White_space_and_a_lost_line_feed_are_differences()
    {
        Assert.False(PatchComparison.Of(Make.Patch(Plain), Make.Patch(Plain.Replace("+two", "+two ", StringComparison.Ordinal))).SameContent);
        Assert.False(PatchComparison.Of(Make.Patch(Plain), Make.Patch(Plain.Replace(" 3\n", " 3\n\\ No newline at end of file\n", StringComparison.Ordinal))).SameContent);
    }

    [Fact]
    public void Modes_and_renamed_files_are_differences_with_words()
    {
        var mode = Make.Patch(Header + "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n" + Plain[Header.Length..]);
        Assert.Contains(new ComparedLine(LineKind.Added, "mode 100644 becomes 100755"), Assert.Single(PatchComparison.Of(Make.Patch(Plain), mode).Parts).Lines);

        var renamed = Assert.Single(PatchComparison.Of(Make.Patch(Plain), Make.Patch(Plain.Replace("a/f", "a/g", StringComparison.Ordinal).Replace("b/f", "b/g", StringComparison.Ordinal))).Parts);
        Assert.Equal(("g", "f"), (renamed.Of?.Text, renamed.Was?.Text));
    }

    [Fact]
    public void Likeness_is_the_share_of_changed_lines_in_common()
    {
        Assert.Equal(1, PatchComparison.Likeness(Make.Patch(Plain), Make.Patch(Plain.Replace("Subject: s", "Subject: t", StringComparison.Ordinal))));
        Assert.Equal(1 / 3.0, PatchComparison.Likeness(Make.Patch(Plain), Make.Patch(Plain.Replace("+two", "+zwei", StringComparison.Ordinal))));
        Assert.Equal(0, PatchComparison.Likeness(Make.Patch("no diff\n"), Make.Patch("none either\n")));
    }
}
