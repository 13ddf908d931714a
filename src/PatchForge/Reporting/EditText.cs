using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>edit</c> and <c>save</c> say on standard output.</summary>
public static class EditText
{
    public static string Of(EditAnswer answer)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{answer.Release} ({answer.Source}) with {answer.Patches.Length} patches as commits: {answer.Folder}\n");
        if (!answer.Generated.IsEmpty)
        {
            text.Append(CultureInfo.InvariantCulture, $"not changed there, their sources are ours: {string.Join(", ", answer.Generated)}\n");
        }

        return text.Append("commit there as with any git repository; then: patchforge save ").Append(answer.Folder).Append('\n').ToString();
    }

    public static string Of(SaveAnswer answer)
    {
        var text = new StringBuilder();
        foreach (var patch in answer.Patches.Where(patch => patch.What != "unchanged"))
        {
            var word = patch.What switch { "header" => "header changed", var what => what };
            text.Append(CultureInfo.InvariantCulture, $"{patch.Name}: {word} ({patch.Commit} {patch.Subject})\n");
        }

        foreach (var name in answer.Dropped)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: dropped\n");
        }

        text.Append(answer.Reordered ? "the patches have another order\n" : "");
        text.AppendJoin("", answer.Notes.Select(note => $"note: {note}\n"));
        return text.Append(answer switch
        {
            { Changed.IsEmpty: true } => "nothing changed\n",
            { DryRun: true } => $"would write {string.Join(", ", answer.Changed)}\n",
            _ => $"wrote {string.Join(", ", answer.Changed)}\n",
        }).ToString();
    }
}
