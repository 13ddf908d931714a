using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>diff</c>, <c>drop</c> and <c>bisect</c> say on standard output.</summary>
public static class CompareText
{
    private const int Around = 3;

    public static string Of(CompareAnswer answer, int? sideBySide)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"line {answer.Line}: {answer.Before} against {answer.After}\n");
        foreach (var patch in answer.Patches.Where(patch => patch is not { What: "same", Was: null, Moved: false, Options: null }))
        {
            string?[] words =
            [
                patch.What switch { "same" => null, "lines" => "the same at other lines, or in another tool's form", "header" => "another header", var what => what },
                patch.Was is { } was ? $"renamed, was {was}" : null,
                patch.Moved ? "at another place" : null,
                patch.Options is { } options ? $"options: {options}" : null,
            ];
            text.Append(CultureInfo.InvariantCulture, $"\n{patch.Name}: {string.Join("; ", words.Where(word => word is not null))}\n");
            foreach (var part in patch.Parts)
            {
                text.Append("  ").Append(part.Of ?? "header").Append(part.Was is { } old ? $" (was {old})" : "").Append(":\n");
                text.Append(sideBySide is { } width ? Sides(part, width) : Unified(part));
            }
        }

        var same = answer.Patches.Count(patch => patch is { What: "same", Was: null, Moved: false, Options: null });
        return text.Append(CultureInfo.InvariantCulture, $"\n{same} of {answer.Patches.Length} patches are the same\n").ToString();
    }

    public static string Of(DropAnswer answer)
    {
        var text = new StringBuilder();
        foreach (var patch in answer.Patches)
        {
            text.Append(CultureInfo.InvariantCulture, $"{patch.Name}: {(patch.Dropped ? "upstream has it; dropped" : "stays")}: merged in {string.Join(", ", patch.Merged)}");
            text.Append(patch.Needed.IsEmpty ? "" : "; no proof for " + string.Join(", ", patch.Needed)).Append('\n');
        }

        text.AppendJoin("", answer.Notes.Select(note => $"note: {note}\n"));
        text.Append(answer.Patches.IsEmpty ? "no release has a patch of its series already\n" : "");
        return text.Append(answer switch
        {
            { Changed.IsEmpty: true } => "nothing changed\n",
            { DryRun: true } => $"would write or remove {string.Join(", ", answer.Changed)}\n",
            _ => $"wrote or removed {string.Join(", ", answer.Changed)}\n",
        }).ToString();
    }

    public static string Of(BisectAnswer answer)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{answer.Patch}: {answer.What} since {answer.Commit[..10]}\n");
        text.Append(CultureInfo.InvariantCulture, $"  {answer.Subject}\n  {answer.Author}, {answer.Date}\n");
        text.AppendJoin("", answer.Places.Select(place => $"  {place}\n"));
        return text.Append(CultureInfo.InvariantCulture, $"{answer.Commits} commits from {answer.Good} to {answer.Bad}, {answer.Touching} of them touch its files; {answer.Steps} were tried\n").ToString();
    }

    /// <summary>Changed lines with three around them, as in any unified diff.</summary>
    private static string Unified(ComparedFacts part)
    {
        var text = new StringBuilder();
        var near = Enumerable.Range(0, part.Lines.Length)
            .Where(i => Enumerable.Range(i - Around, (2 * Around) + 1).Any(j => j >= 0 && j < part.Lines.Length && part.Lines[j][0] != ' ')).ToHashSet();
        for (var i = 0; i < part.Lines.Length; i++)
        {
            text.Append(near.Contains(i) ? "    " + part.Lines[i] + "\n" : near.Contains(i - 1) ? "    …\n" : "");
        }

        return text.ToString();
    }

    private static string Sides(ComparedFacts part, int width)
    {
        var column = Math.Max(20, (width - 7) / 2);
        var text = new StringBuilder();
        foreach (var pair in part.Pairs)
        {
            var mark = pair.Same ? ' ' : pair.Left is null ? '>' : pair.Right is null ? '<' : '|';
            text.Append("    ").Append(Cut(pair.Left ?? "", column).PadRight(column)).Append(' ').Append(mark).Append(' ').Append(Cut(pair.Right ?? "", column).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static string Cut(string line, int width)
    {
        var shown = line.Replace("\t", "    ", StringComparison.Ordinal);
        return shown.Length <= width ? shown : shown[..(width - 1)] + "…";
    }
}
