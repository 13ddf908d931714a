#pragma warning disable RS0030 // As in Prober.
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using PatchForge.Attacks;
using PatchForge.Host.Smoke;
using PatchForge.Smoke;

namespace PatchForge.Host.Attacks;

/// <summary>Workers that misbehave while another host is asked, and requests that are for another's pool.</summary>
internal sealed partial class MischiefAttacks(Service service, InsideAttacks inside)
{
    private AttackCast Cast => service.Cast;

    public async Task<AttackSeen> Misbehave(string id, Means.Misbehaves attack, CancellationToken cancel)
    {
        if (attack.Before > 0)
        {
            // Until nothing lingers any more: then those that wait have the lowest places, and the other host the next.
            await Task.Delay(2500, cancel);
        }

        using var before = await ClientAttacks.Waiting(service, attack.Before, cancel);
        await using var held = await inside.Busy(Cast.Victim.Host, cancel, seconds: 3);
        await using var kept = await service.Wire.Connect(cancel);
        await kept.Send(Probes.Get("/index.html", Cast.Victim.Host), cancel);
        var first = await kept.Reply(false, Pulse.Patience, cancel);
        await using var pulse = new Pulse(service, Cast.Victim.Host, cancel);
        var clock = Stopwatch.StartNew();
        var ends = attack.MostEnds > 0 ? await AgainAndAgain(attack, TimeSpan.FromSeconds(3), cancel) : 0;
        var answers = attack.MostEnds > 0 ? [] : await Task.WhenAll(Enumerable.Range(0, attack.Workers).Select(worker => Once(attack, attack.Number + (worker * attack.Step), cancel)));
        if (clock.Elapsed < TimeSpan.FromSeconds(3))
        {
            await Task.Delay(TimeSpan.FromSeconds(3) - clock.Elapsed, cancel);
        }

        var complaints = new List<string>();
        if (await pulse.Complaint() is { } complaint)
        {
            complaints.Add(complaint);
        }

        if (!(await TryReply(held, cancel)).Body.Contains("finished", StringComparison.Ordinal))
        {
            complaints.Add("the other host's answer in progress was cut short");
        }

        if (first.Status != 200 || !await Still(kept, cancel))
        {
            complaints.Add("the other host's kept connection was closed");
        }

        var lived = answers.Count(answer => answer == 200);
        if (attack.MustEnd && lived > 0)
        {
            complaints.Add($"{lived.ToString(CultureInfo.InvariantCulture)} workers lived on");
        }

        if (attack.MostEnds > 0 && ends > attack.MostEnds)
        {
            complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{ends} workers were forked to crash in 3 s"));
        }

        var told = (attack.MostEnds > 0 ? string.Create(CultureInfo.InvariantCulture, $"{ends} crashes in 3 s; ") : "") + pulse.Told;
        return new AttackSeen(
            id,
            complaints.Count > 0 ? Outcome.Succeeded : Outcome.Stopped,
            string.Create(CultureInfo.InvariantCulture, $"{attack.Name} in {attack.Workers} workers"),
            string.Join(' ', answers),
            complaints.Count > 0 ? string.Join("; ", complaints) : told);
    }

    /// <summary>The status that came, 0 when the connection was closed, -1 when nothing came for long.</summary>
    private async Task<int> Once(Means.Misbehaves attack, int number, CancellationToken cancel)
    {
        try
        {
            await using var connection = await service.Wire.Connect(cancel, receiveBuffer: 4096);
            await connection.Send($"GET {inside.Query(attack.Name, number: number)} HTTP/1.1\r\nHost: {Cast.Attacker.Host}\r\n\r\n", cancel);
            if (attack.Name == "linger-and-fill")
            {
                // What it was sent is never read: the window stays shut while the server closes.
                await Task.Delay(TimeSpan.FromSeconds(number), cancel);
                return 0;
            }

            return (await connection.Reply(false, TimeSpan.FromSeconds(attack.Number < 100 ? attack.Number + 6 : 10), cancel)).Status;
        }
        catch (TimeoutException)
        {
            return -1;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return 0;
        }
    }

    /// <summary>How often a connection was closed without an answer: a worker had it, and died of it.</summary>
    private async Task<int> AgainAndAgain(Means.Misbehaves attack, TimeSpan time, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var ends = 0;
        await Task.WhenAll(Enumerable.Range(0, attack.Workers).Select(async _ =>
        {
            while (clock.Elapsed < time)
            {
                if (await Once(attack, attack.Number, cancel) == 0)
                {
                    Interlocked.Increment(ref ends);
                }
            }
        }));
        return ends;
    }

    private static async Task<Reply> TryReply(Connection connection, CancellationToken cancel)
    {
        try
        {
            return await connection.Reply(false, TimeSpan.FromSeconds(8), cancel);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return Reply.Closed;
        }
    }

