using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Bench;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <param name="Rounds">Of a judged run at least <see cref="Judgement.PairsToJudge"/>.</param>
/// <param name="Seconds">Of one measurement.</param>
/// <param name="Profile">Where the time goes is looked at after the rounds.</param>
internal sealed record BenchPace(int Rounds, int Seconds, ulong Seed, TimeSpan Soak, bool Profile)
{
    /// <summary>False for a look, whose figures have intervals and no verdict.</summary>
    public bool IsJudged { get; init; } = true;
}

/// <summary>Measures one workload: its servers up side by side, one of them under load at a time.</summary>
internal sealed class BenchWorkload(BenchGround ground, BenchPace pace)
{
    /// <summary>Seconds for asking every host once; it is over when all have answered.</summary>
    private const int LongestWarming = 120;

    public async Task<WorkloadResult> Run(Workload workload, IStepProgress progress, CancellationToken cancel) => workload.Kind switch
    {
        WorkloadKind.Load => await Loads(workload, progress, cancel),
        WorkloadKind.Start => await Starts(workload, progress, cancel),
        WorkloadKind.Memory => await Memory(workload, progress, cancel),
        WorkloadKind.Soak => await new BenchSoak(this, pace).Run(workload, progress, cancel),
        _ => throw new ArgumentOutOfRangeException(nameof(workload)),
    };

    /// <summary>The sites' files, one folder for all servers: they read the very same pages.</summary>
    public async Task<string> Sites(Layout layout, CancellationToken cancel)
    {
        var folder = Path.Combine(ground.Folder, string.Create(CultureInfo.InvariantCulture, $"sites-{layout.Sites}"));
        await ground.Outside.Roots.Remove(folder, cancel);
        for (var site = 0; site <= layout.Sites; site++)
        {
            var below = Directory.CreateDirectory(Path.Combine(folder, site.ToString(CultureInfo.InvariantCulture))).FullName;
            foreach (var (path, text) in BenchPlace.SiteFiles(layout, site))
            {
                await File.WriteAllTextAsync(Path.Combine(below, path), text, cancel);
            }
        }

        return folder;
    }

    public Task<BenchServer> Start(Arm arm, string sites, CancellationToken cancel) =>
        BenchServer.Start(ground, ground.Suite.Variant(arm.Variant), arm.Layout, sites, NameOf(arm), cancel);

    public WorkloadResult Result(Workload workload, ImmutableArray<Measurement> measurements, Found found) => new(
        workload.Name,
        workload.What,
        workload.Kind,
        workload.Base,
        pace.Rounds,
        pace.Seconds,
        pace.Seed,
        null,
        Judgement.Arms(workload, measurements, pace.Seed, found.Memory),
        [.. workload.Goals.Select(goal => pace.IsJudged ? Judgement.Goal(goal, measurements, pace.Seed) : Judgement.Look(goal, measurements, pace.Seed))],
        measurements,
        [.. found.Notes],
        found.Configuration.ToImmutableSortedDictionary(StringComparer.Ordinal),
        found.Commands.ToImmutableSortedDictionary(StringComparer.Ordinal));

    /// <summary>What is collected on the way beside the figures.</summary>
    public sealed class Found
    {
        public List<string> Notes { get; } = [];

