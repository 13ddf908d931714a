using System.Collections.Immutable;

namespace PatchForge.Seams;

/// <param name="Path">As the tree has it, '/'-separated; it is not checked.</param>
/// <param name="Mode">Git's: 0x81A4 file, 0x81ED executable, 0xA000 link, 0xE000 commit of a submodule.</param>
/// <param name="Id">The blob's object id in hexadecimal.</param>
public sealed record GitEntry(string Path, int Mode, string Id);

/// <summary>The files of one commit. Reading is safe from any thread.</summary>
public interface IGitSnapshot : IDisposable
{
    /// <summary>The commit's object id in hexadecimal.</summary>
    string Commit { get; }

    /// <summary>Every file of the tree, in git's order.</summary>
    ImmutableArray<GitEntry> Entries { get; }

    byte[] Read(string id);
}

/// <summary>The way to local clones of git repositories. They are read only.</summary>
public interface IGitRepositories
{
    /// <summary>Opens a tag's commit; null when the repository has no such tag.</summary>
    /// <param name="repository">A clone with a work tree, or a bare one.</param>
    /// <exception cref="Failure">Refused, when the folder is no repository or is not trusted (git's safe.directory).</exception>
    IGitSnapshot? OpenTag(string repository, string tag);

    /// <summary>Whether the folder is a repository, bare or with a work tree; says nothing about its being readable.</summary>
    bool IsRepository(string folder);

    /// <summary>Opens the commit that a revision names (gitrevisions(7)) in the repository that holds a folder; null when there is none.</summary>
    /// <param name="below">The folder's path below the work tree; empty for the work tree itself.</param>
    IGitSnapshot? OpenRevision(string folder, string revision, out string below);

    /// <summary>Opens a repository to walk its history.</summary>
    /// <exception cref="Failure">Refused, as <see cref="OpenTag"/>.</exception>
    IGitHistory OpenHistory(string repository);
}

/// <summary>The history of a repository.</summary>
public interface IGitHistory : IDisposable
{
    /// <summary>The commit that a revision names (gitrevisions(7)), or null.</summary>
    string? Resolve(string revision);

    /// <summary>The best common ancestor of two commits, or null.</summary>
    string? Ancestor(string one, string other);

    /// <summary>The commits after <paramref name="from"/> up to <paramref name="to"/> by first parents, oldest first.</summary>
    /// <param name="paths">What is asked about each: whether any of these files differs from the first parent's.</param>
    ImmutableArray<(string Commit, bool Touches)> FirstParents(string from, string to, IReadOnlyCollection<string> paths);

    /// <summary>A commit's message, author and parents; its changes are left out.</summary>
    GitCommit Describe(string commit);

    /// <summary>The files of a commit.</summary>
    IGitSnapshot Snapshot(string commit);
}
