using LibGit2Sharp;
using PatchForge.Seams;

namespace PatchForge.Host.Git;

/// <summary>Local clones, read through libgit2. No network, no hooks, no configuration of the repository is acted on.</summary>
public sealed class LocalRepositories : IGitRepositories
{
    public bool IsRepository(string folder) => Directory.Exists(folder) && Repository.IsValid(folder);

    public IGitSnapshot? OpenTag(string repository, string tag)
    {
        var open = Open(repository);
        try
        {
            // A tag's target may be a tag again (git-tag(1), "annotated"); Peel goes on until the commit.
            var commit = open.Tags[tag]?.Target.Peel<Commit>();
            if (commit is not null)
            {
                return new Snapshot(open, commit, owns: true);
            }

            open.Dispose();
            return null;
        }
        catch (LibGit2SharpException wrong)
        {
            open.Dispose();
            throw Failure.Refused($"the tag {tag} of {repository} cannot be read: {wrong.Message}", $"see what git says: git -C {repository} show {tag}", cause: wrong);
        }
    }

    public IGitSnapshot? OpenRevision(string folder, string revision, out string below)
    {
        below = "";
        if (Discover(folder) is not { } found)
        {
            return null;
        }

        var open = Open(found);
        var commit = Resolve(open, revision);
        if (commit is null || open.Info.WorkingDirectory is not { } top)
        {
            open.Dispose();
            return null;
        }

        below = Path.GetRelativePath(top, Path.GetFullPath(folder)) is var path and not "." ? path : "";
        return new Snapshot(open, commit, owns: true);
    }

    public IGitHistory OpenHistory(string repository) => new History(Open(repository));

    /// <summary>
    /// The nearest folder, this one or one above it, that is a work tree or a bare repository; null for none. libgit2 looks for
    /// itself, but answers in a buffer that does not come back to a tool of machine code (docs/adr/0027).
    /// </summary>
    internal static string? Discover(string folder)
    {
        for (var at = Path.GetFullPath(folder); at is not null; at = Path.GetDirectoryName(at))
        {
            // gitrepository-layout(5): a work tree has .git, a folder or a file that names one; a bare repository has these three.
            if (Path.Exists(Path.Combine(at, ".git"))
                || (File.Exists(Path.Combine(at, "HEAD")) && Directory.Exists(Path.Combine(at, "objects")) && Directory.Exists(Path.Combine(at, "refs"))))
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>Null for what names no commit, also for what cannot be a revision at all.</summary>
    internal static Commit? Resolve(Repository repository, string revision)
    {
        try
        {
            return repository.Lookup<GitObject>(revision)?.Peel<Commit>();
        }
        catch (LibGit2SharpException)
        {
            return null;
        }
    }

    internal static Repository Open(string repository)
    {
        try
        {
            return new Repository(repository);
        }
        catch (RepositoryNotFoundException wrong)
        {
            throw Failure.Missing($"{repository} is not a git repository", "name a clone, or a folder that holds clones, with --git DIR", cause: wrong);
        }
        catch (TypeInitializationException wrong)
        {
            // The library's static constructor loads the native one.
            throw Failure.Missing(
                $"libgit2 cannot be loaded: {Innermost(wrong).Message}", "the published folder must hold libgit2-*.so beside the program; publish it again", cause: wrong);
        }
        catch (LibGit2SharpException wrong) when (wrong.Message.Contains("owned by", StringComparison.Ordinal) || wrong.Message.Contains("owner", StringComparison.Ordinal))
        {
            // git-config(1), safe.directory: a repository of another user is not opened unasked.
            throw Failure.Refused(
                $"{repository} belongs to another user, and git does not trust it",
                $"if you do: git config --global --add safe.directory {Path.GetFullPath(repository)}",
                cause: wrong);
        }
        catch (LibGit2SharpException wrong)
        {
            throw Failure.Refused($"{repository} cannot be opened: {wrong.Message}", $"see what git says: git -C {repository} status", cause: wrong);
        }
    }

    private static Exception Innermost(Exception wrong) => wrong.InnerException is { } inner ? Innermost(inner) : wrong;
}
