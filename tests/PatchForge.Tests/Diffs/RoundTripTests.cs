using CsCheck;
using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Tests.Diffs;

/// <summary>What goes in comes out: parse and print, diff and apply, apply and reverse.</summary>
public sealed class RoundTripTests
{
    [Fact]
    public void Applying_a_diff_of_two_trees_to_the_first_gives_the_second() =>
        Generated.Trees.Sample(trees =>
        {
            var outcome = PatchApplier.Apply(Make.Diff(trees.Before, trees.After), trees.Before);

            Assert.True(outcome.Proves);
            Assert.All(outcome.Hunks, hunk => Assert.IsType<HunkOutcome.Clean>(hunk));
            Make.AssertSame(trees.After, outcome.Tree!);
        });

    [Fact]
    public void Writing_a_diff_and_reading_it_again_changes_nothing() =>
        Generated.Trees.Sample(trees =>
        {
            var made = Make.Diff(trees.Before, trees.After);
            var read = Patch.Parse(made.ToBytes(), "made.patch");

            Assert.Equal(made.Text(), read.Text());
            Assert.Equal(made.Files.Select(file => (file.Change, file.Hunks.Length)), read.Files.Select(file => (file.Change, file.Hunks.Length)));
            Make.AssertSame(trees.After, PatchApplier.Apply(read, trees.Before).Tree!);
        });

    [Fact]
    public void The_reverse_undoes_and_reverses_back() =>
        Generated.Trees.Sample(trees =>
        {
            var patch = Make.Diff(trees.Before, trees.After);
            var reverse = Patch.Parse(PatchReverser.Reverse(patch).ToBytes(), "reverse.patch");

            Make.AssertSame(trees.Before, PatchApplier.Apply(reverse, trees.After).Tree!);
            Make.AssertSame(trees.After, PatchApplier.Apply(PatchReverser.Reverse(reverse), trees.Before).Tree!);
        });

    [Fact]
    public void A_damaged_patch_is_read_without_loss_or_refused_and_never_crashes() =>
        Gen.Select(Generated.Trees, Gen.Select(Gen.Int[0, 4000], Gen.Byte, Gen.Int[0, 3]).List[1, 6]).Sample((trees, damages) =>
        {
            var bytes = Make.Diff(trees.Before, trees.After).ToBytes().ToList();
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
        }, iter: 5_000);
}
