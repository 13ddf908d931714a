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
        var width = half - digits - 1;
        Row(text, Folded(null, [new ShownPiece(file.Ours, false)]), Folded(null, [new ShownPiece(file.Theirs, false)]), " | ");
        foreach (var row in block.Rows)
        {
            var isSame = row.LeftLine is not null && row.RightLine is not null && !row.Left.Concat(row.Right).Any(piece => piece.Changed);
            Row(text, Folded(row.LeftLine, row.Left, isSame ? "" : Screen.Red), Folded(row.RightLine, row.Right, isSame ? "" : Screen.Green), isSame ? "   " : " | ");
        }

        text.Append('\n');

        ImmutableArray<string> Folded(int? line, ImmutableArray<ShownPiece> pieces, string colour = "") =>
            [.. Fold(pieces, width, colour, screen).Select((part, index) => Number(index == 0 ? line : null, index > 0, digits) + part)];

        void Row(StringBuilder to, ImmutableArray<string> left, ImmutableArray<string> right, string between)
        {
            for (var part = 0; part < Math.Max(left.Length, right.Length); part++)
            {
                to.Append(part < left.Length ? left[part] : new string(' ', half)).Append(between)
                    .Append(part < right.Length ? right[part].TrimEnd() : "").Append('\n');
            }
        }
    }

    /// <summary>The column before a side: its line's number, or that what stands there is the rest of the line above.</summary>
    private static string Number(int? line, bool isRest, int digits) =>
        (line?.ToString(CultureInfo.InvariantCulture) ?? (isRest ? "…" : "")).PadLeft(digits) + " ";

    /// <summary>All of the pieces, in parts of exactly so many columns: a line that is too long goes on below itself, since it has to be decided by.</summary>
    private static List<string> Fold(ImmutableArray<ShownPiece> pieces, int width, string colour, Screen screen)
    {
        var (parts, text, left) = (new List<string>(), new StringBuilder(), width);
        var isWhole = pieces.All(piece => piece.Changed);
        var marked = screen.HasColours && colour.Length > 0;
        foreach (var piece in pieces)
        {
            for (var rest = Shown(piece.Text); rest.Length > 0;)
            {
                var taken = Math.Min(left, rest.Length);
                taken -= taken > 0 && taken < rest.Length && char.IsHighSurrogate(rest[taken - 1]) ? 1 : 0; // both halves of a character or none
                if (taken == 0)
                {
                    End();
                    continue;
                }

                text.Append(marked ? colour : "").Append(marked && piece.Changed && !isWhole ? Screen.Reverse : "").Append(rest, 0, taken).Append(marked ? Screen.Plain : "");
                (left, rest) = (left - taken, rest[taken..]);
            }
        }

        if (parts.Count == 0 || left < width)
        {
            End();
        }

        return parts;

        void End()
        {
            parts.Add(text.Append(' ', left).ToString());
            text.Clear();
            left = width;
        }
    }

    private static string Shown(string text) => string.Concat(text.Select(c => c == '\t' ? ' ' : char.IsControl(c) ? '\ufffd' : c));
}
