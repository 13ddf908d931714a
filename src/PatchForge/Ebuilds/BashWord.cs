using System.Text.RegularExpressions;

namespace PatchForge.Ebuilds;

/// <summary>Text as words of bash, so that a value from the settings is never code in an ebuild.</summary>
internal static partial class BashWord
{
    /// <summary>
    /// One word: bare where no character of it means anything to bash, else in single quotes
    /// (bash(1), QUOTING).
    /// </summary>
    internal static string Of(string text) =>
        Harmless().IsMatch(text) ? text : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>The inside of double quotes.</summary>
    internal static string InsideQuotes(string text) => MeaningfulInQuotes().Replace(text, "\\$0");

    [GeneratedRegex(@"\A[A-Za-z0-9_./:=,+@%^-]+\z")]
    private static partial Regex Harmless();

    [GeneratedRegex("[\\\\\"$`]")]
    private static partial Regex MeaningfulInQuotes();
}
