using System.Collections.Immutable;
using LibGit2Sharp;
using PatchForge.Seams;

namespace PatchForge.Host.Git;

/// <summary>Repositories with a work tree, made and read through libgit2: no git program, no hook, no filter.</summary>
public sealed class WorkTrees : IGitWorkTrees
{
    internal const string Branch = "refs/heads/series";
    internal const string Release = "refs/heads/release";
    internal const string NotesReference = "refs/patchforge/notes";

    // The committer of what the tool makes itself; .invalid is nobody's (RFC 2606, section 2).
    private const string Name = "patchforge";
    private const string Email = "patchforge@patchforge.invalid";

    public ImmutableArray<string> Make(string folder, IReadOnlyList<NewCommit> commits, Func<IReadOnlyList<string>, IReadOnlyList<GitWrite>> notes)
    {
        using var repository = LocalRepositories.Open(Repository.Init(folder));
        Configure(repository);
        var made = new List<Commit>();
        foreach (var commit in commits)
        {
            var tree = Tree(repository, commit.Writes);
            var author = new Signature(commit.Author.Name, commit.Author.Email, commit.Author.When);
            var committer = new Signature(Name, Email, commits[0].Author.When);
            made.Add(repository.ObjectDatabase.CreateCommit(author, committer, commit.Message, tree, made.TakeLast(1), prettifyMessage: false));
        }

        repository.Refs.Add(Branch, made[^1].Id);
        repository.Refs.UpdateTarget("HEAD", Branch);
        repository.Refs.Add(Release, made[0].Id);
        // As the series' upstream the release is what `git rebase -i` begins at and `git status` counts from (git-branch(1), --set-upstream-to).
        repository.Config.Set("branch.series.remote", ".");
        repository.Config.Set("branch.series.merge", Release);
        repository.Reset(ResetMode.Hard, made[^1]);
        ImmutableArray<string> ids = [.. made.Select(commit => commit.Sha)];
        Note(repository, notes(ids), commits[0].Author.When);
        return ids;
    }

    public IGitWorkTree? Open(string folder)
    {
        if (LocalRepositories.Discover(folder) is not { } found)
        {
            return null;
        }

        var repository = LocalRepositories.Open(found);
        if (repository.Refs[NotesReference] is not null && !repository.Info.IsBare)
        {
            return new WorkTree(repository);
        }

        repository.Dispose();
        return null;
    }

    internal static void Note(Repository repository, IReadOnlyList<GitWrite> notes, DateTimeOffset when)
    {
        var definition = new TreeDefinition();
        foreach (var note in notes)
        {
            definition.Add(note.Path, Blob(repository, note.Content ?? default), (Mode)note.Mode);
        }

        var who = new Signature(Name, Email, when);
        var commit = repository.ObjectDatabase.CreateCommit(
            who, who, "What the series was when this work tree was made; read by patchforge save.\n", repository.ObjectDatabase.CreateTree(definition), [], prettifyMessage: false);
        repository.Refs.Add(NotesReference, commit.Id, allowOverwrite: true);
    }

    /// <summary>Bytes are bytes, whatever a .gitattributes of the source or the user's configuration says (gitattributes(5), info/attributes).</summary>
    private static void Configure(Repository repository)
    {
        var info = Directory.CreateDirectory(Path.Combine(repository.Info.Path, "info")).FullName;
        File.WriteAllText(Path.Combine(info, "attributes"), "* -text -eol -ident -filter -working-tree-encoding\n");
        repository.Config.Set("core.autocrlf", false);
        repository.Config.Set("core.fileMode", true);
        repository.Config.Set("core.symlinks", true);
        // A patch's header may have lines that begin with '#' (git-commit(1), --cleanup).
        repository.Config.Set("commit.cleanup", "scissors");
    }

    /// <summary>The index with the writes done to it, as a tree: the index keeps no empty folder, as git does.</summary>
    private static Tree Tree(Repository repository, IEnumerable<GitWrite> writes)
    {
        foreach (var write in writes)
        {
            if (write.Content is { } content)
            {
                repository.Index.Add(Blob(repository, content), write.Path, (Mode)write.Mode);
            }
            else
            {
                repository.Index.Remove(write.Path);
            }
        }

        return repository.Index.WriteToTree();
    }

    private static Blob Blob(Repository repository, ReadOnlyMemory<byte> content)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        return repository.ObjectDatabase.CreateBlob(stream);
    }
}
