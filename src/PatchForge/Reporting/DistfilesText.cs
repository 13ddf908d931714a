using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>fetch</c> and <c>verify</c> say on standard output.</summary>
public static class DistfilesText
{
    public static string Of(DistfilesAnswer answer)
    {
        var text = new StringBuilder(TextTable.Of(
            ["release", "distfile", "verdict", "where"],
            answer.Distfiles.Select(one => (IReadOnlyList<string>)[one.Release, one.Distfile, one.Verdict, one.File ?? "-"])));
        foreach (var one in answer.Distfiles.Where(one => one.Failure is not null))
        {
            text.Append('\n').Append(one.Release).Append(": ").Append(one.Failure?.Sentence).Append('\n');
            if (one.Failure?.Hint is { } hint)
            {
                text.Append("  ").Append(hint.Replace("\n", "\n  ", StringComparison.Ordinal)).Append('\n');
            }
        }

        return text.ToString();
    }
}
