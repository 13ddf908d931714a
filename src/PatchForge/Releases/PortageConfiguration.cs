using System.Text.RegularExpressions;

namespace PatchForge.Releases;

/// <summary>
/// What make.conf(5) and make.globals say in plain words. They are bash to Portage, so only an assignment without any expansion is
/// believed; whatever else assigns the variable makes the answer "not known".
/// </summary>
public static partial class PortageConfiguration
{
    /// <summary>The last value that <c>DISTDIR=…</c> gives, an absolute path; null when none does or it cannot be told.</summary>
    public static string? Distdir(string text)
    {
        string? value = null;
        foreach (var line in text.Split('\n'))
        {
            if (Mention().IsMatch(line))
            {
                var match = Plain().Match(line);
                value = match.Success && match.Groups["value"].Value is ['/', ..] path ? path : null;
            }
        }

        return value;
    }

    [GeneratedRegex(@"^[^#]*\bDISTDIR\b")]
    private static partial Regex Mention();

    [GeneratedRegex("""^\s*(export\s+)?DISTDIR=("(?<value>[^"$`\\]*)"|'(?<value>[^']*)'|(?<value>[^\s"'$`\\#;&|<>()]+))\s*(#.*)?$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Plain();
}
