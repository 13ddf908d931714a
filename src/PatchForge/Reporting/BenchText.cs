using System.Globalization;
using System.Text;
using PatchForge.Bench;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>bench</c> says on standard output, and how its figures are written everywhere.</summary>
public static class BenchText
{
    public static string Of(BenchAnswer answer)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line($"{answer.Release} in {answer.Root}: {Settings(answer)}");
        Line($"{answer.Machine.Processor}, {Number(answer.Machine.Cores, 0)} cores, {answer.Machine.Distribution}, Linux {answer.Machine.Kernel}; load averages when it began: {answer.Machine.Load}");
        foreach (var workload in answer.Workloads)
        {
            Line("");
            Line($"{workload.Name}: {workload.What}");
            if (workload.Skipped is { } why)
            {
                Line("  not measured: " + why);
                continue;
            }

            if (HasTable(workload))
            {
                text.Append(TextTable.Of(Heads(workload), workload.Arms.Select(arm => (IReadOnlyList<string>)Row(workload, arm))));
            }

            foreach (var goal in workload.Goals)
            {
                Line($"  goal: {goal.Goal.Sentence}: {Goal(goal)}");
            }

            if (workload.Soak is { } soak)
            {
                Soak(Line, soak);
            }

            foreach (var note in workload.Notes.Concat(Complaints(workload)))
            {
                Line("  " + note);
            }

            foreach (var profile in workload.Profiles)
            {
                Line($"\n{profile.Arm}, by {profile.By}:\n{profile.Text}");
            }
        }

