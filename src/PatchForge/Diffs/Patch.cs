using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>
/// A patch file as data, without loss: <see cref="ToBytes"/> of what <see cref="Parse"/> read is the file again.
/// </summary>
/// <param name="Name">The file's name, for messages.</param>
/// <param name="Strip">How many leading segments of each name are not part of the path: patch(1), -p.</param>
/// <param name="Header">What stands before the first file's own lines: a DEP-3 or mail header, prose.</param>
/// <param name="Trailer">What stands after the last hunk, such as the signature of git format-patch.</param>
public sealed record Patch(
    string Name,
    int Strip,
    ImmutableArray<Line> Header,
    ImmutableArray<FileDiff> Files,
    ImmutableArray<Line> Trailer)
{
    /// <summary>Reads unified diffs (POSIX diff -u) with git's extended headers (git-diff(1), "Generating patch text").</summary>
    /// <exception cref="Failure">
    /// Refused, with file and line: counts that are wrong, CRLF in the structure, a last line of a hunk without
    /// line feed, binary hunks, context and combined diffs, names that leave the tree.
    /// </exception>
    public static Patch Parse(ReadOnlyMemory<byte> bytes, string name, int strip = 1) =>
        new PatchParser(bytes, name, strip).Parse();

    public byte[] ToBytes() => PatchWriter.ToBytes(this);
}

/// <summary>What a file's part of a patch does to the tree.</summary>
/// <param name="Path">The file that is there afterwards, or the one deleted.</param>
public abstract record FileChange(TreePath Path)
{
    public sealed record Edit(TreePath Path) : FileChange(Path);

    public sealed record Create(TreePath Path) : FileChange(Path);

    public sealed record Delete(TreePath Path) : FileChange(Path);

    public sealed record Rename(TreePath From, TreePath Path) : FileChange(Path);

    public sealed record Copy(TreePath From, TreePath Path) : FileChange(Path);
}

/// <summary>One file's part of a patch.</summary>
/// <param name="At">Where it begins in the patch file.</param>
/// <param name="Lead">Every line from the end of the file before it to its first hunk, as it stands.</param>
/// <param name="OldMode">The mode the patch says the file has, when it says one.</param>
/// <param name="NewMode">The mode the patch gives the file, when it gives one.</param>
public sealed record FileDiff(
    FileLocation At,
    ImmutableArray<Line> Lead,
    FileChange Change,
    TreeMode? OldMode,
    TreeMode? NewMode,
    ImmutableArray<Hunk> Hunks);

public enum LineKind
{
    Context,
    Removed,
    Added,
}

/// <summary>One line of a hunk.</summary>
/// <param name="Text">The file's line; without a line feed when the marker says so.</param>
/// <param name="Marker">The line <c>\ No newline at end of file</c> that follows, as it stands; empty when none does.</param>
/// <param name="Bare">An empty context line whose leading space was lost on the way (mailers, editors).</param>
public readonly record struct HunkLine(LineKind Kind, Line Text, Line Marker = default, bool Bare = false)
{
    public bool InOld => Kind != LineKind.Added;

    public bool InNew => Kind != LineKind.Removed;
}

/// <summary>
/// One hunk. Starts count from 1; with a count of 0 the start is the line after which the hunk stands.
/// </summary>
/// <param name="AtLine">Its line in the patch file.</param>
/// <param name="Heading">The <c>@@ … @@</c> line as it stands, with what follows it.</param>
public sealed record Hunk(
    int AtLine,
    Line Heading,
    int OldStart,
    int OldCount,
    int NewStart,
    int NewCount,
    ImmutableArray<HunkLine> Lines)
{
    public IEnumerable<Line> Old => Lines.Where(line => line.InOld).Select(line => line.Text);

    public IEnumerable<Line> New => Lines.Where(line => line.InNew).Select(line => line.Text);

    /// <summary>How many lines of context stand before the first change.</summary>
    public int Leading => Lines.TakeWhile(line => line.Kind == LineKind.Context).Count();

    /// <summary>How many lines of context stand after the last change.</summary>
    public int Trailing => Lines.Reverse().TakeWhile(line => line.Kind == LineKind.Context).Count();
}