    private async Task<bool> Still(Connection kept, CancellationToken cancel)
    {
        try
        {
            await kept.Send(Probes.Get("/index.html", Cast.Victim.Host), cancel);
            return (await kept.Reply(false, Pulse.Patience, cancel)).Status == 200;
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return false;
        }
    }

    public async Task<AttackSeen> Crowd(string id, Means.Crowds attack, CancellationToken cancel)
    {
        // Idle workers go after a second (AttackConf): the other host has none when the crowd comes.
        await Task.Delay(4000, cancel);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var crowd = Enumerable.Range(0, attack.Clients).Select(async _ =>
        {
            while (!over.IsCancellationRequested)
            {
                await service.Ask(Cast.Attacker.Host, "/itk-victim?seconds=1", TimeSpan.FromSeconds(20), over.Token);
            }
        }).ToArray();
        await Task.Delay(3000, cancel);
        var clock = Stopwatch.StartNew();
        var reply = await service.Ask(Cast.Victim.Host, "/index.html", TimeSpan.FromSeconds(6), cancel);
        var took = clock.Elapsed;
        await over.CancelAsync();
        await Task.WhenAny(Task.WhenAll(crowd), Task.Delay(5000, cancel));
        return new AttackSeen(
            id,
            reply is { Status: 200 } ? Outcome.Stopped : Outcome.Succeeded,
            string.Create(CultureInfo.InvariantCulture, $"{attack.Clients} clients with requests of one second"),
            "",
            string.Create(CultureInfo.InvariantCulture, $"the other host: {(reply is null ? "nothing" : $"status {reply.Status}")} after {took.TotalSeconds:f1} s"));
    }

    public async Task<AttackSeen> Steal(string id, CancellationToken cancel)
    {
        var loot = Path.Combine(service.Orders.LootFolder, "read");
        File.Delete(loot);
        await using var connection = await service.Wire.Connect(cancel);
        await connection.Send($"GET {inside.Query("keep-and-read")} HTTP/1.1\r\nHost: {Cast.Attacker.Host}\r\n\r\n", cancel);
        var reply = await connection.Reply(false, TimeSpan.FromSeconds(5), cancel);
        var second = "closed";
        try
        {
            await connection.Send($"GET /index.html HTTP/1.1\r\nHost: {Cast.Victim.Host}\r\nCookie: session-of-victim\r\n\r\n", cancel);
            second = (await connection.Reply(false, TimeSpan.FromSeconds(2), cancel)).Status.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // Closed or left alone: what counts is who has read it.
        }

        var read = await Service.Until(() => File.Exists(loot) && File.ReadAllText(loot).Contains("session-of-victim", StringComparison.Ordinal), TimeSpan.FromSeconds(6), cancel);
        return new AttackSeen(
            id,
            read ? Outcome.Succeeded : Outcome.Stopped,
            "keep-and-read",
            $"first {reply.Status.ToString(CultureInfo.InvariantCulture)}, then {second}",
            read ? "the attacker has the cookie of a request for the other host" : "the attacker has read nothing");
    }

    public async Task<AttackSeen> Route(string id, Means.Routes attack, CancellationToken cancel)
    {
        await using var connection = await service.Wire.Connect(cancel);
        var reply = Reply.Closed;
        foreach (var request in attack.Requests)
        {
            try
            {
                await connection.Send(request.Replace("{own}", Cast.Attacker.Host, StringComparison.Ordinal).Replace("{other}", Cast.Victim.Host, StringComparison.Ordinal), cancel);
                reply = await connection.Reply(false, TimeSpan.FromSeconds(AttackConf.Timeout + 3), cancel);
            }
            catch (IOException)
            {
                reply = Reply.Closed;
            }
        }

        var text = reply.Head + "\n" + reply.Body;
        var who = Who().Match(text);
        var tried = string.Join(" | ", attack.Requests.Select(request => request.Split("\r\n")[0]));
        if (!who.Success)
        {
            return new AttackSeen(id, Outcome.Stopped, tried, $"status {reply.Status.ToString(CultureInfo.InvariantCulture)}", "refused");
        }

        var uid = int.Parse(who.Groups["uid"].Value, CultureInfo.InvariantCulture);
        var vhost = who.Groups["vhost"].Value;
        var right = attack.Requests[^1].Contains("inner", StringComparison.Ordinal) ? Cast.Inner.Id : vhost == Cast.Victim.Host ? Cast.Victim.Id : Cast.Attacker.Id;
        return new AttackSeen(id, uid == right ? Outcome.Stopped : Outcome.Succeeded, tried, who.Value, uid == right ? "served by whom it belongs to" : string.Create(CultureInfo.InvariantCulture, $"uid {right} should have served it"));
    }

    [GeneratedRegex(@"uid=(?<uid>\d+) gid=\d+ pid=\d+ vhost=(?<vhost>\S+)", RegexOptions.CultureInvariant)]
    private static partial Regex Who();
}
