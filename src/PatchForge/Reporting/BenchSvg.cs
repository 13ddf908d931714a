using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using PatchForge.Bench;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>
/// The ratios to prefork as a plot: a dot for the median, a line for the 95 % interval, a tick for the goal. A
/// picture of its own, readable on a light and on a dark page; its words are text.
/// </summary>
public static class BenchSvg
{
    /// <summary>What a file of its own needs and a page must not have, which names no address (HTML, "foreign elements").</summary>
    internal const string Namespace = " xmlns=\"http://www.w3.org/2000/svg\"";

    private const int Width = 940;
    private const int Left = 250;
    private const int Right = 240;
    private const int Top = 64;
    private const int RowHeight = 22;
    private const int GroupGap = 34;
    private const double MostShown = 3;

    private const string Style = """
        text{font:13px system-ui,sans-serif;fill:#1b1f24}.head{font-weight:600}.title{font-size:16px;font-weight:600}.dim{fill:#57606a}
        .grid{stroke:#d5dae0}.one{stroke:#57606a;stroke-width:1.5}.goal{stroke:#7d4e00;stroke-width:2.5}.dot{fill:#0550ae}.bar{stroke:#0550ae;stroke-width:2}
        .yes .dot{fill:#116329}.yes .bar{stroke:#116329}.no .dot{fill:#a40e26}.no .bar{stroke:#a40e26}.page{fill:#fff}
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.grid{stroke:#30363d}.one{stroke:#9198a1}.goal{stroke:#e3b341}.dot{fill:#79c0ff}.bar{stroke:#79c0ff}
        .yes .dot{fill:#56d364}.yes .bar{stroke:#56d364}.no .dot{fill:#ff7b72}.no .bar{stroke:#ff7b72}.page{fill:#0d1117}}
        """;

    public static string Of(BenchAnswer answer)
    {
        var groups = answer.Workloads
            .Where(workload => workload.Base is not null && workload.Arms.Any(arm => arm.Ratio is not null) && workload.Kind == WorkloadKind.Load)
            .ToImmutableArray();
        var most = groups.SelectMany(group => group.Arms).Select(arm => arm.Ratio?.High ?? 0).Append(1.2).Max();
        var limit = Math.Min(MostShown, Math.Ceiling((most + 0.05) * 5) / 5);
        var height = Top + groups.Sum(group => GroupGap + (RowHeight * (group.Arms.Count(arm => arm.Ratio is not null) + Others(group).Count()))) + 40;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg{Namespace} viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-labelledby=\"t-{answer.Release} d-{answer.Release}\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title id=\"t-{answer.Release}\">").Append(Text(Title(answer))).Append(CultureInfo.InvariantCulture, $"</title>\n<desc id=\"d-{answer.Release}\">").Append(Text(Description(groups))).Append("</desc>\n");
        svg.Append("<style>\n").Append(Style).Append("\n</style>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"page\" width=\"{Width}\" height=\"{height}\"/>\n");
        Word(svg, 16, 26, "title", Title(answer));
        Word(svg, 16, 46, "dim", "requests per second as a part of prefork's: median of paired ratios, 95 % interval; the upright tick is what must be reached");
        Axis(svg, limit, height);
        var y = Top;
        foreach (var group in groups)
        {
            y += GroupGap;
            Word(svg, 16, y - 8, "head", group.Name + (group.Base == Variant.Prefork ? "" : $" (to {group.Base})"));
            foreach (var arm in group.Arms.Where(arm => arm.Ratio is not null))
            {
                Row(svg, group, arm, y, limit);
                y += RowHeight;
            }

            foreach (var goal in Others(group))
            {
                Told(svg, goal, y + (RowHeight / 2) + 4);
                y += RowHeight;
            }
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Title(BenchAnswer answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"httpd {answer.Release}, {answer.Machine.Cores} cores, {answer.Rounds} rounds of {answer.Seconds} s{(answer.Quick ? ", a quick look" : "")}");

    private static string Description(ImmutableArray<WorkloadResult> groups) => string.Join(
        ". ",
        groups.Select(group => group.Name + ": " + string.Join(", ", group.Arms.Where(arm => arm.Ratio is not null).Select(arm => arm.Name + " " + BenchText.Number(arm.Ratio?.Median ?? 0, 2)))));

    private static void Axis(StringBuilder svg, double limit, int height)
    {
        for (var fifth = 0; fifth <= (int)Math.Round(limit * 5); fifth++)
        {
            // With a wide axis only every other line has room for its number.
            if (limit > 2 && fifth % 2 == 1)
            {
                continue;
            }

            var at = X(fifth / 5.0, limit);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"{(fifth == 5 ? "one" : "grid")}\" x1=\"{at:0.#}\" x2=\"{at:0.#}\" y1=\"{Top}\" y2=\"{height - 30}\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"dim\" x=\"{at:0.#}\" y=\"{height - 12}\" text-anchor=\"middle\">{fifth / 5.0:0.0}</text>\n");
        }
    }

