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
}
