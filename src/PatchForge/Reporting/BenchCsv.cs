using System.Globalization;
using System.Text;
using PatchForge.Bench;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>Every single measurement as a row (RFC 4180), for people who do their own arithmetic.</summary>
public static class BenchCsv
{
    private const string Heads = "workload,round,arm,counts,requests,requests_per_second,p50_us,p99_us,max_us,cpu_us_per_request,start_s,complaints";

    public static string Of(BenchAnswer answer)
    {
        var text = new StringBuilder(Heads).Append('\n');
        foreach (var workload in answer.Workloads)
        {
            foreach (var one in workload.Measurements)
            {
                text.AppendJoin(
                    ',',
                    Field(workload.Name),
                    one.Round.ToString(CultureInfo.InvariantCulture),
                    Field(one.Arm),
                    one.Counts ? "yes" : "no",
                    one.Requests.ToString(CultureInfo.InvariantCulture),
                    Figure(one.Rate),
                    Figure(one.Typical),
                    Figure(one.Slow),
                    Figure(one.Slowest),
                    Figure(one.CpuMicroseconds),
                    Figure(one.StartSeconds),
                    Field(string.Join("; ", one.Complaints))).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Figure(double? figure) => figure is { } known ? known.ToString("0.###", CultureInfo.InvariantCulture) : "";

    private static string Field(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
