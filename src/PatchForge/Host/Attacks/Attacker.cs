using System.Diagnostics;
using System.Text.Json;
using PatchForge.Attacks;

namespace PatchForge.Host.Attacks;

/// <summary>
/// The tool run again inside the network namespace of a root, as for probes: reads <see cref="AttackOrders"/> as
/// JSON from standard input, writes an <see cref="AttackSeen"/> a line to standard output. /proc is the machine's.
/// </summary>
public sealed class Attacker
{
    private readonly Service _service;
    private readonly InsideAttacks _inside;
    private readonly MischiefAttacks _mischief;
    private readonly ClientAttacks _clients;
    private readonly FaultAttacks _faults;

    private Attacker(AttackOrders orders)
    {
        _service = new Service(orders);
        _inside = new InsideAttacks(_service);
        _mischief = new MischiefAttacks(_service, _inside);
        _clients = new ClientAttacks(_service);
        _faults = new FaultAttacks(_service);
    }

    /// <summary>What Program.cs calls for the hidden word <c>assail</c>. 0 when every attack was tried, whatever came.</summary>
    public static async Task<int> Run(Stream input, TextWriter output, CancellationToken cancel)
    {
        var orders = await JsonSerializer.DeserializeAsync(input, AttackJson.Default.AttackOrders, cancel)
            ?? throw new InvalidOperationException("no orders came");
        var attacker = new Attacker(orders);
        attacker._faults.Prepare();
        foreach (var step in orders.Steps)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(await attacker.Try(step, cancel), AttackJson.Default.AttackSeen));
            await output.FlushAsync(cancel);
        }

        return 0;
    }

    /// <summary>One attack. Whatever it is, afterwards both hosts have to be served; if they are not, that is its success.</summary>
    private async Task<AttackSeen> Try(AttackStep step, CancellationToken cancel)
    {
        try
        {
            if (!await _service.BothServe(TimeSpan.FromSeconds(2), cancel))
            {
                await _service.Again(cancel);
            }

            var seen = await Do(step, cancel);
            if (seen.Outcome is Outcome.Skipped || await ServesAfter(step.Means, cancel))
            {
                return seen;
            }

            await _service.Again(cancel);
            return seen with { Outcome = Outcome.Succeeded, Evidence = seen.Evidence + "; the hosts were not served afterwards" };
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or TimeoutException or JsonException)
        {
            return AttackSeen.NotRun(step.Id, e.Message);
        }
    }

    /// <summary>A pool that has crashed again and again is forked ever more slowly: that is its own trouble, for a while.</summary>
    private async Task<bool> ServesAfter(Means means, CancellationToken cancel) =>
        await _service.Serves(_service.Cast.Victim.Host, TimeSpan.FromSeconds(8), cancel)
        && await _service.Serves(_service.Cast.Attacker.Host, TimeSpan.FromSeconds(means is Means.Misbehaves ? 45 : 8), cancel);

    private Task<AttackSeen> Do(AttackStep step, CancellationToken cancel) => step.Means switch
    {
        Means.Inside inside => _inside.Run(step.Id, inside, cancel),
        Means.Page page => _inside.Page(step.Id, page, cancel),
        Means.Steals => _mischief.Steal(step.Id, cancel),
        Means.Routes routes => _mischief.Route(step.Id, routes, cancel),
        Means.Misbehaves misbehaves => _mischief.Misbehave(step.Id, misbehaves, cancel),
        Means.Crowds crowds => _mischief.Crowd(step.Id, crowds, cancel),
        Means.Client client => _clients.Run(step.Id, client, cancel),
        Means.Fault fault => _faults.Run(step.Id, fault, cancel),
        Means.Front front => Task.FromResult(_faults.Look(step.Id, front)),
        _ => throw new UnreachableException(step.Means.GetType().Name),
    };
}
