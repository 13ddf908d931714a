using System.Globalization;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>lint</c> says on standard output: a finding a line, as compilers write theirs.</summary>
public static class LintText
{
    public static string Of(LintAnswer answer)
    {
        string Count(string severity) => answer.Findings.Count(finding => finding.Severity == severity).ToString(CultureInfo.InvariantCulture);
        return string.Concat(answer.Findings.Select(Line))
            + $"{Count("error")} errors, {Count("warning")} warnings, {Count("note")} notes; {answer.Pkgcheck}\n";
    }

    internal static string Line(LintFinding finding) =>
        $"{finding.File}{(finding.Line > 0 ? ":" + finding.Line.ToString(CultureInfo.InvariantCulture) : "")}: {finding.Severity}: {finding.Sentence} ({finding.Rule})\n"
        + (finding.Hint is { } hint ? $"  {hint}\n" : "");
}
