using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>What becomes of a commit's patch.</summary>
/// <param name="What">unchanged, header (the message or the author), changed (the diffs) or new.</param>
/// <param name="Bytes">The text of its file.</param>
internal sealed record PlannedSave(PatchName Name, GitCommit Commit, string What, ReadOnlyMemory<byte> Bytes, bool IsNamed);

/// <summary>
/// Works out what the patch files of a work tree shall be. A patch whose text still makes its commit of the commit
/// before, be it at other lines, keeps its diffs byte for byte; a header whose message still says the same keeps its bytes.
/// </summary>
internal sealed class SavePlan(EditNotes notes, Func<string, ITree> treeOf, IReadOnlySet<PatchName> taken)
{
    private readonly Dictionary<PatchName, LoadedPatch> _known = notes.Committed.ToDictionary(patch => patch.Name);
    private readonly Dictionary<PatchName, PatchName> _squashed = [];

    /// <summary>Patches whose commits were squashed into another patch's.</summary>
    public IReadOnlyDictionary<PatchName, PatchName> Squashed => _squashed;

    /// <exception cref="Failure">Refused, naming the commit: a merge, a binary file, a generated patch that was changed, a commit of nothing.</exception>
    public ImmutableArray<PlannedSave> Of(ImmutableArray<GitCommit> commits)
    {
        var named = Named(commits);
        var used = named.Values.Concat(notes.Series.Patches.Select(patch => patch.Name)).Concat(taken).ToHashSet();
        var plan = ImmutableArray.CreateBuilder<PlannedSave>();
        for (var i = 0; i < commits.Length; i++)
        {
            var commit = commits[i];
            Refuse(commit);
            var isNamed = named.TryGetValue(commit.Id, out var name);
            if (!isNamed)
            {
                var after = commits.Skip(i + 1).Where(other => named.ContainsKey(other.Id)).Select(other => (PatchName?)named[other.Id]).FirstOrDefault();
                name = PatchNaming.ForSubject(commit.Subject, plan.Count == 0 ? null : plan[^1].Name, after, used);
                used.Add(name);
            }

            plan.Add(_known.TryGetValue(name, out var loaded) ? Existing(commit, loaded) : New(commit, name, isNamed));
        }

        return plan.ToImmutable();
    }

    /// <summary>The patch of each commit that says one. The first commit of a name keeps it: what was split off is new.</summary>
    private Dictionary<string, PatchName> Named(ImmutableArray<GitCommit> commits)
    {
        var named = new Dictionary<string, PatchName>(StringComparer.Ordinal);
        var claimed = new HashSet<PatchName>();
        foreach (var commit in commits)
        {
            _ = PatchMessage.OfCommit(commit, out var trailers);
            var names = trailers.Select(text => PatchName.Parse(text, new FileLocation($"commit {commit.Name}"))).Where(claimed.Add).ToList();
            if (names.Count > 0)
            {
                named[commit.Id] = names[0];
            }

            foreach (var more in names.Skip(1))
            {
                _squashed[more] = names[0];
            }
        }

        return named;
    }

    private static void Refuse(GitCommit commit)
    {
        if (commit.Parents.Length != 1)
        {
            throw Failure.Refused($"the commit {commit.Name} is a merge, and a series is a line of commits", "make it one: git rebase, which leaves merges out");
        }

        if (commit.Subject.Split(' ')[0] is "fixup!" or "squash!" or "amend!")
        {
            throw Failure.Refused($"the commit {commit.Name} waits to be squashed", "do it first: git rebase -i --autosquash");
        }

        foreach (var change in commit.Changes.Where(change => change.Mode != 0 && !Enum.IsDefined((TreeMode)change.Mode)))
        {
            throw Failure.Refused($"the commit {commit.Name} has '{change.Path}' as a submodule, which no patch carries", "take it out of the commit");
        }
    }

