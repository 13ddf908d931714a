using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace PatchForge.Roots;

/// <summary>
/// What Portage's own checks of an image said in a build log: from a line with <c>QA Notice:</c> on, all that
/// <c>eqawarn</c> wrote with it, which is every line that begins with a star (make.conf(5), qa in PORTAGE_ELOG_CLASSES).
/// </summary>
public static partial class QaNotices
{
    /// <returns>One text a notice, its lines joined by a blank; each once, in the order in which they came.</returns>
    public static ImmutableArray<string> Of(IEnumerable<string> log)
    {
        var notices = new List<string>();
        var isOpen = false;
        foreach (var line in log)
        {
            if (Starred().Match(line) is not { Success: true } starred)
            {
                isOpen = false;
                continue;
            }

            var text = starred.Groups["text"].Value.Trim();
            if (text.StartsWith("QA Notice:", StringComparison.Ordinal))
            {
                notices.Add(text["QA Notice:".Length..].Trim());
                isOpen = true;
            }
            else if (isOpen && text.Length > 0)
            {
                notices[^1] += " " + text;
            }
        }

        return [.. notices.Distinct()];
    }

    // A colour may stand around the star where the root's settings force it.
    [GeneratedRegex(@"\A *(\x1b\[[0-9;]*m)*\*(\x1b\[[0-9;]*m)*(?: (?<text>.*))?\z")]
    private static partial Regex Starred();
}
