#pragma warning disable RS0030 // Stopwatch: how long to wait for the server; sockets of a network namespace that holds nothing else.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using PatchForge.Attacks;
using PatchForge.Host.Smoke;
using PatchForge.Smoke;

namespace PatchForge.Host.Attacks;

/// <summary>The attacked server as its administrator and its ordinary clients have it.</summary>
internal sealed class Service(AttackOrders orders)
{
    public AttackOrders Orders { get; } = orders;

    public AttackCast Cast => Orders.Cast;

    public Inside Inside { get; } = new(orders.Init);

    public Wire Wire { get; } = new(orders.Port);

    private TimeSpan Limit => TimeSpan.FromSeconds(Orders.StartLimitSeconds);

    /// <summary>One request on a connection of its own; null when nothing whole came in that time.</summary>
    public async Task<Reply?> Ask(string host, string path, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            await using var connection = await Wire.Connect(cancel);
            await connection.Send($"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", cancel);
            return await connection.Reply(false, patience, cancel);
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException)
        {
            return null;
        }
    }

    public async Task<bool> Serves(string host, TimeSpan patience, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < patience)
        {
            // The server sends a page of its host's own user: index.html is readable to nobody else.
            if (await Ask(host, "/index.html", TimeSpan.FromSeconds(2), cancel) is { Status: 200 })
            {
                return true;
            }

            await Task.Delay(50, cancel);
        }

        return false;
    }

    public async Task<bool> BothServe(TimeSpan patience, CancellationToken cancel) =>
        await Serves(Cast.Victim.Host, patience, cancel) && await Serves(Cast.Attacker.Host, patience, cancel);

    /// <summary>Stops whatever is left of the server, and starts it.</summary>
    public async Task Again(CancellationToken cancel)
    {
        await Stop(cancel);
        await Start(cancel);
    }

    public async Task Stop(CancellationToken cancel)
    {
        Inside.Signal(Signals.User2);
        if (!await Until(() => Inside.Server().All == 0, TimeSpan.FromSeconds(6), cancel))
        {
            foreach (var process in Inside.ServerAll())
            {
                Inside.End(process);
            }

            await Until(() => Inside.Server().All == 0, TimeSpan.FromSeconds(3), cancel);
        }
    }

    public async Task Start(CancellationToken cancel)
    {
        Inside.Signal(Signals.WindowChange);
        if (!await BothServe(Limit, cancel))
        {
            throw new TimeoutException("the server does not come back");
        }
    }

    public static async Task<bool> Until(Func<bool> true_, TimeSpan patience, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (!true_())
        {
            if (clock.Elapsed > patience)
            {
                return false;
            }

            await Task.Delay(20, cancel);
        }

        return true;
    }
}

/// <summary>An ordinary client of one host, all the time that something else goes on.</summary>
internal sealed class Pulse : IAsyncDisposable
{
    /// <summary>Longer than any page takes on a machine that is busy with other things as well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _over;
    private readonly Task _beating;
    private readonly ConcurrentQueue<string> _failures = new();
    private TimeSpan _longest;
    private int _answers;

    public Pulse(Service service, string host, CancellationToken cancel)
    {
        _over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _beating = Beat(service, host, _over.Token);
    }

    /// <summary>Ends it. Null when every request was answered in time, else what was seen.</summary>
    public async Task<string?> Complaint()
    {
        await _over.CancelAsync();
        await Task.WhenAny(_beating);
        return _failures.IsEmpty ? null : $"{_failures.Count} of {_answers + _failures.Count} ordinary requests failed: {_failures.First()}";
    }

    public string Told => string.Create(CultureInfo.InvariantCulture, $"{_answers} ordinary requests, {_longest.TotalMilliseconds:f0} ms at the most");

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAny(_beating);
        _over.Dispose();
    }

    private async Task Beat(Service service, string host, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            var reply = await service.Ask(host, "/index.html", Patience, cancel);
            if (reply is { Status: 200, Whole: true })
            {
                _answers++;
                _longest = clock.Elapsed > _longest ? clock.Elapsed : _longest;
            }
            else
            {
                _failures.Enqueue(reply is null
                    ? string.Create(CultureInfo.InvariantCulture, $"nothing within {clock.Elapsed.TotalSeconds:f1} s")
                    : $"status {reply.Status.ToString(CultureInfo.InvariantCulture)}");
            }

            await Task.Delay(50, cancel);
        }
    }
}
