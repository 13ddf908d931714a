using System.Globalization;
using System.Text.RegularExpressions;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>What text of the settings may hold: it goes into ebuilds, file names and messages.</summary>
internal static partial class PlainText
{
    /// <summary>What is wrong with a value, as the end of a sentence; null when nothing is.</summary>
    public static string? Complaint(string text) =>
        text.Any(char.IsControl) ? "a control character in it"

        // Cf, Unicode chapter 23.2: marks of direction and of no width make a reader see another text than bash.
        : text.EnumerateRunes().Any(IsInvisible) ? "an invisible character in it (of direction, or without width)"
        : null;

    /// <summary>
    /// A name that becomes part of file names and USE flags: letters, digits, and <c>+ _ . -</c> after the first, which
    /// all of PMS sections 3.1.1 (category), 3.1.2 (package) and 3.1.4 (USE flag; no dot) share.
    /// </summary>
    /// <exception cref="Failure">Refused.</exception>
    public static string Name(string text, string what, FileLocation at, bool dots = true) =>
        Named().IsMatch(text) && (dots || !text.Contains('.', StringComparison.Ordinal)) ? text : throw Failure.Refused(
            $"{what} is not a name: '{(Complaint(text) is null ? text : "…")}'", $"letters and digits, and {(dots ? "+ _ . -" : "+ _ -")} after the first", at);

    private static bool IsInvisible(System.Text.Rune rune) =>
        System.Text.Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9+_.-]*\z")]
    private static partial Regex Named();
}
