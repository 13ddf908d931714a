using System.Text.Json;
using System.Xml.Linq;
using PatchForge.Bench;
using PatchForge.Reporting;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.Tests.Reporting;

public sealed class BenchReportTests
{
    [Fact]
    public void The_plot_is_the_one_that_was_looked_at() => Golden.Check("tests/testdata/bench/plot.svg", BenchSvg.Of(SampleBench.Answer));

    [Fact]
    public void The_text_is_the_one_that_was_looked_at() => Golden.Check("tests/testdata/bench/answer.txt", BenchText.Of(SampleBench.Answer));

    [Fact]
    public void The_plot_is_well_formed_and_nothing_of_it_lies_outside()
    {
        var svg = XDocument.Parse(BenchSvg.Of(SampleBench.Answer)).Root!; // a document has a root
        var box = svg.Attribute("viewBox")!.Value.Split(' ').Select(double.Parse).ToArray(); // the plot has one
        var across = svg.Descendants().SelectMany(one => one.Attributes()).Where(one => one.Name.LocalName is "x" or "x1" or "x2" or "cx").Select(one => double.Parse(one.Value));
        var down = svg.Descendants().SelectMany(one => one.Attributes()).Where(one => one.Name.LocalName is "y" or "y1" or "y2" or "cy").Select(one => double.Parse(one.Value));
        Assert.All(across, x => Assert.InRange(x, 0, box[2]));
        Assert.All(down, y => Assert.InRange(y, 0, box[3]));
    }

    [Fact]
    public void A_ratio_beyond_the_axis_is_drawn_at_its_end_and_told_as_it_is()
    {
        var svg = BenchSvg.Of(With(40));
        Assert.Contains("40.00 [40.00, 40.00]", svg, StringComparison.Ordinal);
        Assert.Contains("cx=\"700\"", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_judged_is_marked_and_what_is_not_says_why()
    {
        var text = BenchText.Of(SampleBench.Answer);
        Assert.Contains("must 0.95: reached; aim 1.00: NOT reached", text, StringComparison.Ordinal);
        Assert.Contains("must 1.00: NOT reached; aim 1.20: NOT reached", text, StringComparison.Ordinal);
        Assert.Contains("not judged: 3 pairs that count, 20 are needed", text, StringComparison.Ordinal);
        Assert.Contains("does not count, 1 times: pool: 7 answers were errors", text, StringComparison.Ordinal);
        Assert.Contains("not measured: no source package of PHP is in reach", text, StringComparison.Ordinal);
        Assert.False(SampleBench.Answer.Succeeded);
    }

    [Fact]
    public void The_page_tells_the_same_and_keeps_foreign_words_from_being_markup()
    {
        var page = BenchHtml.Of(SampleBench.Answer);
        Assert.Contains("A processor &lt;of&gt; some kind", page, StringComparison.Ordinal);
        Assert.Contains("<b class=\"bad\">NOT reached</b>", page, StringComparison.Ordinal);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains("Not measured: no source package of PHP", page, StringComparison.Ordinal);
        Assert.Contains("Listen 0.0.0.0:8080", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_measurement_is_a_row_with_as_many_fields_as_there_are_heads()
    {
        var lines = BenchCsv.Of(SampleBench.Answer).TrimEnd('\n').Split('\n');
        Assert.Equal(1 + SampleBench.Answer.Workloads.Sum(workload => workload.Measurements.Length), lines.Length);
        Assert.All(lines.Where(line => !line.Contains('"', StringComparison.Ordinal)), line => Assert.Equal(12, line.Split(',').Length));
        Assert.Contains(lines, line => line.StartsWith("with-errors,2,pool,no,", StringComparison.Ordinal) && line.EndsWith(",\"7 answers were errors, \"\"sic\"\"\"", StringComparison.Ordinal));
    }

    [Fact]
    public void A_workload_that_was_kept_comes_back_as_it_was()
    {
        var one = SampleBench.Answer.Workloads[0];
        var text = JsonSerializer.Serialize(one, BenchJson.Default.WorkloadResult);
        var back = JsonSerializer.Deserialize(text, BenchJson.Default.WorkloadResult);
        Assert.Equal(text, JsonSerializer.Serialize(back, BenchJson.Default.WorkloadResult));
        Assert.Equal(one.Measurements, back?.Measurements);
        Assert.Equal(one.Goals.Select(goal => goal.Must), back?.Goals.Select(goal => goal.Must) ?? []);
    }

    [Fact]
    public void Kinds_and_verdicts_are_words_in_JSON()
    {
        var text = JsonText.Of(SampleBench.Answer, Json.Default.BenchAnswer);
        Assert.Contains("\"kind\": \"Load\"", text, StringComparison.Ordinal);
        Assert.Contains("\"must\": \"Reached\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_soak_that_lost_a_request_has_failed()
    {
        var soak = SampleBench.Answer.Workloads[^1].Soak!; // the sample's last one is a soak
        Assert.True(soak.Passed);
        Assert.False((soak with { Lost = 1 }).Passed);
        Assert.False((soak with { Refused = 1 }).Passed);
        Assert.False((soak with { Requests = 0 }).Passed);
        Assert.False((soak with { Growths = [new Growth("processes", 6, 60, true)] }).Passed);
    }

    private static BenchAnswer With(double ratio)
    {
        var first = SampleBench.Answer.Workloads[0];
        return SampleBench.Answer with { Workloads = [first with { Arms = [.. first.Arms.Select(arm => arm.Ratio is null ? arm : arm with { Ratio = new Interval(25, ratio, ratio, ratio) })] }] };
    }
}
