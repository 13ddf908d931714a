using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Oracle;

/// <summary>
/// Random trees and changes under names that were ever trouble: what we write, turn round or write anew, git apply and patch make the same
/// tree of; and a damaged patch that ours takes, ours takes as they do.
/// </summary>
public sealed class FuzzedAgainstGitAndPatchTests(ITestOutputHelper output)
{
    [Fact]
    public void What_we_write_turn_round_and_write_anew_both_tools_take_to_the_same_tree()
    {
        Need();
        var budget = new FuzzBudget(seconds: 12);
        var (turned, anew) = (0, 0);
        while (budget.Next(out var seed))
        {
            var change = FuzzSamples.Change(seed);
            AssertMade(seed, "written", change.Patch.ToBytes(), change.Before, change.After);
            if (PatchReverser.Irreversible(change.Patch) is null)
            {
                AssertMade(seed, "turned round", PatchReverser.Reverse(change.Patch).ToBytes(), change.After, change.Before);
                turned++;
            }

            var upstream = MovedOn(change.Before);
            if (PatchApplier.Apply(change.Patch, upstream) is { Tree: { } after })
            {
                AssertMade(seed, "written anew", RefreshPatch.Run(change.Patch, reverse: false, upstream, after), upstream, after);
                anew++;
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{budget.Cases} written, {turned} turned round, {anew} written anew"));
    }

    [Fact]
    public void A_damaged_patch_that_ours_takes_ours_takes_as_the_tools_do()
    {
        Need();
        var budget = new FuzzBudget(seconds: 12);
        var (read, taken) = (0, 0);
        var differences = new List<string>();
        while (differences.Count < 20 && budget.Next(out var seed))
        {
            var change = FuzzSamples.Change(seed);
            var bytes = FuzzSamples.Damaged(change, seed);
            PatchOutcome ours;
            try
            {
                ours = PatchApplier.Apply(Patch.Parse(bytes, "damaged.patch"), change.Before, maxFuzz: 0);
            }
            catch (Failure)
            {
                continue; // Stricter than the tools on purpose; which refusals there are is what testdata/diffs/hostile shows.
            }

            if (ours.Patch.Files.IsEmpty)
            {
                continue; // Text without a diff is nothing to apply, which the tools call an error.
            }

            read++;
            taken += ours.Applies ? 1 : 0;
            var theirs = Theirs.Of(bytes, change.Before);
            var difference = Verdicts.Difference(ours, theirs.Git, theirs.Patch);
            if (difference is not null)
            {
                differences.Add($"PATCHFORGE_FUZZ_SEED={seed}: {difference}\n{Encoding.Latin1.GetString(bytes)}");
            }
        }

        differences.ForEach(output.WriteLine);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{budget.Cases} damaged patches, {read} read, {taken} taken"));
        Assert.Empty(differences);
    }

    private static void Need()
    {
        Tool.GitApply.SkipWhenMissing();
        Tool.GnuPatch.SkipWhenMissing();
    }

    /// <summary>Each file with two lines more at its beginning.</summary>
    private static LayeredTree MovedOn(LayeredTree tree) =>
        tree.Paths().Select(path => tree.Find(path)!) // the tree has just named it
            .Where(file => file.Mode != TreeMode.Link && !file.Content.IsEmpty)
            .Aggregate(tree, (made, file) => made.With(file with { Content = (byte[])[.. "new\nlines\n"u8, .. file.Content.Span] }));

    private static void AssertMade(int seed, string how, byte[] patch, LayeredTree before, LayeredTree after)
    {
        if (patch.Length == 0)
        {
            return;
        }

        var ours = PatchApplier.Apply(Patch.Parse(patch, "made.patch"), before, maxFuzz: 0);
        var theirs = Theirs.Of(patch, before);
        foreach (var (who, tree) in new[] { ("ours", ours.Tree), ("git apply", theirs.Git), ("patch", theirs.Patch) })
        {
            Assert.True(tree is not null && Verdicts.Same(tree, after),
                $"PATCHFORGE_FUZZ_SEED={seed}: {who} {(tree is null ? "refuses" : "makes another tree of")} what was {how}\n{Encoding.Latin1.GetString(patch)}");
        }
    }
}
