using PatchForge.Seams;

namespace PatchForge.Overlays;

public enum Severity
{
    /// <summary>True and worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Works, and somebody will complain: pkgcheck does.</summary>
    Warning,

    /// <summary>Portage would refuse, or take something for what it is not.</summary>
    Error,
}

/// <summary>What a rule found.</summary>
/// <param name="Rule">The rule's name, in words joined by '-'; it does not change, programs compare it.</param>
/// <param name="At">The file, relative to the repository's root, with the line where one is known.</param>
/// <param name="Sentence">What is wrong.</param>
/// <param name="Hint">What to do; null when the sentence says it.</param>
public sealed record Finding(string Rule, Severity Severity, FileLocation At, string Sentence, string? Hint = null);
