using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>import</c> and <c>export</c> say on standard output.</summary>
public static class ExchangeText
{
    public static string Of(ImportAnswer answer)
    {
        var text = new StringBuilder();
        foreach (var patch in answer.Patches)
        {
            var from = patch.From == patch.Name ? "" : $" (was {patch.From})";
            text.Append(CultureInfo.InvariantCulture, $"{patch.Name}: {(patch.What == "there" ? "there already" : patch.What)}{from}\n");
        }

        text.AppendJoin("", answer.Patches.Where(patch => patch.Converted is not null).Select(patch => $"note: {patch.Name}: written anew: {patch.Converted}\n"));
        text.AppendJoin("", answer.Notes.Select(note => $"note: {note}\n"));
        text.AppendJoin("", answer.Findings.Select(finding => $"{finding}\n"));
        return text.Append(answer switch
        {
            { Changed.IsEmpty: true } => "nothing changed\n",
            { DryRun: true } => string.Create(CultureInfo.InvariantCulture, $"would write {answer.Changed.Length} files for line {answer.Line}\n"),
            _ => string.Create(CultureInfo.InvariantCulture, $"line {answer.Line}: wrote {answer.Changed.Length} files; see how they apply: patchforge status\n"),
        }).ToString();
    }

    public static string Of(ExportAnswer answer) =>
        string.Concat(answer.Notes.Select(note => $"note: {note}\n"))
        + string.Create(CultureInfo.InvariantCulture, $"line {answer.Line}: {answer.Patches.Length} patches as {answer.Form}: {answer.To}\n");
}
