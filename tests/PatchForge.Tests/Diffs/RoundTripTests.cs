using CsCheck;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Tests.Diffs;

/// <summary>What goes in comes out: parse and print, diff and apply, apply and reverse.</summary>
public sealed class RoundTripTests
{
    // Few different lines, so that files repeat themselves and hunks have more than one place to go; every
    // kind of line that has ever been mishandled is among them.
    private static readonly string[] Awkward = ["a", "b", "c", "", " ", "\t", "x\r", "\xff\xfe", "-- ", "-- a", "++ b", "@@ -1 +1 @@", "\\ x"];

    private static readonly Gen<string> Lines = Gen.Int[0, Awkward.Length - 1].Select(at => Awkward[at]);

    private static readonly Gen<string> Content =
        Gen.Select(Lines.List[0, 40], Gen.Bool, (lines, ends) => string.Join('\n', lines) + (ends && lines.Count > 0 ? "\n" : ""));

    private static readonly Gen<(string Before, string After)> Edited =
        Gen.Select(Lines.List[0, 60], Gen.Select(Gen.Int[0, 59], Lines, Gen.Int[0, 2]).List[0, 8], Gen.Bool, Gen.Bool, (lines, edits, ends, still) =>
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

            return (Join(lines, ends), Join(after, still));

            static string Join(List<string> lines, bool ends) => string.Join('\n', lines) + (ends && lines.Count > 0 ? "\n" : "");
        });

    private static readonly Gen<(LayeredTree Before, LayeredTree After)> Trees =
        Gen.Select(Edited, Content, Content, Gen.Bool, Gen.Bool, (edited, deleted, created, run, ran) => (
            Make.Tree(("d/deleted", deleted)).With(Make.File("a file", edited.Before, run ? TreeMode.Executable : TreeMode.Regular)),
            Make.Tree(("d/cr\u00e9\"ated", created)).With(Make.File("a file", edited.After, ran ? TreeMode.Executable : TreeMode.Regular))));

    private static Patch Diff(LayeredTree before, LayeredTree after) =>
        new("made.patch", 1, [], PatchMaker.Diff(before, after, before.Paths().Concat(after.Paths())), []);

    [Fact]
    public void Applying_a_diff_of_two_trees_to_the_first_gives_the_second() =>
        Trees.Sample(trees =>
        {
            var outcome = PatchApplier.Apply(Diff(trees.Before, trees.After), trees.Before);

            Assert.True(outcome.Proves);
            Assert.All(outcome.Hunks, hunk => Assert.IsType<HunkOutcome.Clean>(hunk));
            AssertSame(trees.After, outcome.Tree!);
        });

    [Fact]
    public void Writing_a_diff_and_reading_it_again_changes_nothing() =>
        Trees.Sample(trees =>
        {
            var made = Diff(trees.Before, trees.After);
            var read = Patch.Parse(made.ToBytes(), "made.patch");

            Assert.Equal(made.Text(), read.Text());
            Assert.Equal(made.Files.Select(file => (file.Change, file.Hunks.Length)), read.Files.Select(file => (file.Change, file.Hunks.Length)));
            AssertSame(trees.After, PatchApplier.Apply(read, trees.Before).Tree!);
        });

    [Fact]
    public void The_reverse_undoes_and_reverses_back() =>
        Trees.Sample(trees =>
        {
            var patch = Diff(trees.Before, trees.After);
            var reverse = Patch.Parse(PatchReverser.Reverse(patch).ToBytes(), "reverse.patch");

            AssertSame(trees.Before, PatchApplier.Apply(reverse, trees.After).Tree!);
            AssertSame(trees.After, PatchApplier.Apply(PatchReverser.Reverse(reverse), trees.Before).Tree!);
        });

    [Fact]
    public void A_damaged_patch_is_read_without_loss_or_refused_and_never_crashes() =>
        Gen.Select(Trees, Gen.Select(Gen.Int[0, 4000], Gen.Byte, Gen.Int[0, 3]).List[1, 6]).Sample((trees, damages) =>
        {
            var bytes = Diff(trees.Before, trees.After).ToBytes().ToList();
            foreach (var (place, value, kind) in damages.Where(_ => bytes.Count > 0))
            {
                var at = place % bytes.Count;
                switch (kind)
                {
                    case 0:
                        bytes.RemoveAt(at);
                        break;
                    case 1:
                        bytes.Insert(at, value);
                        break;
                    case 2:
                        bytes[at] = value;
                        break;
                    default:
                        bytes.RemoveRange(at, Math.Min(bytes.Count - at, value));
                        break;
                }
            }

            try
            {
                var patch = Patch.Parse(bytes.ToArray(), "damaged.patch");
                Assert.Equal(bytes, patch.ToBytes());
                PatchApplier.Apply(patch, trees.Before);
            }
            catch (Failure failure)
            {
                Assert.Equal("damaged.patch", failure.At!.File);
                Assert.InRange(failure.At.Line, 1, int.MaxValue);
            }
        }, iter: 20_000);

    private static void AssertSame(LayeredTree wanted, LayeredTree found)
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
