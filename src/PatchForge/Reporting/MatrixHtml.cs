using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>A merged matrix as one HTML file, in the manner of <see cref="HtmlReport"/>.</summary>
public static class MatrixHtml
{
    public static string Of(MatrixAnswer answer)
    {
        var page = new StringBuilder();
        HtmlReport.Begin(page, "patchforge matrix", answer.Package, answer.Tool);
        page.Append("<p>").Append(HtmlReport.Mark(answer.Succeeded ? "good" : "bad", answer.Succeeded ? "done" : "not done")).Append(" · ").Append(HtmlReport.Text(MatrixText.Summary(answer))).Append("</p>\n");
        foreach (var problem in answer.Problems)
        {
            HtmlReport.Note(page, "bad", $"not counted: {problem.File}: {problem.Sentence}");
        }

        foreach (var root in answer.Cells.GroupBy(cell => cell.Root))
        {
            Root(page, root.Key, [.. root]);
        }

        foreach (var (cell, number) in answer.Cells.Select((cell, number) => (cell, number)).Where(one => !one.cell.Passed))
        {
            Details(page, cell, number);
        }

        page.Append("<h2>Jobs</h2>\n");
        HtmlReport.Table(page, ["job", "state", "smoke", "attacks", "build", "machine", "result"], answer.Cells.Select(cell => new[]
        {
            HtmlReport.Text(cell.Job),
            Mark(cell),
            HtmlReport.Text(cell.Smoke ?? "–"),
            HtmlReport.Text(cell.Attack ?? "–"),
            cell.Seconds > 0 ? HtmlReport.Text(string.Create(CultureInfo.InvariantCulture, $"{cell.Seconds:F0} s")) : "–",
            HtmlReport.Text(cell.Machine ?? "–"),
            $"<code>{HtmlReport.Text(cell.File ?? "–")}</code>",
        }));
        return page.Append("</body>\n</html>\n").ToString();

        void Root(StringBuilder page, string root, MatrixCell[] cells)
        {
            var variants = cells.Select(cell => cell.Variant).Distinct().ToArray();
            page.Append("<h2>").Append(HtmlReport.Text(root)).Append("</h2>\n");
            HtmlReport.Table(page, ["release", .. variants], cells.GroupBy(cell => cell.Release).Select(row => (string[])
            [
                $"<b>{HtmlReport.Text(row.Key)}</b>",
                .. variants.Select(variant => row.FirstOrDefault(cell => cell.Variant == variant) is { } cell ? Linked(cell, answer.Cells.IndexOf(cell)) : "–"),
            ]));
        }
    }

    private static string Linked(MatrixCell cell, int number)
    {
        var word = Mark(cell, MatrixText.Word(cell));
        return cell.Passed ? word : string.Create(CultureInfo.InvariantCulture, $"<a href=\"#job-{number}\">{word}</a>");
    }

    private static string Mark(MatrixCell cell, string? word = null) =>
        HtmlReport.Mark(cell.Passed ? "good" : cell.State is "missing" or "no result" ? "warn" : "bad", word ?? cell.State);

    private static void Details(StringBuilder page, MatrixCell cell, int number)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h3 id=\"job-{number}\">").Append(HtmlReport.Text(cell.Job)).Append(": ").Append(Mark(cell)).Append("</h3>\n");
        if (cell.Failure is { } failure)
        {
            HtmlReport.Note(page, "bad", $"{(failure.At is { } at ? at + ": " : "")}{failure.Sentence}{(failure.Hint is { } hint ? " — " + hint : "")}");
        }

        if (cell.Log is { } log)
        {
            page.Append("<p class=\"dim\">log: <code>").Append(HtmlReport.Text(log)).Append("</code> on ").Append(HtmlReport.Text(cell.Machine ?? "?")).Append("</p>\n");
        }

        if (!cell.Excerpt.IsEmpty)
        {
            page.Append("<pre>").Append(HtmlReport.Text(string.Join('\n', cell.Excerpt))).Append("</pre>\n");
        }
    }
}
