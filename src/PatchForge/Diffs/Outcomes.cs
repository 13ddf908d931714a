using System.Collections.Immutable;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>Why something does not apply; for programs. The sentence beside it is for people.</summary>
public enum ConflictReason
{
    /// <summary>The hunk's old lines are nowhere where the hunk could stand.</summary>
    NotFound,

    /// <summary>git apply and GNU patch would put the hunk in different places.</summary>
    Ambiguous,

    /// <summary>The hunk's old lines stand only before an earlier hunk's.</summary>
    Misordered,

    /// <summary>A hunk without any old line, which nothing can place.</summary>
    NoContext,

    /// <summary>The hunk's last line lacks a line feed and would not be the file's last.</summary>
    NotAtEnd,

    /// <summary>The file repeats itself and the hunks are not where they say: looking further was given up.</summary>
    TooCostly,

    /// <summary>The file that the patch changes, renames, copies or deletes is not there.</summary>
    FileMissing,

    /// <summary>The file that the patch makes is there already, or something else stands in its way.</summary>
    FileExists,

    /// <summary>The file to delete holds other lines than the patch says.</summary>
    ContentLeft,

    /// <summary>A link where the patch has a file, or the other way round.</summary>
    TypeDiffers,
}

/// <summary>What became of one hunk. Lines count from 1, in the file as it was before the patch.</summary>
public abstract record HunkOutcome(Hunk Hunk)
{
    /// <summary>Applied exactly where the patch says.</summary>
    public sealed record Clean(Hunk Hunk, int Line) : HunkOutcome(Hunk);

    /// <summary>Applied with every old line found, <paramref name="By"/> lines further down (negative: up).</summary>
    /// <param name="OtherPlaces">How many other places hold the same lines; above 0 the place deserves a look.</param>
    public sealed record Offset(Hunk Hunk, int Line, int By, int OtherPlaces) : HunkOutcome(Hunk);

    /// <summary>Applied by leaving <paramref name="Level"/> lines of context at an end out of the comparison.</summary>
    public sealed record Fuzz(Hunk Hunk, int Line, int By, int Level) : HunkOutcome(Hunk);

    /// <summary>Does not apply, and its new lines are there: this hunk seems to be in the source already.</summary>
    public sealed record AlreadyApplied(Hunk Hunk, int Line) : HunkOutcome(Hunk);

    /// <param name="Line">Where the hunk was expected.</param>
    /// <param name="Wanted">The first line expected there that differs; null when that is not the reason.</param>
    /// <param name="Found">What stands in its place; null at the file's end.</param>
    public sealed record Conflict(Hunk Hunk, int Line, ConflictReason Why, string Sentence, Line? Wanted = null, Line? Found = null)
        : HunkOutcome(Hunk);
}

/// <summary>What became of a file as a whole, apart from its hunks.</summary>
public abstract record FileState
{
    private FileState() { }

    public sealed record Applied : FileState;

    /// <summary>The tree has what the patch would make.</summary>
    public sealed record AlreadyApplied : FileState;

    public sealed record Conflict(ConflictReason Why, string Sentence) : FileState;
}

/// <param name="ModeAsSaid">Whether the file had the mode that the patch says it has; git apply only warns when not.</param>
public sealed record FileOutcome(FileDiff Diff, FileState State, ImmutableArray<HunkOutcome> Hunks, bool ModeAsSaid = true)
{
    public TreePath Path => Diff.Change.Path;

    public bool Applies => State is FileState.Applied && Hunks.All(hunk => hunk is HunkOutcome.Clean or HunkOutcome.Offset or HunkOutcome.Fuzz);
}

/// <summary>What became of a patch.</summary>
/// <param name="Tree">The patched tree; null when anything conflicts, for there is no half-applied patch.</param>
public sealed record PatchOutcome(Patch Patch, ImmutableArray<FileOutcome> Files, LayeredTree? Tree)
{
    public IEnumerable<HunkOutcome> Hunks => Files.SelectMany(file => file.Hunks);

    public bool Applies => Tree is not null;

    /// <summary>The highest fuzz of any hunk; 0 when none was needed.</summary>
    public int Fuzz => Hunks.OfType<HunkOutcome.Fuzz>().Select(fuzz => fuzz.Level).DefaultIfEmpty().Max();

    public bool HasOffset => Hunks.Any(hunk => hunk is HunkOutcome.Offset or HunkOutcome.Fuzz { By: not 0 });

    /// <summary>Applies with no fuzz and every mode as said: the strength that a proof needs.</summary>
    public bool Proves => Applies && Fuzz == 0 && Files.All(file => file.ModeAsSaid);
}
