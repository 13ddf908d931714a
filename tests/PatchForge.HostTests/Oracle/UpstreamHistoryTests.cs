using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;

namespace PatchForge.HostTests.Oracle;

/// <summary>
/// Every change of a stretch of httpd's own history, as git diff writes it, applied by ours. Needs a clone
/// with the 2.0 tags, named by PATCHFORGE_GIT_HTTPD; nothing of it is kept.
/// </summary>
public sealed class UpstreamHistoryTests(ITestOutputHelper output)
{
    private const int Wanted = 200;

    private static readonly string? Clone = Environment.GetEnvironmentVariable("PATCHFORGE_GIT_HTTPD");

    [Fact]
    public void Each_commit_between_two_releases_applies_and_reverses_to_gits_own_trees()
    {
        Assert.SkipUnless(Directory.Exists(Clone), "PATCHFORGE_GIT_HTTPD does not name a clone of httpd");
        Tool.GitApply.SkipWhenMissing();
        var (applied, binary, hunks) = (0, 0, 0);
        foreach (var commit in Commits(Wanted))
        {
            var bytes = Git("diff", "-M", "-C", commit + "^", commit);
            var (before, after) = Trees(commit);
            try
            {
                var patch = Patch.Parse(bytes, commit);
                Assert.Equal(bytes, patch.ToBytes());
                var outcome = PatchApplier.Apply(patch, before);
                Assert.True(outcome.Proves, $"{commit} does not apply");
                Make.AssertSame(after, outcome.Tree!);
                if (PatchReverser.Irreversible(patch) is null)
                {
                    Make.AssertSame(before, PatchApplier.Apply(PatchReverser.Reverse(patch), after).Tree!);
                }

                var made = Make.Diff(before, after);
                Make.AssertSame(after, PatchApplier.Apply(Patch.Parse(made.ToBytes(), commit), before).Tree!);
                applied++;
                hunks += outcome.Hunks.Count();
            }
            catch (Failure failure) when (failure.Message.Contains("binary", StringComparison.Ordinal) || failure.Message.Contains("NUL", StringComparison.Ordinal))
            {
                binary++;
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{applied} commits with {hunks} hunks applied, {binary} with binary files refused"));
        Assert.InRange(applied, Wanted * 9 / 10, Wanted);
    }

    [Fact]
    public void A_change_taken_to_another_release_goes_where_the_tools_put_it()
    {
        Assert.SkipUnless(Directory.Exists(Clone), "PATCHFORGE_GIT_HTTPD does not name a clone of httpd");
        Tool.GitApply.SkipWhenMissing();
        Tool.GnuPatch.SkipWhenMissing();
        var verdicts = new Dictionary<string, int>();
        foreach (var commit in Commits(Wanted))
        {
            var bytes = Git("diff", commit + "^", commit);
            if (bytes.AsSpan().IndexOf("\nBinary files "u8) >= 0)
            {
                Count("has binary files");
                continue;
            }

            var patch = Patch.Parse(bytes, commit);
            var older = patch.Files.Select(file => file.Change.Path).Distinct()
                .SelectMany(path => Text(Git("ls-tree", "2.0.58", "--", path.Text)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                .Select(entry => entry.Split(' ', '\t'))
                .Where(facts => facts[1] == "blob")
                .Aggregate(new LayeredTree(), (tree, facts) => tree.With(Read(facts[0], facts[2], facts[3])));
            var ours = PatchApplier.Apply(patch, older, maxFuzz: 0);
            AgainstGitAndPatchTests.Compare(ours, Tool.GitApply.Apply(bytes, older), Tool.GnuPatch.Apply(bytes, older));
            Count(!ours.Applies ? "conflicts" : ours.HasOffset ? "applies with offsets" : "applies clean");
        }

        output.WriteLine(string.Join(", ", verdicts.Select(verdict => $"{verdict.Key}: {verdict.Value}")));
        Assert.Equal(Wanted, verdicts.Values.Sum());

        void Count(string verdict) => verdicts[verdict] = verdicts.GetValueOrDefault(verdict) + 1;
    }

    private static IEnumerable<string> Commits(int count) =>
        Text(Git("rev-list", "--reverse", "--no-merges", "2.0.58..2.0.65")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(count);

    /// <summary>The files that a commit touches or copies from, before and after it.</summary>
    private static (LayeredTree Before, LayeredTree After) Trees(string commit)
    {
        var (before, after) = (new LayeredTree(), new LayeredTree());
        foreach (var entry in Text(Git("diff-tree", "-r", "-C", "--no-commit-id", commit + "^", commit)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var halves = entry.Split('\t');
            var facts = halves[0][1..].Split(' ');
            if (facts[4][0] != 'A')
            {
                before = before.With(Read(facts[0], facts[2], halves[1]));
            }

            if (facts[4][0] == 'C' && after.Find(TreePath.Parse(halves[1])) is null)
            {
                after = after.With(Read(facts[0], facts[2], halves[1]));
            }

            if (facts[4][0] != 'D')
            {
                after = after.With(Read(facts[1], facts[3], halves[^1]));
            }
        }

        return (before, after);
    }

    private static TreeFile Read(string mode, string id, string path) =>
        new(TreePath.Parse(path), (TreeMode)Convert.ToInt32(mode, 8), Git("cat-file", "blob", id));

    private static byte[] Git(params string[] arguments) =>
        new Tool("git", arguments).Run(Clone ?? throw new InvalidOperationException("The test has not checked for a clone."), []).Output;

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
