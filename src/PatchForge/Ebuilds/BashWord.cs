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

    /// <summary>
    /// An argument of configure as the ebuild gives it: an absolute path is below the prefix of the offset
    /// (PMS section 11.1, EPREFIX), and /usr/lib is the ABI's library folder (PMS section 12.3.16, get_libdir),
    /// since FEATURES=multilib-strict refuses 64-bit objects in /usr/lib. Everything else is taken as it is,
    /// so that a root without Portage is built with the same arguments.
    /// </summary>
    internal static string OfConfigureArgument(string argument)
    {
        var equals = argument.IndexOf("=/", StringComparison.Ordinal);
        if (equals < 0)
        {
            return Of(argument);
        }

        var (option, path) = (argument[..equals], argument[(equals + 1)..]);
        const string Lib = "/usr/lib";
        var below = path == Lib || path.StartsWith(Lib + "/", StringComparison.Ordinal)
            ? "/usr/\"$(get_libdir)\"" + (path == Lib ? "" : Of(path[Lib.Length..]))
            : Of(path);
        return $"{Of(option)}=\"${{EPREFIX}}\"{below}";
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_./:=,+@%^-]+\z")]
    private static partial Regex Harmless();

    [GeneratedRegex("[\\\\\"$`]")]
    private static partial Regex MeaningfulInQuotes();
}
