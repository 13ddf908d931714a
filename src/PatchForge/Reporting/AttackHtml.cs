using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>A run of attacks as one page, in the manner of <see cref="HtmlReport"/>.</summary>
public static class AttackHtml
{
    public static string Of(AttackAnswer answer, string package, string tool)
    {
        var page = new StringBuilder();
        HtmlReport.Begin(page, $"patchforge attack {answer.Release}", package, tool);
        Section(page, answer);
        return page.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>The body alone, for a report that has more to tell.</summary>
    public static void Section(StringBuilder page, AttackAnswer answer)
    {
        page.Append("<p>").Append(HtmlReport.Mark(answer.Succeeded ? "good" : "bad", answer.Succeeded ? "all as expected" : string.Create(CultureInfo.InvariantCulture, $"{answer.Failed} not as expected")))
            .Append(HtmlReport.Text(string.Create(CultureInfo.InvariantCulture, $" · {answer.Attacks.Length} attacks on {string.Join(", ", answer.Models)} · {answer.Seconds:f0} s"))).Append("</p>\n");
        if (!answer.Versions.IsEmpty)
        {
            page.Append("<p class=\"dim\">").Append(HtmlReport.Text(string.Join(" · ", answer.Versions))).Append("</p>\n");
        }

        HtmlReport.Table(
            page,
            ["attack", "tries to", .. answer.Models, "guard", "with the guard removed"],
            answer.Attacks.Select(row => (string[])
            [
                $"<code>{HtmlReport.Text(row.Id)}</code>",
                HtmlReport.Text(row.Tries),
                .. row.Models.Select(Cell),
                HtmlReport.Text(AttackText.Guard(row)),
                row.WithoutGuard is { } without ? Cell(without) : row.Unguarded is { } why ? $"<span class=\"dim\">{HtmlReport.Text(why)}</span>" : "–",
            ]));
        page.Append("<h3>What was seen</h3>\n");
        foreach (var row in answer.Attacks)
        {
            Details(page, row);
        }

        page.Append("<h3>Guards that no attack takes out</h3>\n");
        HtmlReport.Table(page, ["guard", "why"], answer.Unproven.Select(guard => new[] { $"<code>{HtmlReport.Text(guard.Guard)}</code>", HtmlReport.Text(guard.Why) }));
    }

    private static void Details(StringBuilder page, AttackRow row)
    {
        var all = row.Models.Concat(row.WithoutGuard is { } without ? [without] : []).ToArray();
        page.Append("<details").Append(all.Any(facts => facts.Failed) ? " open" : "").Append("><summary><code>").Append(HtmlReport.Text(row.Id)).Append("</code> ")
            .Append(HtmlReport.Text(row.Must)).Append(" <span class=\"dim\">").Append(HtmlReport.Text(string.Create(CultureInfo.InvariantCulture, $"point {row.Point}; {row.Source}"))).Append("</span></summary>\n");
        HtmlReport.Table(page, ["on", "verdict", "tried", "kernel", "seen"], all.Select(facts => new[]
        {
            HtmlReport.Text(facts.Model),
            Cell(facts),
            $"<code>{HtmlReport.Text(facts.Tried)}</code>",
            $"<code>{HtmlReport.Text(facts.Kernel)}</code>",
            HtmlReport.Text(facts.Evidence),
        }));
        if (row.Peer is { } peer && row.Models.Any(facts => facts.Model == AttackRow.PeerModel && facts.Verdict != "skipped"))
        {
            page.Append("<p class=\"dim\">mpm-itk: ").Append(HtmlReport.Text(peer)).Append("</p>\n");
        }

        page.Append("</details>\n");
    }

    private static string Cell(AttackFacts facts) => facts.Verdict switch
    {
        "as expected" => HtmlReport.Mark("good", facts.Outcome),
        "skipped" => $"<span class=\"dim\">{HtmlReport.Text(facts.Why)}</span>",
        _ => HtmlReport.Mark("bad", facts.Verdict == "wrong" ? facts.Outcome : facts.Verdict) + $"<br>{HtmlReport.Text(facts.Why)}",
    };
}