        return text.ToString();
    }

    public static string Settings(BenchAnswer answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"{answer.Rounds} rounds of {answer.Seconds} s a measurement, seed {answer.Seed}{(answer.Quick ? "; a quick look: nothing is judged" : "")}");

    /// <summary>The columns that this workload has figures for.</summary>
    public static string[] Heads(WorkloadResult workload) => [.. Columns(workload).Select(column => column.Head)];

    /// <summary>A soak has figures of its own and no arms to compare.</summary>
    public static bool HasTable(WorkloadResult workload) => workload.Kind != WorkloadKind.Soak;

    public static string[] Row(WorkloadResult workload, ArmResult arm) => [.. Columns(workload).Select(column => column.Cell(arm))];

    public static string Goal(GoalResult goal)
    {
        var found = goal.Found is { } interval ? $"{Ratio(interval)}, {(goal.Goal.Base is null ? "measurements" : "pairs")}: {Number(interval.Pairs, 0)}" : "nothing found";
        if (goal.Why is { } why)
        {
            return $"{found}; {Wanted("must", goal.Goal.Must, goal.Goal.AtMost)}{Wanted("aim", goal.Goal.Aim, goal.Goal.AtMost)}not judged: {why}";
        }

        var verdicts = new[] { ("must", goal.Goal.Must, goal.Must), ("aim", goal.Goal.Aim, goal.Aimed) }
            .Where(one => one.Item2 is not null)
            .Select(one => Wanted(one.Item1, one.Item2, goal.Goal.AtMost).TrimEnd(' ', ';') + ": " + Word(one.Item3));
        return $"{found}; {string.Join("; ", verdicts)}";
    }

    public static string Word(Reached reached) => reached switch
    {
        Reached.Reached => "reached",
        Reached.NotReached => "NOT reached",
        _ => "not judged",
    };

    public static string Ratio(Interval interval) => $"{Number(interval.Median, 3)} [{Number(interval.Low, 3)}, {Number(interval.High, 3)}]";

    public static string Number(double number, int digits) => number.ToString((digits == 0 ? "#,##0" : "0.") + new string('0', digits), CultureInfo.InvariantCulture);

    public static string Bytes(long? bytes) => bytes is { } known ? Number(known / 1048576.0, 1) + " MB" : "-";

    /// <summary>What does not count, and how often: nothing is left out silently.</summary>
    public static IEnumerable<string> Complaints(WorkloadResult workload) =>
        workload.Measurements.SelectMany(one => one.Complaints.Select(why => (one.Arm, Why: why)))
            .GroupBy(one => one.Arm)
            .Select(arm => $"does not count, {Number(workload.Measurements.Count(one => one.Arm == arm.Key && !one.Counts), 0)} times: {arm.Key}: {string.Join("; ", arm.Select(one => one.Why).Distinct().Take(5))}");

    public static IEnumerable<string> SoakLines(SoakResult soak)
    {
        yield return $"{Number(soak.Minutes, 1)} minutes: {Number(soak.Requests, 0)} requests, {Number(soak.Restarts, 0)} graceful restarts, {Number(soak.Kills, 0)} workers killed";
        yield return $"{Number(soak.Refused, 0)} answers were errors; {Number(soak.Failed, 0)} requests failed, {Number(soak.Allowed, 0)} could have been those of killed workers; lost beyond them: {Number(soak.Lost, 0)}";
        foreach (var growth in soak.Growths)
        {
            yield return $"{growth.What}: {Number(growth.First, 0)} in the first third, {Number(growth.Last, 0)} in the last{(growth.Grew ? ": GREW" : "")}";
        }
    }

    private static void Soak(Action<string> line, SoakResult soak)
    {
        foreach (var one in SoakLines(soak))
        {
            line("  " + one);
        }

        line(soak.Passed ? "  passed" : "  FAILED");
    }

    private static string Wanted(string word, double? wanted, bool atMost) =>
        wanted is { } number ? $"{word} {(atMost ? "at most " : "")}{Number(number, 2)}; " : "";

    private static IEnumerable<(string Head, Func<ArmResult, string> Cell)> Columns(WorkloadResult workload)
    {
        var arms = workload.Arms;
        yield return ("", arm => arm.Name);
        if (arms.Any(arm => arm.Rate is not null))
        {
            yield return ("requests/s", arm => arm.Rate is { } rate ? $"{Number(rate.Median, 0)} ({Number(rate.LowerQuarter, 0)} to {Number(rate.UpperQuarter, 0)})" : "-");
            yield return ("p50 ms", arm => Milliseconds(arm.Typical));
            yield return ("p99 ms", arm => Milliseconds(arm.Slow));
            yield return ("CPU us/request", arm => arm.CpuMicroseconds is { } cpu ? Number(cpu.Median, 1) : "-");
        }

        if (arms.Any(arm => arm.StartSeconds is not null))
        {
            yield return ("start s", arm => arm.StartSeconds is { } start ? $"{Number(start.Median, 2)} ({Number(start.LowerQuarter, 2)} to {Number(start.UpperQuarter, 2)})" : "-");
        }

        if (arms.Any(arm => arm.Memory is not null))
        {
            yield return ("processes", arm => arm.Memory is { } memory ? Number(memory.Processes, 0) : "-");
            yield return ("PSS", arm => Bytes(arm.Memory?.Pss));
        }

        if (arms.Any(arm => arm.Memory?.AskedProcesses is not null))
        {
            yield return ("processes, asked", arm => arm.Memory?.AskedProcesses is { } asked ? Number(asked, 0) : "-");
            yield return ("PSS, asked", arm => Bytes(arm.Memory?.AskedPss));
        }

        if (workload.Base is { } toBase && arms.Any(arm => arm.Ratio is not null))
        {
            yield return ("to " + toBase, arm => arm.Ratio is { } ratio ? Ratio(ratio) : arm.Name == toBase ? "1" : "-");
        }

        if (arms.Any(arm => arm.SecondRatio is not null))
        {
            yield return ("to " + Variant.Tuned, arm => arm.SecondRatio is { } ratio ? Ratio(ratio) : arm.Name == Variant.Tuned ? "1" : "-");
        }

        if (arms.Any(arm => arm.Invalid > 0))
        {
            yield return ("rounds that do not count", arm => Number(arm.Invalid, 0));
        }
    }

    private static string Milliseconds(Spread? microseconds) => microseconds is { } spread ? Number(spread.Median / 1000, 2) : "-";
}