        public Dictionary<string, string> Configuration { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Commands { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, MemoryResult> Memory { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>Arms of one name are of one server.</summary>
    private static string NameOf(Arm arm) =>
        arm.Variant + (arm.Crowd > 0 ? "-crowd" : "") + (arm.Layout.Users > 0 ? string.Create(CultureInfo.InvariantCulture, $"-{arm.Layout.Users}-users") : "");

    private async Task<WorkloadResult> Loads(Workload workload, IStepProgress progress, CancellationToken cancel)
    {
        var found = new Found();
        var servers = new Dictionary<string, BenchServer>(StringComparer.Ordinal);
        try
        {
            var sites = await Sites(workload.Arms[0].Layout, cancel);
            foreach (var arm in workload.Arms)
            {
                if (!servers.ContainsKey(NameOf(arm)))
                {
                    progress.Now($"starting {NameOf(arm)}");
                    servers[NameOf(arm)] = await Started(workload, arm, sites, found, cancel);
                }

                found.Commands[arm.Name] = string.Join(' ', servers[NameOf(arm)].Command(arm.Load, arm.Layout, 0, pace.Seconds).Select(ShellQuoting.Quote));
            }

            found.Notes.Insert(0, $"processor time: {servers.Values.First().Cpu.Source}");
            await WarmUp(workload, servers, found, progress, cancel);
            var measurements = await Rounds(workload, servers, progress, cancel);
            foreach (var (name, server) in servers)
            {
                if (server.Errors() is { } errors)
                {
                    found.Notes.Add($"{name}: {errors}");
                }
            }

            return Result(workload, measurements, found) with { Profiles = pace.Profile ? await new BenchProfile(ground, pace).Run(workload, arm => servers[NameOf(arm)], cancel) : [] };
        }
        finally
        {
            foreach (var server in servers.Values)
            {
                await server.DisposeAsync();
            }
        }
    }

    private async Task<BenchServer> Started(Workload workload, Arm arm, string sites, Found found, CancellationToken cancel)
    {
        var server = await Start(arm, sites, cancel);
        found.Configuration[NameOf(arm)] = server.Configuration;
        if (arm.Crowd > 0)
        {
            // It stays for the whole workload, however long the rounds take.
            var seconds = 600 + ((pace.Rounds + 2) * workload.Arms.Length * (pace.Seconds + Generators.Patience + 2));
            var (there, ended) = await server.Crowd(arm.Crowd, seconds, cancel);
            found.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"{NameOf(arm)}: {there} of {arm.Crowd} idle clients are connected{(ended is null ? "" : ", and their generator ended: " + ended)}"));
        }

        return server;
    }

    /// <summary>Every arm once, not counted: workers are there, pages are in memory, branch predictors know their way.</summary>
    private async Task WarmUp(Workload workload, Dictionary<string, BenchServer> servers, Found found, IStepProgress progress, CancellationToken cancel)
    {
        foreach (var arm in workload.Arms.Where(arm => !arm.Load.Fresh && arm.Crowd == 0))
        {
            progress.Now($"warming {arm.Name}");
            if (arm.Load.Hosts > 1 && ground.Suite.Variant(arm.Variant).KeepsWorkers)
            {
                // Each host once, so that every pool has a process; no other server keeps any for a host.
                await servers[NameOf(arm)].Load(arm.Load with { Connections = 1, Fresh = true }, arm.Layout, 0, LongestWarming, cancel);
            }

            await servers[NameOf(arm)].Load(arm.Load, arm.Layout, 0, Math.Min(2, pace.Seconds), cancel);
        }

        // What the last one's connections had is given back first.
        await Task.Delay(500, cancel);
        foreach (var arm in workload.Arms)
        {
            found.Memory[arm.Name] = servers[NameOf(arm)].Memory();
        }
    }

    private async Task<ImmutableArray<Measurement>> Rounds(Workload workload, Dictionary<string, BenchServer> servers, IStepProgress progress, CancellationToken cancel)
    {
        var draws = new Draws(pace.Seed);
        var all = ImmutableArray.CreateBuilder<Measurement>();
        for (var round = 0; round < pace.Rounds; round++)
        {
            foreach (var arm in draws.Shuffled(workload.Arms))
            {
                progress.Report(all.Count, (long)pace.Rounds * workload.Arms.Length);
                progress.Now(string.Create(CultureInfo.InvariantCulture, $"{workload.Name}, round {round + 1}: {arm.Name}"));
                var measured = await servers[NameOf(arm)].Measure(arm, round, pace.Seconds, cancel);
                all.Add(measured);
                if (!measured.Counts)
                {
                    ground.Outside.Story.Detail(string.Create(CultureInfo.InvariantCulture, $"{workload.Name}, round {round + 1}, {arm.Name} does not count: {string.Join("; ", measured.Complaints)}"));
                }
            }
        }

        return all.ToImmutable();
    }

    private async Task<WorkloadResult> Starts(Workload workload, IStepProgress progress, CancellationToken cancel)
    {
        var draws = new Draws(pace.Seed);
        var found = new Found();
        var sites = await Sites(workload.Arms[0].Layout, cancel);
        var all = ImmutableArray.CreateBuilder<Measurement>();
        for (var round = 0; round < pace.Rounds; round++)
        {
            foreach (var arm in draws.Shuffled(workload.Arms))
            {
                progress.Report(all.Count, (long)pace.Rounds * workload.Arms.Length);
                progress.Now(string.Create(CultureInfo.InvariantCulture, $"{workload.Name}, round {round + 1}: {arm.Name}"));
                await using var server = await Start(arm, sites, cancel);
                found.Configuration[arm.Name] = server.Configuration;
                all.Add(new Measurement(round, arm.Name, 0, null, null, null, null, null, server.StartSeconds, []));
            }
        }

        return Result(workload, all.ToImmutable(), found);
    }

    private async Task<WorkloadResult> Memory(Workload workload, IStepProgress progress, CancellationToken cancel)
    {
        var found = new Found();
        foreach (var arm in workload.Arms)
        {
            progress.Now($"memory: {arm.Name}");
            var sites = await Sites(arm.Layout, cancel);
            await using var server = await Start(arm, sites, cancel);
            found.Configuration[arm.Name] = server.Configuration;
            found.Commands[arm.Name] = string.Join(' ', server.Command(arm.Load, arm.Layout, 0, LongestWarming).Select(ShellQuoting.Quote));
            await Task.Delay(1500, cancel);
            var idle = server.Memory();
            var (asked, _) = await server.Load(arm.Load, arm.Layout, 0, LongestWarming, cancel);
            if (asked is null || Generators.Complaints(arm.Load, asked) is { IsEmpty: false })
            {
                found.Notes.Add($"{arm.Name}: not every host answered");
            }

            await Task.Delay(1500, cancel);
            var warm = server.Memory();
            found.Memory[arm.Name] = idle with { AskedProcesses = warm.Processes, AskedPss = warm.Pss };
        }

        foreach (var variant in workload.Arms.Select(arm => arm.Variant).Distinct())
        {
            Costs(workload, variant, found);
        }

        return Result(workload, [], found);
    }

    /// <summary>What a pool costs: the difference of few and many hosts, and of before and after they were asked.</summary>
    private static void Costs(Workload workload, string variant, Found found)
    {
        if (workload.Arms.Where(arm => arm.Variant == variant).OrderBy(arm => arm.Layout.Sites).ToArray() is not [var few, var many]
            || found.Memory[few.Name] is not { Pss: { } fewIdle } fewFound
            || found.Memory[many.Name] is not { Pss: { } manyIdle, AskedPss: { } manyAsked } manyFound)
        {
            return;
        }

        var hosts = many.Layout.Sites - few.Layout.Sites;
        found.Notes.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{variant}: a host that nobody asks costs {(manyIdle - fewIdle) / 1024.0 / hosts:f1} KB and {(manyFound.Processes - fewFound.Processes) / (double)hosts:f3} processes; one that was asked {(manyAsked - manyIdle) / 1024.0 / many.Load.Hosts:f1} KB and {((manyFound.AskedProcesses ?? 0) - manyFound.Processes) / (double)many.Load.Hosts:f3} processes more"));
    }
}
