using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>build</c> and <c>smoke</c> say on standard output.</summary>
public static class BuiltText
{
    public static string Of(BuiltAnswer answer)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{answer.Release}: {answer.Source.Verdict} source ({answer.Source.Detail})\n");
        foreach (var build in answer.Builds)
        {
            text.Append(CultureInfo.InvariantCulture, $"{build.Variant}: {(build.Succeeded ? "built" : "FAILED")} in {build.Root} by {build.How}{(build.Reused ? ", kept from an earlier run" : $", {build.Seconds:F0} s")}; log: {build.Log}\n");
            text.Append(build.Emerge is { } emerge ? $"  {emerge}\n" : "");
            text.AppendJoin("", build.LastLines.Select(line => $"  {line}\n"));
            text.AppendJoin("", build.Qa.Select(notice => $"  QA: {notice}\n"));
        }

        foreach (var smoke in answer.Smokes)
        {
            text.Append('\n').Append(TextTable.Of(
                [smoke.Variant, "", "expected", "seen"],
                smoke.Probes.Select(probe => (IReadOnlyList<string>)[probe.Name, probe.Passed ? "passed" : "FAILED", probe.Expected, probe.Seen])));
            if (smoke.Kept is { } kept)
            {
                text.Append(CultureInfo.InvariantCulture, $"configuration and logs: {kept}\n");
            }
        }

        if (answer.Failure is { } failure)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{failure.Sentence}\n  {failure.Hint}\n");
        }

        return text.ToString();
    }
}
