using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Bench;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// Full load for minutes, with a graceful restart every five seconds and one worker killed every second. A
/// killed worker may cost two requests: the one it serves, and the connection that waits in its hands.
/// </summary>
internal sealed class BenchSoak(BenchWorkload workloads, BenchPace pace)
{
    private const int Kill = 9;
    private const int User1 = 10;
    private const int OutAtAWorker = 2;
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    public async Task<WorkloadResult> Run(Workload workload, IStepProgress progress, CancellationToken cancel)
    {
        var arm = workload.Arms[0];
        var found = new BenchWorkload.Found();
        var sites = await workloads.Sites(arm.Layout, cancel);
        await using var server = await workloads.Start(arm, sites, cancel);
        found.Configuration[arm.Name] = server.Configuration;
        var seconds = (int)Math.Ceiling(pace.Soak.TotalSeconds);

        // Half of the clients come anew for every request, half of them stay: these with one host, for a connection
        // that has been one pool's is closed when it asks for another's.
        ImmutableArray<Load> loads = [arm.Load with { Connections = 8 }, arm.Load with { Connections = 8, KeepAlive = true, Hosts = 1 }];
        foreach (var load in loads)
        {
            found.Commands[load.KeepAlive ? "keep-alive" : "new connections"] = string.Join(' ', server.Command(load, arm.Layout, 0, seconds).Select(ShellQuoting.Quote));
        }

        var running = Task.WhenAll(loads.Select(load => server.Beside(server.Command(load, arm.Layout, 0, seconds), pace.Soak + s_patience, cancel)));
        var (series, restarts, kills) = await Disturb(server, workload.Kills, running, seconds, progress, cancel);
        var answers = (await running).Select(answer => Generators.Read(Generator.Wrk, answer.Output)).ToImmutableArray();
        if (answers.Any(answer => answer is null))
        {
            found.Notes.Add("a generator ended without figures: the soak says nothing");
        }

        foreach (var (load, answer) in loads.Zip(answers).Where(one => one.Second is not null))
        {
            found.Notes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{(load.KeepAlive ? "keep-alive" : "new connections")}: {answer?.Requests} requests, {answer?.Refused} errors, {answer?.Failed} failed{(answer?.How.Length > 0 ? $" ({answer.How})" : "")}"));
        }

        if (server.Errors() is { } errors)
        {
            found.Notes.Add(errors);
        }

        return workloads.Result(workload, [], found) with { Soak = Judged(answers, series, restarts, kills) };
    }

    /// <summary>Restarts, kills and looks until the load is over.</summary>
    private static async Task<(ImmutableArray<SoakSample> Series, int Restarts, int Kills)> Disturb(BenchServer server, bool killing, Task running, int seconds, IStepProgress progress, CancellationToken cancel)
    {
        var series = ImmutableArray.CreateBuilder<SoakSample>();
        var (restarts, kills, victim) = (0, 0, 0);
        for (var second = 1; !running.IsCompleted; second++)
        {
            await Task.WhenAny(running, Task.Delay(s_second, cancel));
            cancel.ThrowIfCancellationRequested();
            progress.Report(second, seconds);
            if (running.IsCompleted || second >= seconds)
            {
                // The load's last second is left alone: what it asks then is to be answered.
                continue;
            }

            var all = server.Processes(memory: true, descriptors: true);
            series.Add(new SoakSample(
                second,
                all.Length,
                all.Any(process => process.Descriptors is null) ? null : all.Sum(process => process.Descriptors),
                all.Any(process => process.Pss is null) ? null : all.Sum(process => process.Pss)));
            var workers = all.Where(process => process.Uid >= BenchPlace.FirstUser && process.Uid < BenchPlace.FirstUser + BenchPlace.MostUsers).OrderBy(process => process.Pid).ToImmutableArray();
            if (killing && !workers.IsEmpty)
            {
                server.Signal(workers[victim++ % workers.Length].Pid, Kill);
                kills++;
            }

            if (second % 5 == 0)
            {
                server.Signal(server.Init, User1);
                restarts++;
            }

            progress.Now(string.Create(CultureInfo.InvariantCulture, $"soak: {all.Length} processes, {restarts} restarts, {kills} killed"));
        }

        return (series.ToImmutable(), restarts, kills);
    }

    private SoakResult Judged(ImmutableArray<LoadAnswer?> answers, ImmutableArray<SoakSample> series, int restarts, int kills)
    {
        var whole = answers.All(answer => answer is not null);
        long Sum(Func<LoadAnswer, long> of) => whole ? answers.OfType<LoadAnswer>().Sum(of) : 0;
        var failed = Sum(answer => answer.Failed);
        var allowed = kills * OutAtAWorker;
        return new SoakResult(
            Math.Round(pace.Soak.TotalMinutes, 2),
            Sum(answer => answer.Requests),
            Sum(answer => answer.Refused),
            failed,
            restarts,
            kills,
            allowed,
            Math.Max(0, failed - allowed),
            [
                .. new[]
                {
                    Judgement.Growth("processes", series.Select(one => (double?)one.Processes), 3),
                    Judgement.Growth("descriptors", series.Select(one => (double?)one.Descriptors), 20),
                    Judgement.Growth("memory (PSS)", series.Select(one => (double?)one.Pss), 4 << 20),
                }.OfType<Growth>(),
            ],
            series);
    }
}
