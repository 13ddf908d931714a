using System.Text;

namespace PatchForge.Reporting;

/// <summary>A table for a terminal or a pipe: columns padded with spaces, no frame; a pipe gets no colour and every column.</summary>
public static class TextTable
{
    private const int Gap = 2;

    /// <param name="screen">The terminal that it is for: columns that have no room beside the others follow below, behind the first one again. Null for anything else.</param>
    /// <param name="colour">The escape sequence of a cell, for a terminal with colours; null for none.</param>
    public static string Of(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows, Screen? screen = null, Func<string, string?>? colour = null)
    {
        var all = rows.Prepend(heads).Select(row => row.Select(Shown).ToArray()).ToArray();
        var widths = Enumerable.Range(0, heads.Count).Select(column => all.Max(row => Columns(row[column]))).ToArray();
        var text = new StringBuilder();
        foreach (var columns in Blocks(widths, screen?.Width ?? int.MaxValue))
        {
            text.Append(text.Length > 0 ? "\n" : "");
            for (var row = 0; row < all.Length; row++)
            {
                Write(text, [.. columns.Select(column => all[row][column])], [.. columns.Select(column => widths[column])], row > 0 && screen is { HasColours: true } ? colour : null);
            }
        }

        return text.ToString();
    }

    /// <summary>The columns that stand beside each other; the first column begins each block, and a block has one more at least.</summary>
    private static IEnumerable<List<int>> Blocks(int[] widths, int room)
    {
        var block = new List<int>();
        var used = 0;
        for (var column = 0; column < widths.Length; column++)
        {
            if (block.Count > 1 && used + widths[column] > room)
            {
                yield return block;
                block = [0];
                used = widths[0] + Gap;
            }

            block.Add(column);
            used += widths[column] + Gap;
        }

        yield return block;
    }

    private static void Write(StringBuilder text, string[] cells, int[] widths, Func<string, string?>? colour)
    {
        var last = Array.FindLastIndex(cells, cell => cell.Length > 0);
        for (var column = 0; column <= last; column++)
        {
            var escape = colour?.Invoke(cells[column]);
            text.Append(escape).Append(cells[column]).Append(escape is null ? "" : Screen.Plain);
            text.Append(' ', column == last ? 0 : widths[column] - Columns(cells[column]) + Gap);
        }

        text.Append('\n');
    }

    private static int Columns(string cell) => cell.EnumerateRunes().Count();

    /// <summary>A cell is one line, and nothing in it can move the cursor: a name in a hostile patch is only text.</summary>
    private static string Shown(string cell) =>
        string.Concat(cell.Select(c => char.IsControl(c) ? '\ufffd' : c));
}
