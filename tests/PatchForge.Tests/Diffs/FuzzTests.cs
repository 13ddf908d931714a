using System.Diagnostics;
using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Tests.Diffs;

/// <summary>
/// Reader, applier, reverser, writer and header against damaged patches, for a time: nothing but a <see cref="Failure"/> with file and line
/// may come out, nothing may take long, and what is read is written again byte for byte.
/// </summary>
public sealed class FuzzTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    [Fact]
    public void A_damaged_patch_is_refused_or_read_without_loss_and_never_crashes_or_hangs()
    {
        var budget = new FuzzBudget(seconds: 3);
        var read = 0;
        while (budget.Next(out var seed))
        {
            var change = FuzzSamples.Change(seed);
            var bytes = FuzzSamples.Damaged(change, seed);
            var watch = Stopwatch.StartNew();
            try
            {
                read += Try(bytes, change) ? 1 : 0;
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                Assert.Fail($"PATCHFORGE_FUZZ_SEED={seed}: {problem}\n{Encoding.Latin1.GetString(bytes)}");
            }

            Assert.True(watch.Elapsed < s_longest, $"PATCHFORGE_FUZZ_SEED={seed} took {watch.Elapsed}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{budget.Cases} damaged patches, {read} of them read"));
        Assert.True(read > 0 || budget.Cases < 100, "no damaged patch could be read: nothing behind the reader was tried");
    }

    private static bool Try(byte[] bytes, TreeChange change)
    {
        Patch patch;
        try
        {
            patch = Patch.Parse(bytes, "damaged.patch");
        }
        catch (Failure failure)
        {
            AssertLocated(failure);
            return false;
        }

        Assert.Equal(bytes, patch.ToBytes());
        Assert.Equal(patch.ToBytes(), Patch.Parse(patch.ToBytes(), "damaged.patch").ToBytes());
        _ = PatchHeader.Of(patch).Subject;
        foreach (var tree in new[] { change.Before, change.After })
        {
            try
            {
                var outcome = PatchApplier.Apply(patch, tree);
                if (outcome.Tree is { } after && PatchReverser.Irreversible(patch) is null)
                {
                    var reverse = Patch.Parse(PatchReverser.Reverse(patch).ToBytes(), "damaged.patch");
                    var back = PatchApplier.Apply(reverse, after);
                    // Not every patch says which mode a file had.
                    var modeless = patch.Files.Any(file => file.OldMode is null && (file.NewMode is not null ? file.Change is not FileChange.Create : file.Change is FileChange.Delete));
                    if (!modeless && outcome.Proves && back.Proves && outcome.Hunks.Concat(back.Hunks).All(hunk => hunk is HunkOutcome.Clean))
                    {
                        Make.AssertSame(tree, back.Tree!);
                    }
                }
            }
            catch (Failure failure)
            {
                AssertLocated(failure);
            }
        }

        return true;
    }

    private static void AssertLocated(Failure failure)
    {
        Assert.Equal("damaged.patch", failure.At?.File);
        Assert.InRange(failure.At!.Line, 1, int.MaxValue);
    }
}