    private static void Row(StringBuilder svg, WorkloadResult group, ArmResult arm, int y, double limit)
    {
        if (arm.Ratio is not { } ratio)
        {
            return;
        }

        var goal = group.Goals.FirstOrDefault(goal => goal.Goal.Subject == arm.Name && goal.Goal.Base == group.Base && goal.Goal.Figure == Figure.Rate);
        var middle = y + (RowHeight / 2);
        var verdict = goal?.Must switch
        {
            Reached.Reached => "yes",
            Reached.NotReached => "no",
            _ => "open",
        };
        svg.Append("<g class=\"").Append(verdict).Append("\">\n");
        Word(svg, 32, middle + 4, "", arm.Name);
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"bar\" x1=\"{X(ratio.Low, limit):0.#}\" x2=\"{X(ratio.High, limit):0.#}\" y1=\"{middle}\" y2=\"{middle}\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot\" cx=\"{X(ratio.Median, limit):0.#}\" cy=\"{middle}\" r=\"4.5\"/>\n");
        if (goal?.Goal.Must is { } must)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"goal\" x1=\"{X(must, limit):0.#}\" x2=\"{X(must, limit):0.#}\" y1=\"{middle - 9}\" y2=\"{middle + 9}\"/>\n");
        }

        Word(svg, Width - Right + 14, middle + 4, "dim", $"{BenchText.Number(ratio.Median, 2)} [{BenchText.Number(ratio.Low, 2)}, {BenchText.Number(ratio.High, 2)}]{Told(goal)}");
        svg.Append("</g>\n");
    }

    /// <summary>Demands on ratios to something else than this axis is: they have their figures and no place on it.</summary>
    private static IEnumerable<GoalResult> Others(WorkloadResult group) =>
        group.Goals.Where(goal => goal.Found is not null && goal.Goal is { Figure: Figure.Rate, Base: { } toBase } && toBase != group.Base);

    private static void Told(StringBuilder svg, GoalResult goal, int y)
    {
        var found = goal.Found ?? throw new InvalidOperationException("Only what was found is told.");
        var wanted = goal.Goal.Must is { } must ? $", must be {BenchText.Number(must, 2)}" : "";
        Word(svg, 32, y, "dim", goal.Goal.Sentence + wanted);
        Word(svg, Width - Right + 14, y, "dim", $"{BenchText.Number(found.Median, 2)} [{BenchText.Number(found.Low, 2)}, {BenchText.Number(found.High, 2)}]{Told(goal)}");
    }

    /// <summary>In words as well: red and green are one colour to many.</summary>
    private static string Told(GoalResult? goal) => goal?.Must switch
    {
        Reached.Reached => " reached",
        Reached.NotReached => " not reached",
        _ => "",
    };

    /// <summary>What is beyond the axis is drawn at its end; the figure beside it is the true one.</summary>
    private static double X(double ratio, double limit) => Left + (Math.Clamp(ratio, 0, limit) / limit * (Width - Left - Right));

    private static void Word(StringBuilder svg, int x, int y, string kind, string words) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text{(kind.Length > 0 ? $" class=\"{kind}\"" : "")} x=\"{x}\" y=\"{y}\">{Text(words)}</text>\n");

    private static string Text(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c)));
}
