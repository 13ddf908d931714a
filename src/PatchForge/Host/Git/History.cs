using System.Collections.Immutable;
using LibGit2Sharp;
using PatchForge.Seams;

namespace PatchForge.Host.Git;

/// <summary>The history of a local clone, read through libgit2.</summary>
internal sealed class History(Repository repository) : IGitHistory
{
    public string? Resolve(string revision) => LocalRepositories.Resolve(repository, revision)?.Sha;

    public string? Ancestor(string one, string other) => repository.ObjectDatabase.FindMergeBase(Find(one), Find(other))?.Sha;

    public ImmutableArray<(string Commit, bool Touches)> FirstParents(string from, string to, IReadOnlyCollection<string> paths)
    {
        var line = new List<(string, bool)>();
        var at = Find(to);
        var ids = Ids(at, paths);
        while (at.Sha != from && at.Parents.FirstOrDefault() is { } parent)
        {
            var before = Ids(parent, paths);
            line.Add((at.Sha, !ids.SequenceEqual(before)));
            (at, ids) = (parent, before);
        }

        line.Reverse();
        return [.. line];
    }

    public GitCommit Describe(string commit)
    {
        var found = Find(commit);
        return new GitCommit(
            found.Sha, found.Message, new GitAuthor(found.Author.Name, found.Author.Email, found.Author.When), [.. found.Parents.Select(parent => parent.Sha)], []);
    }

    public IGitSnapshot Snapshot(string commit) => new Snapshot(repository, Find(commit), owns: false);

    public void Dispose() => repository.Dispose();

    private Commit Find(string id) => repository.Lookup<Commit>(id)
        ?? throw Failure.Refused($"the commit {id} is not in {repository.Info.Path}", "is the clone shallow or partial? fetch it whole");

    private static List<string> Ids(Commit commit, IReadOnlyCollection<string> paths) =>
        [.. paths.Select(path => commit[path] is { } entry ? $"{entry.Mode} {entry.Target.Sha}" : "")];
}
