using CsCheck;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

/// <summary>Random files and trees for property and oracle tests.</summary>
internal static class Generated
{
    // Few different lines, so that files repeat themselves and hunks have more than one place to go; every
    // kind of line that has ever been mishandled is among them.
    private static readonly string[] Awkward = ["a", "b", "c", "", " ", "\t", "x\r", "\xff\xfe", "-- ", "-- a", "++ b", "@@ -1 +1 @@", "\\ x"];

    private static readonly Gen<string> Lines = Gen.Int[0, Awkward.Length - 1].Select(at => Awkward[at]);

    public static readonly Gen<string> Content =
        Gen.Select(Lines.List[0, 40], Gen.Bool, (lines, ends) => string.Join('\n', lines) + (ends && lines.Count > 0 ? "\n" : ""));

    private static readonly Gen<List<(int At, string Line, int Kind)>> Edits =
        Gen.Select(Gen.Int[0, 59], Lines, Gen.Int[0, 2]).List[0, 8];

    public static readonly Gen<(string Before, string After)> Edited =
        Gen.Select(Lines.List[0, 60], Edits, Gen.Bool, Gen.Bool, (lines, edits, ends, still) =>
            (Join(lines, ends), Join(Edit(lines, edits), still)));

    /// <summary>A file, what the patch makes of it, and the same file moved on by somebody else.</summary>
    public static readonly Gen<(string Before, string After, string Upstream)> Forked =
        Gen.Select(Lines.List[0, 60], Edits, Edits, Gen.Bool, Gen.Bool, Gen.Bool, (lines, edits, others, ends, still, also) =>
            (Join(lines, ends), Join(Edit(lines, edits), still), Join(Edit(lines, others), also)));

    public static readonly Gen<(LayeredTree Before, LayeredTree After)> Trees =
        Gen.Select(Edited, Content, Content, Gen.Bool, Gen.Bool, (edited, deleted, created, run, ran) => (
            Make.Tree(("d/deleted", deleted)).With(Make.File("a file", edited.Before, run ? TreeMode.Executable : TreeMode.Regular)),
            Make.Tree(("d/cr\u00e9\"ated", created)).With(Make.File("a file", edited.After, ran ? TreeMode.Executable : TreeMode.Regular))));

    private static List<string> Edit(List<string> lines, List<(int At, string Line, int Kind)> edits)
    {
        var after = new List<string>(lines);
        foreach (var (at, line, kind) in edits)
        {
            switch (kind)
            {
                case 0 when at < after.Count:
                    after.RemoveAt(at);
                    break;
                case 1 when at < after.Count:
                    after[at] = line;
                    break;
                default:
                    after.Insert(Math.Min(at, after.Count), line);
                    break;
            }
        }

        return after;
    }

    private static string Join(List<string> lines, bool ends) => string.Join('\n', lines) + (ends && lines.Count > 0 ? "\n" : "");
}
