using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>Both sides of conflicts: beside each other on a terminal that is wide enough, one after the other elsewhere.</summary>
public static class ConflictText
{
    private const int Narrow = 60;

    public static string Of(ImmutableArray<ConflictFacts> conflicts, Screen? screen)
    {
        var text = new StringBuilder();
        foreach (var file in conflicts)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{file.File}: {file.Why}{(file.Note is { } note ? $" ({note})" : "")}\n");
            foreach (var block in file.Blocks)
            {
                if (screen is { Width: >= Narrow })
                {
                    Beside(text, file, block, screen);
                }
                else
                {
                    After(text, file, block);
                }
            }
        }

        return text.ToString();
    }

    private static void After(StringBuilder text, ConflictFacts file, ConflictBlock block)
    {
        text.Append(CultureInfo.InvariantCulture, $"  line {block.Line}\n");
        Side(text, '<', file.Ours, block.Ours);
        Side(text, '|', file.Base, block.Base);
        Side(text, '>', file.Theirs, block.Theirs);
    }

    private static void Side(StringBuilder text, char mark, string label, ImmutableArray<string> lines)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {mark} {label}{(lines.IsEmpty ? ": nothing" : "")}\n");
        foreach (var line in lines)
        {
            text.Append("  ").Append(mark).Append("   ").Append(Shown(line)).Append('\n');
        }
    }

    private static void Beside(StringBuilder text, ConflictFacts file, ConflictBlock block, Screen screen)
    {
        var digits = block.Rows.Select(row => Math.Max(row.LeftLine ?? 0, row.RightLine ?? 0)).DefaultIfEmpty().Max().ToString(CultureInfo.InvariantCulture).Length;
        var half = (screen.Width - 3) / 2;
        text.Append(Fit([new ShownPiece($"{new string(' ', digits)} {file.Ours}", false)], half, "", screen)).Append(" | ")
            .Append(new string(' ', digits)).Append(' ').Append(Shown(file.Theirs)).Append('\n');
        foreach (var row in block.Rows)
        {
            var isSame = row.LeftLine is not null && row.RightLine is not null && !row.Left.Concat(row.Right).Any(piece => piece.Changed);
            text.Append(Number(row.LeftLine, digits)).Append(Fit(row.Left, half - digits - 1, isSame ? "" : Screen.Red, screen))
                .Append(isSame ? "   " : " | ")
                .Append(Number(row.RightLine, digits)).Append(Fit(row.Right, half - digits - 1, isSame ? "" : Screen.Green, screen).TrimEnd()).Append('\n');
        }

        text.Append('\n');
    }

    private static string Number(int? line, int digits) => (line?.ToString(CultureInfo.InvariantCulture) ?? "").PadLeft(digits) + " ";

    /// <summary>The pieces in exactly so many columns. What is too long ends in an ellipsis; the report has all of it.</summary>
    private static string Fit(ImmutableArray<ShownPiece> pieces, int width, string colour, Screen screen)
    {
        var text = new StringBuilder();
        var left = width;
        var isWhole = pieces.All(piece => piece.Changed);
        foreach (var piece in pieces)
        {
            var shown = Shown(piece.Text);
            shown = shown.Length > left ? shown[..Math.Max(0, left - 1)] + (left > 0 ? "…" : "") : shown;
            left -= shown.Length;
            var marked = screen.HasColours && colour.Length > 0;
            text.Append(marked ? colour : "").Append(marked && piece.Changed && !isWhole ? Screen.Reverse : "").Append(shown).Append(marked ? Screen.Plain : "");
        }

        return text.Append(' ', Math.Max(0, left)).ToString();
    }

    private static string Shown(string text) => string.Concat(text.Select(c => c == '\t' ? ' ' : char.IsControl(c) ? '\ufffd' : c));
}
