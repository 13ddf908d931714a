using System.Text;
using CsCheck;
using PatchForge.Diffs;

namespace PatchForge.Tests.Diffs;

public sealed class ThreeWayTests
{
    private static readonly MergeLabels Labels = new("ours", "base", "theirs");

    private static LineMerge Merge(string ancestor, string ours, string theirs) =>
        ThreeWay.Merge(Encoding.Latin1.GetBytes(ancestor), Encoding.Latin1.GetBytes(ours), Encoding.Latin1.GetBytes(theirs));

    private static string Text(LineMerge merge) => Encoding.Latin1.GetString(merge.ToBytes(Labels));

    [Theory]
    [InlineData("1\n2\n3\n4\n5\n", "1\nB\n3\n4\n5\n", "1\n2\n3\nD\n5\n", "1\nB\n3\nD\n5\n")]
    [InlineData("1\n2\n3\n", "1\n2\n3\n", "1\nx\n2\n3\n", "1\nx\n2\n3\n")]
    [InlineData("1\n2\n3\n", "2\n3\n", "1\n2\n", "2\n")]
    [InlineData("1\n2\n3\n", "1\nsame\n3\n", "1\nsame\n3\n", "1\nsame\n3\n")]
    [InlineData("", "a\n", "a\n", "a\n")]
    [InlineData("1\n2\n3", "0\n1\n2\n3", "1\n2\n3\n", "0\n1\n2\n3\n")]
    [InlineData("1\r\n2\r\n3\r\n", "1\r\n2\r\n3\r\n4\r\n", "0\r\n1\r\n2\r\n3\r\n", "0\r\n1\r\n2\r\n3\r\n4\r\n")]
    public void What_one_side_changed_is_taken_and_what_both_changed_alike_once(string ancestor, string ours, string theirs, string merged)
    {
        var merge = Merge(ancestor, ours, theirs);

        Assert.True(merge.IsClean);
        Assert.Equal(merged, Text(merge));
    }

    [Theory]
    [InlineData("1\n2\n3\n", "1\nB\n3\n", "1\nb\n3\n", "1\n<<<<<<< ours\nB\n||||||| base\n2\n=======\nb\n>>>>>>> theirs\n3\n")]
    [InlineData("1\n2\n3\n", "1\n2\nmine\n3\n", "1\n2\nother\n3\n", "1\n2\n<<<<<<< ours\nmine\n||||||| base\n=======\nother\n>>>>>>> theirs\n3\n")]
    [InlineData("1\n2\n3\n4\n", "1\nB\n3\n4\n", "1\n2\nC\n4\n", "1\n<<<<<<< ours\nB\n3\n||||||| base\n2\n3\n=======\n2\nC\n>>>>>>> theirs\n4\n")]
    [InlineData("1\n2\n3\n", "1\n3\n", "1\nb\n3\n", "1\n<<<<<<< ours\n||||||| base\n2\n=======\nb\n>>>>>>> theirs\n3\n")]
    [InlineData("1\n2\n", "1\nsame\nmine\n", "1\nsame\nother\n", "1\nsame\n<<<<<<< ours\nmine\n||||||| base\n2\n=======\nother\n>>>>>>> theirs\n")]
    [InlineData("a", "b", "c", "<<<<<<< ours\nb\n||||||| base\na\n=======\nc\n>>>>>>> theirs\n")]
    [InlineData("a\r\n", "b\r\n", "c\r\n", "<<<<<<< ours\r\nb\r\n||||||| base\r\na\r\n=======\r\nc\r\n>>>>>>> theirs\r\n")]
    [InlineData("a\n", "a\r\n", "A\n", "<<<<<<< ours\r\na\r\n||||||| base\r\na\n=======\r\nA\n>>>>>>> theirs\r\n")]
    public void Changes_of_the_same_lines_or_of_lines_that_touch_conflict(string ancestor, string ours, string theirs, string merged)
    {
        var merge = Merge(ancestor, ours, theirs);

        Assert.Single(merge.Conflicts);
        Assert.Equal(merged, Text(merge));
        Assert.NotEqual(0, MergeMarkers.Find(merge.ToBytes(Labels), Labels));
    }

    [Fact]
    public void A_file_s_own_lines_of_equals_signs_are_no_markers() =>
        Assert.Equal(0, MergeMarkers.Find("title\n=======\n<<<<<<< other\n"u8.ToArray(), Labels));

    [Fact]
    public void One_side_unchanged_gives_the_other_and_the_sides_may_change_places()
    {
        var file = Gen.Int[0, 5].Select(n => n + "\n").Array[0, 12].Select(string.Concat);
        Gen.Select(file, file, file).Sample((ancestor, ours, theirs) =>
        {
            Assert.Equal(ours, Text(Merge(ancestor, ours, ancestor)));
            Assert.Equal(theirs, Text(Merge(ancestor, ancestor, theirs)));
            Assert.Equal(ours, Text(Merge(ancestor, ours, ours)));
            var (one, other) = (Merge(ancestor, ours, theirs), Merge(ancestor, theirs, ours));
            Assert.Equal(one.IsClean, other.IsClean);
            if (one.IsClean)
            {
                Assert.Equal(Text(one), Text(other));
            }
        }, iter: 5000);
    }
}