    private PlannedSave Existing(GitCommit commit, LoadedPatch loaded)
    {
        var (before, after) = (treeOf(commit.Parents[0]), treeOf(commit.Id));
        var said = PatchMessage.Of(loaded.Patch, loaded.Name);
        var says = Author(PatchMessage.OfCommit(commit, out _), said);
        var keeps = Keeps(loaded, before, after, commit);
        if (loaded.Plan.Generated)
        {
            return keeps && said.SaysTheSame(says)
                ? new PlannedSave(loaded.Name, commit, "unchanged", loaded.Bytes, true)
                : throw Failure.Refused(
                    $"the commit {commit.Name} changes {loaded.Name}, which is generated from our own sources and would be written over",
                    $"{Source(loaded)}; change the files there, and give this commit back what edit made: git rebase -i {notes.Base[..10]}");
        }

        RefuseNothing(commit, before, after, mayBeEmpty: keeps);
        var header = HeaderWriter.Rewrite(loaded.Patch.Header, said, says, freshDiffs: !keeps);
        var entry = loaded.Plan.Entry;
        var strip = Math.Min(entry.Strip, 1);
        var patch = keeps ? loaded.Patch with { Header = header }
            : loaded.Patch with { Header = header, Strip = strip, Files = CommitDiffs.Of(commit, loaded, before, after, strip) };
        var bytes = patch.ToBytes();
        CommitDiffs.Check(bytes, patch, entry, commit, before, after);
        return new PlannedSave(loaded.Name, commit, !keeps ? "changed" : bytes.AsSpan().SequenceEqual(loaded.Bytes.Span) ? "unchanged" : "header", bytes, true);
    }

    private PlannedSave New(GitCommit commit, PatchName name, bool isNamed)
    {
        var (before, after) = (treeOf(commit.Parents[0]), treeOf(commit.Id));
        RefuseNothing(commit, before, after, mayBeEmpty: false);
        var patch = new Patch($"{notes.Series.Folder}/{name}", 1, HeaderWriter.New(PatchMessage.OfCommit(commit, out _)), CommitDiffs.Of(commit, null, before, after, 1), []);
        var bytes = patch.ToBytes();
        CommitDiffs.Check(bytes, patch, new SeriesEntry(name, 1, false, new FileLocation(notes.Series.File.File)), commit, before, after);
        return new PlannedSave(name, commit, "new", bytes, isNamed);
    }

    private static void RefuseNothing(GitCommit commit, ITree before, ITree after, bool mayBeEmpty)
    {
        if (commit.Changes.IsEmpty && !mayBeEmpty)
        {
            throw Failure.Refused($"the commit {commit.Name} changes nothing, and would be a patch without a diff", "drop it: git rebase -i");
        }

        foreach (var change in commit.Changes)
        {
            var path = TreePath.Parse(change.Path, new FileLocation($"commit {commit.Name}"));
            if (new[] { before.Find(TreePath.Parse(change.From)), after.Find(path) }.Any(file => file is not null && file.Content.Span.Contains((byte)0)))
            {
                throw Failure.Refused($"the commit {commit.Name} changes '{change.Path}', a binary file, which a patch of text cannot carry", "take it out of the commit and ship it another way");
            }
        }
    }

    /// <summary>The author and date count only where they are not those that stand for "nobody said".</summary>
    private PatchMessage Author(PatchMessage says, PatchMessage said) => says with
    {
        Author = said.Author is null && says.Author == EditNotes.NoAuthor ? null : says.Author,
        Date = says.Date == (said.Date ?? notes.When) ? said.Date : says.Date,
    };

    private static bool Keeps(LoadedPatch loaded, ITree before, ITree after, GitCommit commit)
    {
        var applied = loaded.Plan.Entry.Reverse ? PatchReverser.Reverse(loaded.Patch) : loaded.Patch;
        var outcome = PatchApplier.Apply(applied, before, maxFuzz: 0);
        if (commit.Changes.IsEmpty && !outcome.Applies)
        {
            // What upstream has already makes an empty commit; dropping it is another command's.
            return PatchReverser.Irreversible(applied) is null && PatchApplier.Apply(PatchReverser.Reverse(applied), before, maxFuzz: 0).Proves;
        }

        return outcome.Tree is { } made
            && outcome.Files.SelectMany(file => TouchedPaths.Of(file.Diff.Change))
                .Concat(commit.Changes.SelectMany(change => new[] { change.Path, change.From }).Select(path => TreePath.Parse(path)))
                .All(path => TouchedPaths.Same(made.Find(path), after.Find(path)));
    }

    private static string Source(LoadedPatch loaded) =>
        loaded.Patch.Header is [var first, ..] && first.ToString() is var text && text.Contains(" from ", StringComparison.Ordinal) ? text.TrimStart('#', ' ') : "its sources are ours";
}
