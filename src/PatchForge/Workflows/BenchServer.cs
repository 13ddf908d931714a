using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Bench;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>What every measured server of a run has in common.</summary>
/// <param name="Images">By the name of <see cref="Variant.Image"/>; each becomes BuildPlan.Prefix.</param>
/// <param name="Folder">The machine's folder of this run, below the state folder.</param>
internal sealed record BenchGround(Outside Outside, RootTree Root, ImmutableSortedDictionary<string, string> Images, string Folder)
{
    /// <summary>The line's: its servers, how their configuration is written, and what runs their scripts.</summary>
    public required Suite Suite { get; init; }

    public static ServerParts Parts(string image)
    {
        var place = ServerPlace.Find(image);
        return new ServerParts(place.Binary, Path.GetDirectoryName(place.Binary) + "/ab", place.Modules, place.ModuleFiles);
    }
}

/// <summary>One server that is up, in a root of its own, until it is disposed of.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(120);

    private readonly BenchGround _ground;
    private readonly string _folder;
    private readonly CancellationTokenSource _over;
    private readonly Task<ProcessAnswer> _run;
    private readonly ServerParts _parts;
    private Task<ProcessAnswer>? _crowd;
    private ICpuMeter? _meter;

    private BenchServer(BenchGround ground, string folder, string configuration, ServerParts parts, CancellationTokenSource over, Task<ProcessAnswer> run)
    {
        _ground = ground;
        _folder = folder;
        _parts = parts;
        _over = over;
        _run = run;
        Configuration = configuration;
    }

    /// <summary>The first process of its namespaces, as the machine numbers it.</summary>
    public int Init { get; private set; }

    public double StartSeconds { get; private set; }

    /// <summary>Its own, and its pools' where it has any.</summary>
    public string Configuration { get; }

    public ICpuMeter Cpu => _meter ?? throw new InvalidOperationException("The server has not started.");

    /// <exception cref="Failure">Refused, when it does not start, with what it said.</exception>
    public static async Task<BenchServer> Start(BenchGround ground, Variant variant, Layout layout, string sites, string name, CancellationToken cancel)
    {
        var image = ground.Images[variant.Image];
        var parts = BenchGround.Parts(image) with { Dialect = ground.Suite.Dialect, Php = ground.Suite.Php };
        var configuration = BenchConf.Text(variant, layout, parts);
        var folder = Path.Combine(ground.Folder, name);
        await ground.Outside.Roots.Remove(folder, cancel);
        Directory.CreateDirectory(folder);
        Write(folder, BenchPlace.Configuration, configuration);
        Write(folder, BenchPlace.Script, Generators.WrkScript);
        var fpm = layout.Php ? FpmConf.Text(variant, layout) : null;
        if (fpm is not null)
        {
            Write(folder, BenchPlace.Pools, fpm);
            configuration += $"\n# {BenchPlace.Pools}\n{fpm}";
        }

        Write(folder, BenchPlace.Start, BenchPlace.StartScript(parts, fpm is null ? null : parts.Php.Pools));

        var init = 0;
        var started = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var said = new LogFile(Path.Combine(folder, "console.log"));
        var run = Kept(said, ground.Outside.Roots.Run(
            new RootRun(ground.Root, RootRights.Serve, ["sh", $"{BenchPlace.Place}/{BenchPlace.Start}"])
            {
                CommandIsInit = true,
                Binds =
                [
                    new RootBind(image, BuildPlan.Prefix),
                    new RootBind(folder, BenchPlace.Place, Writable: true),
                    new RootBind(sites, BenchPlace.Sites),
                ],
                OnStarted = pid => init = pid,
                OnLine = line =>
                {
                    said.Write(line);
                    if (line.StartsWith("started ", StringComparison.Ordinal))
                    {
                        started.TrySetResult(line[8..]);
                    }
                },
            },
            over.Token));
        var server = new BenchServer(ground, folder, configuration, parts, over, run);
        try
        {
            await server.Begin(variant, () => init, started.Task, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loads it once. What the generator could not tell is a complaint like any other.</summary>
    public async Task<Measurement> Measure(Arm arm, int round, int seconds, CancellationToken cancel)
    {
        var crowd = arm.Crowd > 0 ? _ground.Outside.Running.Connections(Init, BenchPlace.Port) : 0;
        var before = Cpu.Read();
        var answer = await Load(arm.Load, arm.Layout, round, seconds, cancel);

        // What the server does for a connection after its client has left is of that connection too.
        await Task.Delay(150, cancel);
        var used = Cpu.Read() - before;
        if (answer.Figures is not { } figures)
        {
            return new Measurement(round, arm.Name, 0, null, null, null, null, null, null, [$"the generator: {answer.LastWord}"]);
        }

        var complaints = Generators.Complaints(arm.Load, figures);
        if (arm.Crowd > 0 && Math.Min(crowd, _ground.Outside.Running.Connections(Init, BenchPlace.Port)) is var there && there < arm.Crowd)
        {
            complaints = complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{there} of {arm.Crowd} idle clients were connected"));
        }

        return new Measurement(
            round,
            arm.Name,
            figures.Requests,
            figures.Rate,
            figures.Typical,
            figures.Slow,
            figures.Slowest,
            figures.Requests > 0 ? used.TotalMicroseconds / figures.Requests : null,
            null,
            complaints);
    }

    public async Task<(LoadAnswer? Figures, string LastWord)> Load(Load load, Layout layout, int round, int seconds, CancellationToken cancel)
    {
        // wrk first tries to connect once, and waits for as long as the kernel does: a server that takes no
        // connection at all is not waited for.
        var limit = seconds + (2 * Generators.Patience);
        var answer = await Beside(Command(load, layout, round, seconds), TimeSpan.FromSeconds(limit), cancel);
        return (
            Generators.Read(load.Generator, answer.Output),
            answer.TimedOut ? string.Create(CultureInfo.InvariantCulture, $"no connection was taken, or none answered, within {limit} s") : LogFile.LastWord(answer));
    }

    public ImmutableArray<string> Command(Load load, Layout layout, int round, int seconds) =>
        Generators.Command(load, _parts.LoadTool, seconds, round, layout);

    /// <summary>Connects idle clients, who stay until the server is disposed of; answers how many are there, and why it is over when it is.</summary>
    public async Task<(int There, string? Ended)> Crowd(int size, int seconds, CancellationToken cancel)
    {
        _crowd = Beside(Generators.Crowd(size, seconds), null, _over.Token);
        var (there, still) = (0, 0);
        for (var tries = 0; tries < 80 && !_crowd.IsCompleted && there < size && still < 16; tries++)
        {
            // A server that takes no more of them for four seconds will not.
            await Task.Delay(250, cancel);
            var now = _ground.Outside.Running.Connections(Init, BenchPlace.Port);
            still = now > there || now == 0 ? 0 : still + 1;
            there = now;
        }

        // Until the last of them was answered and is idle.
        await Task.Delay(1500, cancel);
        return (_ground.Outside.Running.Connections(Init, BenchPlace.Port), _crowd.IsCompletedSuccessfully ? LogFile.LastWord(await _crowd) : null);
    }

    public async Task<ProcessAnswer> Beside(ImmutableArray<string> command, TimeSpan? limit, CancellationToken cancel) =>
        await _ground.Outside.Running.Beside(Init, new BesideRun(command) { TimeLimit = limit }, cancel);

    /// <summary>The server's processes: all but the script that started it and what that one waits in.</summary>
    public ImmutableArray<RootProcess> Processes(bool memory = false, bool descriptors = false) =>
        [.. _ground.Outside.Running.Processes(Init, memory, descriptors).Where(process => process.Pid != Init && process.Name != "sleep")];

    public MemoryResult Memory()
    {
        var all = Processes(memory: true);
        return new MemoryResult(all.Length, all.Any(process => process.Pss is null) ? null : all.Sum(process => process.Pss));
    }

    public void Signal(int pid, int signal) => _ground.Outside.Running.Signal(Init, pid, signal);

    /// <summary>What the error log holds above warnings: how many lines, and the first one.</summary>
    public string? Errors()
    {
        var log = Path.Combine(_folder, "logs", "error_log");
        var lines = File.Exists(log)
            ? File.ReadLines(log).Where(line => _ground.Suite.Dialect.Errors.Any(level => line.Contains(level, StringComparison.Ordinal))).ToImmutableArray()
            : [];
        return lines.IsEmpty ? null : string.Create(CultureInfo.InvariantCulture, $"{lines.Length} errors in its log, the first: {lines[0]}");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAny(_run);
        if (_crowd is { } crowd)
        {
            await Task.WhenAny(crowd);
        }

        _meter?.Dispose();
        _over.Dispose();
    }

    private async Task Begin(Variant variant, Func<int> init, Task<string> started, CancellationToken cancel)
    {
        if (await Task.WhenAny(_run, started, Task.Delay(s_startLimit, cancel)) != started)
        {
            cancel.ThrowIfCancellationRequested();
            var why = _run.IsCompletedSuccessfully ? LogFile.LastWord(await _run) : _run.IsFaulted ? _run.Exception.InnerException?.Message : "it did not answer in time";
            throw Failure.Refused($"the server {variant.Name} did not start: {why}", $"configuration and logs are in {_folder}");
        }

        Init = init();
        StartSeconds = double.Parse(await started, CultureInfo.InvariantCulture) / 1000;
        _meter = _ground.Outside.Running.Meter(Init);
        if (variant.DeferAccept)
        {
            _ground.Outside.Running.DeferAccept(Init, BenchPlace.Port, TimeSpan.FromSeconds(30));
        }
    }

    private static async Task<ProcessAnswer> Kept(LogFile said, Task<ProcessAnswer> run)
    {
        await using (said)
        {
            return await run;
        }
    }

    private static void Write(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);

        // The generator reads its script as nobody.
        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);
    }
}
