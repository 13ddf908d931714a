using System.Collections.Immutable;

namespace PatchForge.Seams;

/// <summary>Who made a commit, and when. Git keeps whole seconds and the offset from UTC in minutes.</summary>
public sealed record GitAuthor(string Name, string Email, DateTimeOffset When);

/// <summary>A file that a new commit has (with content) or has no more (null).</summary>
/// <param name="Path">'/'-separated, checked by whoever made it.</param>
/// <param name="Mode">As in <see cref="GitEntry"/>.</param>
public sealed record GitWrite(string Path, int Mode, ReadOnlyMemory<byte>? Content);

/// <param name="Writes">What changes against the commit before; of the first commit every file.</param>
public sealed record NewCommit(string Message, GitAuthor Author, IEnumerable<GitWrite> Writes);

/// <summary>One file that a commit changes against its parent.</summary>
/// <param name="From">The path it had before, where git takes the change for a rename; else the same path.</param>
/// <param name="Mode">Its mode afterwards; 0 when the commit deletes it.</param>
public sealed record GitChange(string Path, string From, int Mode);

/// <param name="Changes">In path order; empty for a commit of several parents.</param>
public sealed record GitCommit(string Id, string Message, GitAuthor Author, ImmutableArray<string> Parents, ImmutableArray<GitChange> Changes)
{
    /// <summary>The message's first line.</summary>
    public string Subject => Message.Split('\n')[0];

    /// <summary>How messages name it: the id's beginning and the subject.</summary>
    public string Name => $"{Id[..10]} ({Subject})";
}

/// <summary>Git repositories with a work tree that this tool makes and reads again. Programs and hooks of git's are never run.</summary>
public interface IGitWorkTrees
{
    /// <summary>
    /// Makes a repository in <paramref name="folder"/>, with these commits on one branch and the last one's files
    /// written out, byte for byte as given: no attribute in the tree converts anything. The same commits always get
    /// the same ids.
    /// </summary>
    /// <param name="notes">Files kept in the repository beside its history, under <see cref="IGitWorkTree.Notes"/>.</param>
    /// <returns>The commits' ids.</returns>
    ImmutableArray<string> Make(string folder, IReadOnlyList<NewCommit> commits, Func<IReadOnlyList<string>, IReadOnlyList<GitWrite>> notes);

    /// <summary>Opens the repository whose work tree holds <paramref name="folder"/>; null when there is none or it has no notes of ours.</summary>
    /// <exception cref="Failure">Refused, when it cannot be opened or read.</exception>
    IGitWorkTree? Open(string folder);
}

/// <summary>One open repository.</summary>
public interface IGitWorkTree : IDisposable
{
    /// <summary>The work tree's folder.</summary>
    string Folder { get; }

    /// <summary>The subcommand of git that is not finished, such as <c>rebase</c> or <c>merge</c>; null when nothing.</summary>
    string? UnderWay { get; }

    /// <summary>Files that differ from HEAD, are staged or are untracked and not ignored; in path order.</summary>
    ImmutableArray<string> Dirty();

    /// <summary>The commits from the one after <paramref name="from"/> to HEAD by first parents, oldest first; null when HEAD does not come from it.</summary>
    ImmutableArray<GitCommit>? Since(string from);

    /// <summary>
    /// Gives commits between <paramref name="from"/> and HEAD other messages, by their ids. They and those after them
    /// get new ids; files, authors and dates stay, and the work tree is not touched.
    /// </summary>
    void Reword(string from, IReadOnlyDictionary<string, string> messages);

    /// <summary>The files of a commit.</summary>
    IGitSnapshot Snapshot(string commit);

    /// <summary>The files that <see cref="IGitWorkTrees.Make"/> or <see cref="Note"/> left.</summary>
    IGitSnapshot Notes();

    /// <summary>Replaces the notes, all at once.</summary>
    void Note(IReadOnlyList<GitWrite> notes);
}
