using System.Collections.Immutable;
using System.Text;
using PatchForge.Bench;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>A bench as one HTML file in the report's manner, the plot in it.</summary>
public static class BenchHtml
{
    public static string Of(BenchAnswer answer)
    {
        var page = new StringBuilder();
        var title = $"patchforge bench {answer.Release}";
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<title>").Append(HtmlReport.Text(title)).Append("</title>\n<style>\n").Append(HtmlReport.Style).Append("\n</style>\n</head>\n<body>\n")
            .Append("<h1>").Append(HtmlReport.Text(title)).Append("</h1>\n");
        Section(page, answer);
        return page.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>The body alone, for a report that has more to tell.</summary>
    public static void Section(StringBuilder page, BenchAnswer answer)
    {
        var machine = answer.Machine;
        page.Append("<p>").Append(HtmlReport.Text(BenchText.Settings(answer))).Append("</p>\n<p class=\"dim\">")
            .Append(HtmlReport.Text($"{machine.Processor}, {BenchText.Number(machine.Cores, 0)} cores, {machine.Distribution}, Linux {machine.Kernel}; load averages when it began: {machine.Load}"))
            .Append("<br>").Append(HtmlReport.Text(string.Join(" · ", machine.Versions))).Append("</p>\n");
        if (answer.Quick)
        {
            HtmlReport.Note(page, "warn", "A quick look: so few rounds say little, no figure here is to be quoted, and none is judged.");
        }

        page.Append("<div class=\"scroll\">").Append(BenchSvg.Of(answer).Replace(BenchSvg.Namespace, "", StringComparison.Ordinal)).Append("</div>\n");
        Goals(page, answer);
        foreach (var workload in answer.Workloads)
        {
            Workload(page, workload);
        }

        Method(page, answer);
    }

    private static void Goals(StringBuilder page, BenchAnswer answer)
    {
        page.Append("<h3>Goals</h3>\n");
        HtmlReport.Table(page, ["workload", "goal", "found [95 %]", "must reach", "", "aim", ""], answer.Workloads.SelectMany(workload => workload.Goals.Select(goal => new[]
        {
            HtmlReport.Text(workload.Name),
            HtmlReport.Text(goal.Goal.Sentence),
            goal.Found is { } found ? HtmlReport.Text(BenchText.Ratio(found)) : "–",
            Wanted(goal.Goal.Must, goal.Goal.AtMost),
            goal.Goal.Must is null ? "" : Verdict(goal.Must, goal.Why),
            Wanted(goal.Goal.Aim, goal.Goal.AtMost),
            goal.Goal.Aim is null ? "" : Verdict(goal.Aimed, goal.Why),
        })));
    }

    private static void Workload(StringBuilder page, WorkloadResult workload)
    {
        page.Append("<h3>").Append(HtmlReport.Text(workload.Name)).Append("</h3>\n<p>").Append(HtmlReport.Text(workload.What)).Append("</p>\n");
        if (workload.Skipped is { } why)
        {
            HtmlReport.Note(page, "warn", "Not measured: " + why);
            return;
        }

        if (BenchText.HasTable(workload))
        {
            HtmlReport.Table(page, BenchText.Heads(workload), workload.Arms.Select(arm => BenchText.Row(workload, arm).Select(HtmlReport.Text).ToArray()));
        }

        if (workload.Soak is { } soak)
        {
            page.Append("<p>").Append(HtmlReport.Mark(soak.Passed ? "good" : "bad", soak.Passed ? "passed" : "failed")).Append("</p>\n");
            Items(page, [.. BenchText.SoakLines(soak)]);
        }

        Items(page, workload.Notes);
        foreach (var complaint in BenchText.Complaints(workload))
        {
            HtmlReport.Note(page, "warn", complaint);
        }

        foreach (var profile in workload.Profiles)
        {
            Folded(page, $"{profile.Arm}: where the time goes, by {profile.By}", profile.Text);
        }

        foreach (var (arm, command) in workload.Commands)
        {
            Folded(page, $"{arm}: the generator's command line", command);
        }

        foreach (var (server, configuration) in workload.Configuration)
        {
            Folded(page, $"{server}: httpd.conf", Shortened(configuration));
        }
    }

    private static void Method(StringBuilder page, BenchAnswer answer)
    {
        page.Append("<h3>How it was measured</h3>\n");
        Items(page,
        [
            "All servers but those of packages are built from one tree; they run side by side, each in namespaces of its own over the same root and the same files; one at a time has load, in an order drawn anew in each round from the seed.",
            "The generators share the cores with the servers, run as nobody, and are closed loops: a slow answer delays the next request, so that latencies under overload look better than they are.",
            "A ratio is of two measurements of one round; the interval is the percentile bootstrap of the median with 10,000 resamples. A goal is reached when the whole interval is on the right side of it, and judged from 20 pairs on.",
            "A measurement with an error, a failed request or a body that is too short does not count, and neither does its pair.",
            "No access log is written but where the workload says so. Configuration differs in the lines below, in AssignUserID, in what counts threads instead of processes, and in what hands scripts to PHP-FPM.",
        ]);
        HtmlReport.Table(page, ["server", "what it is", "its lines"], answer.Variants.Select(one => new[]
        {
            HtmlReport.Text(one.Name),
            HtmlReport.Text(one.What) + (one.Image is null ? "<br>" + HtmlReport.Mark("warn", "no image of it") : ""),
            one.Lines.IsEmpty ? "–" : "<code>" + string.Join("<br>", one.Lines.Select(HtmlReport.Text)) + "</code>",
        }));
    }

    private static string Wanted(double? wanted, bool atMost) => wanted is { } number ? (atMost ? "at most " : "") + BenchText.Number(number, 2) : "–";

    private static string Verdict(Reached reached, string? why) =>
        HtmlReport.Mark(reached == Reached.Reached ? "good" : reached == Reached.NotReached ? "bad" : "warn", BenchText.Word(reached)) + (why is null ? "" : "<br>" + HtmlReport.Text(why));

    private static void Items(StringBuilder page, ImmutableArray<string> items)
    {
        if (!items.IsEmpty)
        {
            page.Append("<ul>").Append(string.Concat(items.Select(item => $"<li>{HtmlReport.Text(item)}</li>\n"))).Append("</ul>\n");
        }
    }

    private static void Folded(StringBuilder page, string title, string text) =>
        page.Append("<details><summary>").Append(HtmlReport.Text(title)).Append("</summary><pre>").Append(HtmlReport.Text(text)).Append("</pre></details>\n");

    /// <summary>A thousand hosts are a thousand times the same six lines: the first ones and the last tell all of it.</summary>
    private static string Shortened(string configuration)
    {
        var lines = configuration.TrimEnd('\n').Split('\n');
        return lines.Length <= 120
            ? configuration
            : string.Join('\n', [.. lines[..80], $"… {BenchText.Number(lines.Length - 100, 0)} lines of the same …", .. lines[^20..]]);
    }
}
