#pragma warning disable RS0030 // The probing process asks a server, in a network namespace that holds nothing else.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PatchForge.Smoke;

namespace PatchForge.Host.Smoke;

/// <summary>
/// The tool run again inside the network namespace of a root (nsenter(1)): reads <see cref="ProbeOrders"/> as
/// JSON from standard input, writes a <see cref="Verdict"/> a line to standard output. /proc is the machine's.
/// </summary>
public sealed class Prober(ProbeOrders orders)
{
    private readonly Inside _inside = new(orders.Init);
    private readonly Wire _wire = new(orders.Port);
    private readonly TimeSpan _limit = TimeSpan.FromSeconds(orders.StartLimitSeconds);

    /// <summary>What Program.cs calls for the hidden word <c>probe</c>. 0 when every probe was asked, whatever came.</summary>
    public static async Task<int> Run(Stream input, TextWriter output, CancellationToken cancel)
    {
        var orders = await JsonSerializer.DeserializeAsync(input, SmokeJson.Default.ProbeOrders, cancel)
            ?? throw new InvalidOperationException("no orders came");
        var prober = new Prober(orders);
        foreach (var probe in orders.Probes)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(await prober.Ask(probe, cancel), SmokeJson.Default.Verdict));
            await output.FlushAsync(cancel);
        }

        return 0;
    }

    private async Task<Verdict> Ask(Probe probe, CancellationToken cancel)
    {
        try
        {
            return probe switch
            {
                Probe.Talk talk => TalkJudge.Of(talk, await _wire.Talk(talk, cancel)),
                Probe.ServingProcess serving => await Serving(serving, cancel),
                Probe.SendingProcess sending => await Sending(sending, cancel),
                Probe.Restart restart => await Restart(restart, cancel),
                Probe.Stop stop => await Stop(stop, cancel),
                _ => throw new UnreachableException(probe.GetType().Name),
            };
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or TimeoutException)
        {
            return new Verdict(probe.Name, probe.Expected, e.Message, false);
        }
    }

    /// <summary>mod_cgi forks a script from the process that serves the request (mod_cgi.c, run_cgi_child): its parent.</summary>
    private async Task<Verdict> Serving(Probe.ServingProcess probe, CancellationToken cancel)
    {
        await using var connection = await _wire.Connect(cancel);
        await connection.Send(Probes.Get("/cgi/slow", probe.Host), cancel);
        var script = await _inside.Script($"/sites/{probe.Host}/cgi/slow", TimeSpan.FromSeconds(5), cancel);
        var identity = _inside.Identity(script.Parent) ?? throw new IOException("the serving process was gone while its script ran");
        var reply = await connection.Reply(false, TimeSpan.FromSeconds(20), cancel);
        return reply.Body.Contains("finished", StringComparison.Ordinal)
            ? IdentityJudge.Serving(probe, identity)
            : new Verdict(probe.Name, probe.Expected, $"{identity}; the script's answer was cut short", false);
    }

    private async Task<Verdict> Sending(Probe.SendingProcess probe, CancellationToken cancel)
    {
        await using var connection = await _wire.Connect(cancel, receiveBuffer: 4096);
        await connection.Send(Probes.Get("/big.txt", probe.Host), cancel);
        await connection.ReadSome(cancel);

        // The server is now stuck: the answer is larger than all buffers on the way.
        await Task.Delay(200, cancel);
        var holders = _inside.Holders(connection.LocalPort, orders.Port);
        var reply = await connection.Reply(false, TimeSpan.FromSeconds(60), cancel);
        return IdentityJudge.Sending(probe, holders, reply is { Status: 200, Whole: true, Body.Length: Recipe.BigFile } && IsPattern(reply.Body));
    }

    /// <summary>Whether each 16 bytes hold their own number, as seq(1) wrote them.</summary>
    private static bool IsPattern(string body)
    {
        for (var i = 0; i < body.Length / 16; i++)
        {
            if (!int.TryParse(body.AsSpan(i * 16, 15), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number != i + 1)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<Verdict> Restart(Probe.Restart probe, CancellationToken cancel)
    {
        var before = _inside.Server();
        await using var inFlight = await _wire.Connect(cancel);
        if (probe.Graceful)
        {
            await inFlight.Send(Probes.Get("/cgi/slow", probe.Hosts[0]), cancel);
            await _inside.Script($"/sites/{probe.Hosts[0]}/cgi/slow", TimeSpan.FromSeconds(5), cancel);
        }

        var clock = Stopwatch.StartNew();
        _inside.Signal(probe.Graceful ? Signals.User1 : Signals.HangUp);
        var after = await Until(
            () => _inside.Server() is { Parent: > 0, Children.IsEmpty: false } now && !now.Children.SequenceEqual(before.Children)
                && (probe.Graceful || !now.Children.Intersect(before.Children).Any()) ? now : null,
            "other children",
            cancel);
        foreach (var host in probe.Hosts)
        {
            await Until(() => _wire.Answers(host, cancel), $"an answer of {host}", cancel);
        }

        var took = clock.Elapsed;
        var finished = !probe.Graceful || (await inFlight.Reply(false, TimeSpan.FromSeconds(20), cancel)).Body.Contains("finished", StringComparison.Ordinal);
        var same = after.Parent == before.Parent;
        return new Verdict(
            probe.Name,
            probe.Expected,
            string.Create(CultureInfo.InvariantCulture, $"{(same ? "the same parent" : "another parent")}, {after.Children.Except(before.Children).Count()} new children, served again after {took.TotalSeconds:f1} s{(finished ? "" : ", what was in flight was cut off")}"),
            finished && (same || !probe.Graceful));
    }

    private async Task<Verdict> Stop(Probe.Stop probe, CancellationToken cancel)
    {
        _inside.Signal(Signals.User2);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < _limit && _inside.Server().All > 0)
        {
            await Task.Delay(50, cancel);
        }

        var left = _inside.Server().All;
        var listens = await _wire.Listens(cancel);
        return new Verdict(
            probe.Name,
            probe.Expected,
            string.Create(CultureInfo.InvariantCulture, $"{left} processes left, {(listens ? "somebody listens" : "nobody listens")}"),
            left == 0 && !listens);
    }

    private Task<T> Until<T>(Func<T?> look, string what, CancellationToken cancel)
        where T : class => Until(() => Task.FromResult(look()), what, cancel);

    private async Task<T> Until<T>(Func<Task<T?>> look, string what, CancellationToken cancel)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await look() is { } found)
            {
                return found;
            }

            if (clock.Elapsed > _limit)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"no {what} after {_limit.TotalSeconds:f0} s"));
            }

            await Task.Delay(50, cancel);
        }
    }
}
