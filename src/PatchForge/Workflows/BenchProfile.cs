using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Bench;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// Where the servers' time goes: perf(1) by function, strace(1) by system call, whichever this machine has. Done
/// after the rounds, for both slow the server down.
/// </summary>
internal sealed class BenchProfile(BenchGround ground, BenchPace pace)
{
    private const int Lines = 45;

    public async Task<ImmutableArray<ProfileResult>> Run(Workload workload, Func<Arm, BenchServer> serverOf, CancellationToken cancel)
    {
        var processes = ground.Outside.Processes;
        var (perf, strace) = (processes.Find("perf") is not null, processes.Find("strace") is not null);
        if (!perf && !strace)
        {
            throw Failure.Missing("a profile needs perf or strace, and neither is on this machine", "apt-get install linux-perf strace; emerge dev-util/perf dev-debug/strace");
        }

        var found = ImmutableArray.CreateBuilder<ProfileResult>();
        foreach (var arm in workload.Arms.Where(arm => !arm.Load.Fresh))
        {
            if (perf)
            {
                found.Add(await During(arm, serverOf(arm), "perf", Perf, cancel));
            }

            if (strace)
            {
                found.Add(await During(arm, serverOf(arm), "strace", Strace, cancel));
            }
        }

        return found.ToImmutable();
    }

    private async Task<ProfileResult> During(Arm arm, BenchServer server, string by, Func<string, CancellationToken, Task<string>> look, CancellationToken cancel)
    {
        var load = server.Load(arm.Load, arm.Layout, 0, pace.Seconds + 2, cancel);
        var pids = string.Join(',', server.Processes().Select(process => process.Pid.ToString(CultureInfo.InvariantCulture)));
        var text = await look(pids, cancel);
        var (figures, _) = await load;
        var head = figures is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{figures.Rate:f0} requests/s while {by} looked on\n");
        return new ProfileResult(arm.Name, by, head + text);
    }

    private async Task<string> Perf(string pids, CancellationToken cancel)
    {
        var file = Path.Combine(ground.Folder, "perf.data");

        // cpu-clock: virtual machines often have no counters of the processor's own.
        var recorded = await Ask(["perf", "record", "-q", "-e", "cpu-clock", "-F", "997", "-o", file, "-p", pids, "--", "sleep", Number(pace.Seconds)], cancel);
        if (!recorded.Succeeded)
        {
            return "perf: " + LogFile.LastWord(recorded);
        }

        var report = await Ask(["perf", "report", "-i", file, "--stdio", "--no-children", "-g", "none", "--sort", "dso,symbol", "--percent-limit", "0.4"], cancel);
        return string.Join('\n', report.Output.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Take(Lines).Select(line => line.TrimEnd()));
    }

    private async Task<string> Strace(string pids, CancellationToken cancel)
    {
        var file = Path.Combine(ground.Folder, "strace.txt");
        var answer = await Ask(["timeout", "--signal=INT", Number(pace.Seconds), "strace", "-q", "-c", "-f", "-o", file, "-p", pids], cancel);
        return File.Exists(file) && new FileInfo(file).Length > 0
            ? string.Join('\n', (await File.ReadAllLinesAsync(file, cancel)).Take(Lines))
            : "strace: " + LogFile.LastWord(answer);
    }

    private Task<ProcessAnswer> Ask(ImmutableArray<string> command, CancellationToken cancel) =>
        ground.Outside.Processes.Run(new ProcessRequest(command[0], command[1..]) { TimeLimit = TimeSpan.FromSeconds(pace.Seconds + 60) }, cancel);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
