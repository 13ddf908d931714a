using System.Text;

namespace PatchForge.Reporting;

/// <summary>A table for a terminal or a pipe: columns padded with spaces, no frame, no colour that a pipe would have to strip.</summary>
public static class TextTable
{
    public static string Of(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        var all = rows.Prepend(heads).Select(row => row.Select(Shown).ToArray()).ToArray();
        var widths = Enumerable.Range(0, heads.Count).Select(column => all.Max(row => row[column].EnumerateRunes().Count())).ToArray();
        var text = new StringBuilder();
        foreach (var row in all)
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
            {
                line.Append(row[column]);
                line.Append(' ', widths[column] - row[column].EnumerateRunes().Count() + 2);
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A cell is one line, and nothing in it can move the cursor: a name in a hostile patch is only text.</summary>
    private static string Shown(string cell) =>
        string.Concat(cell.Select(c => char.IsControl(c) ? '\ufffd' : c));
}
