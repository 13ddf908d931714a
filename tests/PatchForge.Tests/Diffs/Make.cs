using System.Text;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

/// <summary>Short ways to say a tree and a patch. Text is Latin-1, so that any byte can be written.</summary>
internal static class Make
{
    public static LayeredTree Tree(params (string Path, string Content)[] files) =>
        files.Aggregate(new LayeredTree(), (tree, file) => tree.With(File(file.Path, file.Content)));

    public static TreeFile File(string path, string content, TreeMode mode = TreeMode.Regular) =>
        new(TreePath.Parse(path), mode, Encoding.Latin1.GetBytes(content));

    public static Patch Patch(string text, int strip = 1) =>
        PatchForge.Diffs.Patch.Parse(Encoding.Latin1.GetBytes(text), "test.patch", strip);

    public static string? Text(this ITree tree, string path) =>
        tree.Find(TreePath.Parse(path)) is { } file ? Encoding.Latin1.GetString(file.Content.Span) : null;

    public static string Text(this Patch patch) => Encoding.Latin1.GetString(patch.ToBytes());

    /// <summary>Lines "1" to "count", which are easy to count in a failed assertion.</summary>
    public static string Numbered(int count) => string.Concat(Enumerable.Range(1, count).Select(n => $"{n}\n"));

    public static Patch Diff(LayeredTree before, LayeredTree after) =>
        new("made.patch", 1, [], PatchMaker.Diff(before, after, before.Paths().Concat(after.Paths())), []);

    public static void AssertSame(ITree wanted, ITree found)
    {
        Assert.Equal(wanted.Paths(), found.Paths());
        foreach (var path in wanted.Paths())
        {
            var (one, two) = (wanted.Find(path)!, found.Find(path)!);
            Assert.Equal(one.Mode, two.Mode);
            Assert.Equal(one.Content.ToArray(), two.Content.ToArray());
        }
    }
}
