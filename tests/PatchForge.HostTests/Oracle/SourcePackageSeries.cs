using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.HostTests.Oracle;

/// <summary>One source package: its series by ours and by the tools, patch by patch and in the states a patch may meet.</summary>
internal sealed class SourcePackageSeries(string name, string folder)
{
    private sealed record Step(string Name, byte[] Bytes, int Strip, Patch Patch, LayeredTree Before, LayeredTree After);

    private readonly List<string> _differences = [];
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<Step> _steps = [];
    private readonly DirectoryTree _upstream = new(folder);

    public string Name => name;

    public IEnumerable<string> Differences => _differences;

    public IReadOnlyDictionary<string, int> Counts => _counts;

    public int Patches => _steps.Count;

    /// <summary>Reads and applies the series by ours alone.</summary>
    public void Apply()
    {
        var tree = new LayeredTree(_upstream);
        foreach (var line in File.ReadLines(Path.Combine(folder, "debian/patches/series")))
        {
            if (line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word[0] != '#').ToArray() is not [var patchName, .. var options])
            {
                continue;
            }

            var strip = options is ["-p0"] ? 0 : 1;
            var bytes = File.ReadAllBytes(Path.Combine(folder, "debian/patches", patchName));
            try
            {
                var patch = Patch.Parse(bytes, patchName, strip);
                if (!patch.ToBytes().AsSpan().SequenceEqual(bytes))
                {
                    Differs(patchName, "written again it is another file");
                }

                var outcome = PatchApplier.Apply(patch, tree);
                Count(outcome.Fuzz > 0 ? "fuzz" : outcome.HasOffset ? "offset" : outcome.Applies ? "clean" : "conflict");
                if (outcome.Tree is not { } after)
                {
                    Differs(patchName, $"it does not apply: {Verdicts.Why(outcome)}");
                    return;
                }

                _steps.Add(new Step(patchName, bytes, strip, patch, tree, after));
                tree = after;
            }
            catch (Failure failure)
            {
                Differs(patchName, $"ours refuses it: {failure.At} {failure.Message}");
                return;
            }
        }
    }

    /// <summary>Every patch where the series has it, turned round behind it, on the bare release, on the finished tree, and with context that moved on.</summary>
    public void CompareEachPatch()
    {
        foreach (var step in _steps)
        {
            var before = Touched(step, step.Before);
            Compare(step, "in its place", before);
            CompareReversed(step);
            foreach (var (where, tree) in new[] { ("on the bare release", Touched(step, new LayeredTree(_upstream))), ("on the finished tree", Touched(step, _steps[^1].After)) })
            {
                if (!Verdicts.Same(tree, before))
                {
                    Compare(step, where, tree);
                }
            }

            Compare(step, "with its first context changed", MovedOn(step, before, hunk => (hunk.Leading, 0)));
            Compare(step, "with its last context changed", MovedOn(step, before, hunk => (hunk.Trailing, hunk.OldCount - 1)));
            CompareRefreshed(step);
        }
    }

    /// <summary>The folder, in which quilt has pushed the series, against the tree that ours made of it.</summary>
    /// <param name="pushed">A copy of the package.</param>
    public void CompareWithQuilt(string pushed, (int ExitCode, string Output) quilt)
    {
        if (quilt.ExitCode != 0)
        {
            Differs("series", "quilt push -a does not get to its end: " + quilt.Output.TrimEnd().Split('\n')[^1]);
            return;
        }

        var theirs = new DirectoryTree(pushed);
        var ours = _steps.Count == 0 ? new LayeredTree(_upstream) : _steps[^1].After;
        var paths = theirs.Paths().Where(path => !path.Text.StartsWith(".pc/", StringComparison.Ordinal)).ToList();
        if (!paths.SequenceEqual(ours.Paths()))
        {
            Differs("series", "quilt leaves other files: " + string.Join(", ", paths.Except(ours.Paths()).Concat(ours.Paths().Except(paths)).Take(5)));
        }

        foreach (var path in paths.Where(path => !Verdicts.Same(theirs.Find(path), ours.Find(path))))
        {
            Differs("series", $"{path} is another file after quilt push -a ({theirs.Find(path)?.Mode}, ours {ours.Find(path)?.Mode})");
        }

        if (quilt.Output.Contains("with fuzz", StringComparison.Ordinal) != _counts.ContainsKey("fuzz"))
        {
            Differs("series", "quilt and ours differ on whether there is fuzz in it");
        }
    }

    private void Compare(Step step, string where, LayeredTree tree)
    {
        var theirs = Theirs.Of(step.Bytes, tree, step.Strip);
        var ours = PatchApplier.Apply(step.Patch, tree, maxFuzz: 0);
        var difference = Verdicts.Difference(ours, theirs.Git, theirs.Patch);
        if (difference is null && ours.Tree is null && theirs is { Git: null, Patch: null })
        {
            difference = Verdicts.FuzzDifference(PatchApplier.Apply(step.Patch, tree), theirs.Fuzzy);
        }

        Count($"{where}: {(ours.Tree is not null ? ours.HasOffset ? "offset" : "clean" : theirs.Git is not null || theirs.Patch is not null ? "one tool only" : theirs.Fuzzy is not null ? "fuzz" : "refused")}");
        if (difference is not null)
        {
            Differs(step.Name, $"{where}: {difference}");
        }
    }

    private void CompareReversed(Step step)
    {
        var after = Touched(step, step.After);
        var theirs = Theirs.Of(step.Bytes, after, step.Strip, reverse: true);
        if (PatchReverser.Irreversible(step.Patch) is null && Verdicts.Difference(PatchApplier.Apply(PatchReverser.Reverse(step.Patch), after, maxFuzz: 0), theirs.Git, theirs.Patch) is { } difference)
        {
            Differs(step.Name, "turned round: " + difference);
        }
    }

    /// <summary>The patch as ours would write it anew: all three have to make the same of it.</summary>
    private void CompareRefreshed(Step step)
    {
        var (before, after) = (Touched(step, step.Before), Touched(step, step.After));
        byte[] made;
        try
        {
            made = new Patch(step.Name, 1, [], PatchMaker.Diff(before, after, before.Paths().Concat(after.Paths())), []).ToBytes();
        }
        catch (Failure failure) when (failure.Message.Contains("NUL", StringComparison.Ordinal))
        {
            Count("written anew: has NUL");
            return;
        }

        var theirs = made.Length == 0 ? new Theirs(before, before, null) : Theirs.Of(made, before);
        if (theirs.Git is not { } git || theirs.Patch is not { } patch || !Verdicts.Same(git, after) || !Verdicts.Same(patch, after))
        {
            Differs(step.Name, "written anew: the tools make another tree of it");
        }
    }

    /// <summary>The files that a patch names, as they are in that tree.</summary>
    private static LayeredTree Touched(Step step, LayeredTree tree) =>
        step.Patch.Files.SelectMany(file => file.Change is FileChange.Rename rename ? [rename.From, rename.Path] : file.Change is FileChange.Copy copy ? new[] { copy.From, copy.Path } : [file.Change.Path])
            .Distinct().Select(tree.Find).OfType<TreeFile>().Aggregate(new LayeredTree(), (made, file) => made.With(file));

    /// <summary>The tree with one line of context of each hunk changed by somebody else.</summary>
    private static LayeredTree MovedOn(Step step, LayeredTree tree, Func<Hunk, (int Context, int Line)> which)
    {
        foreach (var outcome in PatchApplier.Apply(step.Patch, tree).Files.Where(file => file.Diff.Change is FileChange.Edit))
        {
            if (tree.Find(outcome.Path) is not { } file)
            {
                continue;
            }

            var lines = Line.Split(file.Content).ToArray();
            foreach (var hunk in outcome.Hunks)
            {
                var (context, line) = which(hunk.Hunk);
                var at = hunk switch { HunkOutcome.Clean clean => clean.Line, HunkOutcome.Offset offset => offset.Line, _ => 0 } - 1 + line;
                if (context > 0 && at >= 0 && at < lines.Length)
                {
                    lines[at] = new Line(Encoding.Latin1.GetBytes("somebody else's line\n"));
                }
            }

            tree = tree.With(file with { Content = Line.Join(lines) });
        }

        return tree;
    }

    private void Differs(string patch, string sentence) => _differences.Add($"{name}: {patch}: {sentence}");

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}
