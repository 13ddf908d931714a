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

    public string? UnderWay => repository.Info.CurrentOperation switch
    {
        CurrentOperation.None => null,
        CurrentOperation.Rebase or CurrentOperation.RebaseInteractive or CurrentOperation.RebaseMerge => "rebase",
        CurrentOperation.ApplyMailbox or CurrentOperation.ApplyMailboxOrRebase => "am",
        CurrentOperation.CherryPick or CurrentOperation.CherryPickSequence => "cherry-pick",
        CurrentOperation.Revert or CurrentOperation.RevertSequence => "revert",
        CurrentOperation.Merge => "merge",
        var other => other.ToString().ToLowerInvariant(),
    };

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

        Update(() => repository.Refs.UpdateTarget(repository.Refs.Head.ResolveToDirectReference(), parent.Id, "patchforge save: the commits' patches named"));
    }

    public IGitSnapshot Snapshot(string commit) => new Snapshot(repository, Find(commit), owns: false);

    public IGitSnapshot Notes() => Snapshot(repository.Refs[WorkTrees.NotesReference].ResolveToDirectReference().TargetIdentifier);

    public void Note(IReadOnlyList<GitWrite> notes)
    {
        var when = Find(repository.Refs[WorkTrees.NotesReference].ResolveToDirectReference().TargetIdentifier).Author.When;
        Update(() => WorkTrees.Note(repository, notes, when));
    }

    public void Dispose() => repository.Dispose();

    /// <summary>
    /// Moves a reference. A run that was killed while it did so left git's lock beside it, and a mark that says whose
    /// lock that is; without the mark a lock is a git command's at work, and stays.
    /// </summary>
    /// <exception cref="Failure">Refused: git holds the lock.</exception>
    private void Update(Action move)
    {
        var mark = Path.Combine(repository.Info.Path, "patchforge-moves-a-reference");
        if (File.Exists(mark))
        {
            foreach (var name in new[] { repository.Refs.Head.ResolveToDirectReference().CanonicalName, WorkTrees.NotesReference, "HEAD" })
            {
                File.Delete(Path.Combine(repository.Info.Path, name + ".lock"));
            }
        }

        try
        {
            File.WriteAllText(mark, "");
            move();
            File.Delete(mark);
        }
        catch (LockedFileException locked)
        {
            File.Delete(mark);
            throw Failure.Refused($"git is at work in {Folder}: {locked.Message.Trim().TrimEnd(':')}", "wait for it; if none is, it was killed: remove the lock file, and save again", cause: locked);
        }
    }

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
