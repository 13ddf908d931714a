using System.Collections.Immutable;
using LibGit2Sharp;
using PatchForge.Seams;

namespace PatchForge.Host.Git;

/// <summary>A repository that <see cref="WorkTrees.Make"/> made and a person worked in.</summary>
internal sealed class WorkTree(Repository repository) : IGitWorkTree
{
    // Nobody's series is longer; a walk that meets it has lost its way.
    private const int Longest = 10_000;

    public string Folder => Path.TrimEndingDirectorySeparator(repository.Info.WorkingDirectory);

    public string? UnderWay => repository.Info.CurrentOperation is not CurrentOperation.None and var operation ? operation.ToString() : null;

    public ImmutableArray<string> Dirty() =>
    [
        .. repository.RetrieveStatus(new StatusOptions { IncludeUntracked = true, RecurseUntrackedDirs = false, IncludeIgnored = false })
            .Where(entry => entry.State is not (FileStatus.Unaltered or FileStatus.Ignored))
            .Select(entry => entry.FilePath)
            .Order(StringComparer.Ordinal),
    ];

    public ImmutableArray<GitCommit>? Since(string from)
    {
        var commits = new List<GitCommit>();
        for (var at = repository.Head.Tip; at is not null && commits.Count < Longest; at = at.Parents.FirstOrDefault())
        {
            if (at.Sha == from)
            {
                commits.Reverse();
                return [.. commits];
            }

            commits.Add(Read(at));
        }

        return null;
    }

    public void Reword(string from, IReadOnlyDictionary<string, string> messages)
    {
        var parent = Find(from);
        foreach (var id in (Since(from) ?? []).Select(commit => commit.Id))
        {
            var commit = Find(id);
            parent = messages.TryGetValue(id, out var message) || commit.Parents.First().Sha != parent.Sha
                ? repository.ObjectDatabase.CreateCommit(commit.Author, commit.Committer, message ?? commit.Message, commit.Tree, [parent], prettifyMessage: false)
                : commit;
        }

        repository.Refs.UpdateTarget(repository.Refs.Head.ResolveToDirectReference(), parent.Id, "patchforge save: the commits' patches named");
    }

    public IGitSnapshot Snapshot(string commit) => new Snapshot(repository, Find(commit), owns: false);

    public IGitSnapshot Notes() => Snapshot(repository.Refs[WorkTrees.NotesReference].ResolveToDirectReference().TargetIdentifier);

    public void Note(IReadOnlyList<GitWrite> notes) =>
        WorkTrees.Note(repository, notes, Find(repository.Refs[WorkTrees.NotesReference].ResolveToDirectReference().TargetIdentifier).Author.When);

    public void Dispose() => repository.Dispose();

    private Commit Find(string id) => repository.Lookup<Commit>(id)
        ?? throw Failure.Refused($"the commit {id} is not in {Folder}", "was the history pruned? make the work tree anew with patchforge edit");

    private GitCommit Read(Commit commit)
    {
        ImmutableArray<string> parents = [.. commit.Parents.Select(parent => parent.Sha)];
        return new GitCommit(
            commit.Sha, commit.Message, new GitAuthor(commit.Author.Name, commit.Author.Email, commit.Author.When), parents, parents.Length == 1 ? Changes(commit) : []);
    }

    private ImmutableArray<GitChange> Changes(Commit commit)
    {
        var options = new CompareOptions { Similarity = SimilarityOptions.Renames };
        using var changes = repository.Diff.Compare<TreeChanges>(commit.Parents.First().Tree, commit.Tree, options);
        return
        [
            .. changes
                .Select(change => new GitChange(
                    change.Path,
                    change.Status == ChangeKind.Renamed ? change.OldPath : change.Path,
                    change.Status == ChangeKind.Deleted ? 0 : (int)change.Mode))
                .OrderBy(change => change.Path, StringComparer.Ordinal),
        ];
    }
}
