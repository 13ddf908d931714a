using System.Collections.Immutable;

namespace PatchForge.Seams;

/// <summary>How a command ends when it does not succeed; the value is the process's exit code.</summary>
public enum FailureKind
{
    /// <summary>Refused or failed: bad input, a wrong digest, a failed build.</summary>
    Refused = 1,

    /// <summary>The command line itself is wrong.</summary>
    CommandLine = 2,

    /// <summary>A patch does not apply and a person has to decide.</summary>
    Conflict = 3,

    /// <summary><c>--check</c> found that something generated differs from what it should be.</summary>
    Drift = 4,

    /// <summary>Something is missing on this machine: a distfile, a program, a permission.</summary>
    Missing = 5,

    /// <summary>Interrupted by the user.</summary>
    Interrupted = 130,
}

/// <summary>Where in a file something is wrong. Lines and columns count from 1; 0 means "not known".</summary>
public sealed record FileLocation(string File, int Line = 0, int Column = 0)
{
    /// <summary><c>file</c>, <c>file:line</c> or <c>file:line:column</c>, the form that editors jump to.</summary>
    public override string ToString() =>
        Line == 0 ? File : Column == 0 ? $"{File}:{Line}" : $"{File}:{Line}:{Column}";
}

/// <summary>
/// The one exception that ends a command on purpose: a kind (which is the exit code), a sentence that says
/// what is wrong, a hint that says what to do, and data for <c>--format json</c>. It is caught in Program.cs
/// only; any other exception is a bug.
/// </summary>
public sealed class Failure : Exception
{
    public Failure(FailureKind kind, string sentence, string? hint = null, FileLocation? at = null, Exception? cause = null)
        : base(sentence, cause)
    {
        Kind = kind;
        Hint = hint;
        At = at;
    }

    public FailureKind Kind { get; }

    /// <summary>What the user can do about it; null when the sentence already says it.</summary>
    public string? Hint { get; }

    public FileLocation? At { get; }

    /// <summary>Facts a program can branch on, such as the file wanted and the folders looked in.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Facts { get; init; } =
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

    public static Failure Refused(string sentence, string? hint = null, FileLocation? at = null, Exception? cause = null) =>
        new(FailureKind.Refused, sentence, hint, at, cause);

    public static Failure Missing(string sentence, string? hint = null, FileLocation? at = null, Exception? cause = null) =>
        new(FailureKind.Missing, sentence, hint, at, cause);
}
