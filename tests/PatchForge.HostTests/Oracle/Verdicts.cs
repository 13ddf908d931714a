using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.HostTests.Oracle;

/// <summary>What the tools made of a patch on a tree; null for one that refused.</summary>
/// <param name="Patch">With no fuzz.</param>
/// <param name="Fuzzy">With the fuzz that patch allows when nobody says anything, which is quilt's too.</param>
internal sealed record Theirs(LayeredTree? Git, LayeredTree? Patch, LayeredTree? Fuzzy)
{
    public static Theirs Of(byte[] patch, ITree tree, int strip = 1, bool reverse = false)
    {
        string[] round = reverse ? ["-R"] : [];
        var git = new Tool("git", ["apply", $"-p{strip}", "--whitespace=nowarn", .. round, "-"]).Apply(patch, tree);
        string[] options = [$"-p{strip}", "-f", "-s", "--no-backup-if-mismatch", "-r", "-", .. round];
        var strict = new Tool("patch", ["-F0", .. options]).Apply(patch, tree);
        return new Theirs(git, strict, strict ?? new Tool("patch", options).Apply(patch, tree));
    }
}

/// <summary>Ours against theirs: where the tools agree we agree, and where they differ nothing is applied that one of them would not make.</summary>
internal static class Verdicts
{
    /// <summary>Null when ours is as it should be; else a sentence.</summary>
    /// <param name="ours">With no fuzz looked for.</param>
    public static string? Difference(PatchOutcome ours, LayeredTree? git, LayeredTree? patch)
    {
        if (git is not null && patch is not null && !Same(git, patch))
        {
            // Headers that contradict themselves are read as git reads them; where a hunk goes is never taken from one tool alone.
            return ours.Tree is null || (Same(git, ours.Tree) && ours.Hunks.All(hunk => hunk is HunkOutcome.Clean)) ? null : "the tools make different trees of it, and ours makes one";
        }

        if ((git ?? patch) is not { } theirs)
        {
            return ours.Tree is null ? null : "only ours applies it";
        }

        // Where git apply refuses, patch puts a hunk without context wherever its number says, and glues the
        // next line to a last line that was made to lack its line feed. Neither is worth being equal to.
        if (git is null && ours.Hunks.OfType<HunkOutcome.Conflict>().Any(conflict => conflict.Why is ConflictReason.NoContext or ConflictReason.NotAtEnd))
        {
            return null;
        }

        // patch alone passes over parts of a patch: a rename or a mode of a file that is not there, a link in the place of a file.
        if (git is null && ours.Files.Any(file => file.State is FileState.Conflict))
        {
            return null;
        }

        // A file made or renamed twice by one patch: the second part says what is no longer so, and only the tools go on.
        if (ours.Tree is null && ours.Patch.Files.GroupBy(file => file.Change.Path).Any(files => files.Count() > 1))
        {
            return null;
        }

        // Where patch refuses, git apply 2.39 takes a last line without line feed for one with, and loses
        // the feed: "a" and "more" come out as "amore".
        if (patch is null && ours.Tree is null && ours.Patch.Files.SelectMany(file => file.Hunks).Any(hunk => hunk.Lines.Any(line => line.InOld && !line.Marker.IsEmpty)))
        {
            return null;
        }

        var who = git is null ? "patch" : patch is null ? "git apply" : "both";
        return ours.Tree is null ? $"{who} applies it and ours does not: {Why(ours)}"
            : Same(theirs, ours.Tree) ? null
            : $"ours makes another tree than {who}: {Where(theirs, ours.Tree)}";
    }

    /// <summary>The same of what was found with fuzz, where nothing applies without.</summary>
    public static string? FuzzDifference(PatchOutcome ours, LayeredTree? fuzzy) =>
        (ours.Tree, fuzzy) switch
        {
            (null, null) => null,
            ({ } one, { } two) => !Same(one, two) ? $"with fuzz ours makes another tree: {Where(two, one)}" : ours.Fuzz == 0 ? "fuzz that ours does not tell" : null,
            // git apply would put the hunk's lines elsewhere without fuzz, where patch does not look: no place is right (ADR 4).
            (null, _) when ours.Hunks.OfType<HunkOutcome.Conflict>().Any(conflict => conflict.Why is ConflictReason.Misordered or ConflictReason.Ambiguous) => null,
            (null, _) => $"patch finds fuzz and ours does not: {Why(ours)}",
            _ => "only ours finds fuzz",
        };

    public static bool Same(ITree one, ITree two) =>
        one.Paths().SequenceEqual(two.Paths()) && one.Paths().All(path => Same(one.Find(path), two.Find(path)));

    public static bool Same(TreeFile? one, TreeFile? two) =>
        one is null || two is null ? one is null && two is null : one.Mode == two.Mode && one.Content.Span.SequenceEqual(two.Content.Span);

    public static string Why(PatchOutcome ours) =>
        string.Join("; ", ours.Files.Where(file => !file.Applies).Select(file => $"{file.Path}: " + (file.State is FileState.Conflict whole ? whole.Sentence
            : file.State is FileState.AlreadyApplied ? "there already"
            : string.Join(", ", file.Hunks.Select(Told).Where(said => said is not null)))));

    private static string? Told(HunkOutcome hunk) => hunk switch
    {
        HunkOutcome.Conflict conflict => $"hunk at {hunk.Hunk.OldStart}: {conflict.Why}, {conflict.Sentence}",
        HunkOutcome.AlreadyApplied => $"hunk at {hunk.Hunk.OldStart}: there already",
        _ => null,
    };

    private static string Where(LayeredTree theirs, LayeredTree ours) =>
        string.Join(", ", theirs.Paths().Union(ours.Paths()).Where(path => !Same(theirs.Find(path), ours.Find(path)))
            .Select(path => $"{path} ({theirs.Find(path)?.Mode.ToString() ?? "none"}, ours {ours.Find(path)?.Mode.ToString() ?? "none"})"));
}
