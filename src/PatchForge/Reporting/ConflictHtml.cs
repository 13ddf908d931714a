using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>Both sides of conflicts in a page, beside each other, with what differs within a line marked.</summary>
internal static class ConflictHtml
{
    public static void Add(StringBuilder page, ImmutableArray<ConflictFacts> conflicts)
    {
        foreach (var file in conflicts)
        {
            page.Append("<h3>").Append(HtmlReport.Text(file.File)).Append("</h3>\n");
            HtmlReport.Note(page, "bad", file.Why + (file.Note is { } note ? $"; {note}" : ""));
            foreach (var block in file.Blocks)
            {
                page.Append("<div class=\"scroll\"><table class=\"both\">\n<thead><tr><th></th><th scope=\"col\">").Append(HtmlReport.Text(file.Ours))
                    .Append("</th><th></th><th scope=\"col\">").Append(HtmlReport.Text(file.Theirs)).Append("</th></tr></thead>\n<tbody>\n");
                foreach (var row in block.Rows)
                {
                    var isSame = row.LeftLine is not null && row.RightLine is not null && !row.Left.Concat(row.Right).Any(piece => piece.Changed);
                    page.Append("<tr>");
                    Side(page, row.LeftLine, row.Left, isSame || row.LeftLine is null ? "" : " class=\"del\"");
                    Side(page, row.RightLine, row.Right, isSame || row.RightLine is null ? "" : " class=\"add\"");
                    page.Append("</tr>\n");
                }

                page.Append("</tbody></table></div>\n<details><summary>").Append(HtmlReport.Text(file.Base)).Append("</summary><pre>")
                    .Append(HtmlReport.Text(string.Join('\n', block.Base))).Append("</pre></details>\n");
            }
        }
    }

    private static void Side(StringBuilder page, int? line, ImmutableArray<ShownPiece> pieces, string marked)
    {
        page.Append("<td class=\"n\">").Append(line?.ToString(CultureInfo.InvariantCulture)).Append("</td><td").Append(marked).Append('>');
        foreach (var piece in pieces)
        {
            page.Append(piece.Changed ? "<mark>" : "").Append(HtmlReport.Text(piece.Text)).Append(piece.Changed ? "</mark>" : "");
        }

        page.Append("</td>");
    }
}
