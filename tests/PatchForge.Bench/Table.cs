using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PatchForge.EngineBench;

/// <summary>The answer as Markdown, ready for docs/engine-bench.md.</summary>
internal static class Table
{
    public static string Of(string name, ImmutableArray<Figures> figures)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n### {name}\n\n| | median ms [quarters] | against {figures[0].Arm} |\n|---|---|---|\n");
        foreach (var arm in figures)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {arm.Arm} | {Ms(arm.Seconds.Median)} [{Ms(arm.Seconds.LowerQuarter)}, {Ms(arm.Seconds.UpperQuarter)}] | ");
            text.Append(arm.AgainstFirst is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:0.00} [{ratio.Low:0.00}, {ratio.High:0.00}] |\n") : "1 |\n");
        }

        return text.ToString();
    }

    /// <param name="seconds">Median seconds by patches and releases.</param>
    public static string OfGrid(ImmutableArray<int> releases, ImmutableArray<int> patches, Func<int, int, double> seconds)
    {
        var text = new StringBuilder("\n### status, releases by patches: median ms (µs a release and patch)\n\n| patches | ");
        text.AppendJoin(" | ", releases.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count} release{(count == 1 ? "" : "s")}"))).Append(" |\n|---|");
        text.Append(string.Concat(releases.Select(_ => "---|"))).Append('\n');
        foreach (var count in patches)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {count} | ");
            text.AppendJoin(" | ", releases.Select(many => string.Create(CultureInfo.InvariantCulture, $"{Ms(seconds(many, count))} ({seconds(many, count) * 1e6 / (many * count):0})"))).Append(" |\n");
        }

        return text.ToString();
    }

    private static string Ms(double seconds) => (seconds * 1000).ToString(seconds < 0.1 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
