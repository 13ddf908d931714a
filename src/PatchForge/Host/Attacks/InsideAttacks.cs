using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PatchForge.Attacks;
using PatchForge.Host.Smoke;

namespace PatchForge.Host.Attacks;

/// <summary>Attacks from inside of a worker of the attacker's host, by the module's handler.</summary>
internal sealed partial class InsideAttacks(Service service)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>The handler's query. Nobody but the module reads it, and it decodes nothing.</summary>
    public string Query(string name, string target = "", int number = 0, string mark = AttackCast.Secret) =>
        Asked(name, target, number, AttackCast.Masked(mark));

    private string Asked(string name, string target, int number, string masked)
    {
        var cast = service.Cast;
        var front = service.Orders.HasFront ? cast.Front : cast.Server;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"/itk-attack?name={name}&target={target}&number={number}&own={cast.Attacker.Id}&group={cast.Attacker.Group}&victim={cast.Victim.Id}&front={front.Id}&mark={masked}&place={AttackFiles.Place}");
    }

    public async Task<AttackSeen> Run(string id, Means.Inside attack, CancellationToken cancel)
    {
        var cast = service.Cast;
        var mark = attack.Then == Aftermath.MarkIsSeen ? AttackCast.Mark : AttackCast.Secret;

        // Somebody to attack: a worker of the other host's and one more of the own, each with a request.
        var needsOthers = attack.Target is "other" or "sibling";
        await using var other = needsOthers ? await Busy(cast.Victim.Host, cancel) : null;
        await using var sibling = needsOthers ? await Busy(cast.Attacker.Host, cancel) : null;
        var reply = await service.Ask(cast.Attacker.Host, Asked(attack.Name, attack.Target, attack.Number, attack.Marks.Length > 0 ? attack.Marks : AttackCast.Masked(mark)), s_patience, cancel);
        if (reply is not { Status: 200 } && attack.Then == Aftermath.LineIsForged)
        {
            // Lines in the report pipe end the worker; what came into the log counts.
            return await WithLine(new AttackSeen(id, Outcome.Stopped, "lines into every pipe and log", "the worker was ended", ""), cancel);
        }

        if (reply is not { Status: 200 })
        {
            return AttackSeen.NotRun(id, reply is null ? "the worker gave no answer" : $"the worker answered {reply.Status.ToString(CultureInfo.InvariantCulture)}");
        }

        var answer = JsonSerializer.Deserialize(reply.Body, AttackJson.Default.InsideAnswer) ?? throw new JsonException("the worker's answer is empty");
        var outcome = answer.Outcome switch
        {
            "succeeded" => Outcome.Succeeded,
            "nothing-there" => Outcome.Skipped,
            _ => Outcome.Stopped,
        };
        var seen = new AttackSeen(id, outcome, answer.Tried, answer.Kernel, answer.Evidence);
        return attack.Then switch
        {
            Aftermath.MarkIsSeen => await WithMark(seen, cancel),
            Aftermath.LineIsForged => await WithLine(seen, cancel),
            _ => seen,
        };
    }

    public async Task<AttackSeen> Page(string id, Means.Page page, CancellationToken cancel)
    {
        var reply = await service.Ask(service.Cast.Attacker.Host, page.Path, s_patience, cancel);
        return reply is not { Status: 200 }
            ? AttackSeen.NotRun(id, $"{page.Path} was answered {(reply?.Status ?? 0).ToString(CultureInfo.InvariantCulture)}")
            : new AttackSeen(
                id,
                reply.Body.StartsWith("succeeded", StringComparison.Ordinal) ? Outcome.Succeeded
                : reply.Body.StartsWith("denied", StringComparison.Ordinal) ? Outcome.Stopped : Outcome.NotRun,
                page.Path,
                "",
                reply.Body.Trim());
    }

    /// <summary>A connection whose request takes some seconds and has begun.</summary>
    public async Task<Connection> Busy(string host, CancellationToken cancel, int seconds = 4)
    {
        var connection = await service.Wire.Connect(cancel);
        await connection.Send($"GET /itk-victim?seconds={seconds.ToString(CultureInfo.InvariantCulture)} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", cancel);
        await connection.ReadSome(cancel);
        return connection;
    }

    private async Task<AttackSeen> WithMark(AttackSeen seen, CancellationToken cancel)
    {
        if (seen.Outcome != Outcome.Succeeded)
        {
            return seen;
        }

        // By the mark for whom it is another host's process, by the inode for any other: the attacker may have a shared page to himself.
        var reply = await service.Ask(service.Cast.Victim.Host, $"/itk-victim?mark={AttackCast.Masked(AttackCast.Mark)}", s_patience, cancel);
        var found = reply?.Body.Contains("\nfound", StringComparison.Ordinal) == true;
        var sharers = Inode().Matches(seen.Evidence).SelectMany(inode => service.Inside.Sharers(inode.Groups[1].Value))
            .Where(process => process.Uids.Length == 4 && process.Uids[0] != service.Cast.Attacker.Id)
            .DistinctBy(process => process.Pid)
            .ToArray();
        var who = found ? "; the other host's process sees it"
            : sharers.Length > 0 ? $"; shared with {string.Join(", ", sharers.Take(3).Select(process => $"{process.Name} {process.InnerPid.ToString(CultureInfo.InvariantCulture)} of uid {process.Uids[0].ToString(CultureInfo.InvariantCulture)}"))}"
            : "; nobody shares it";
        return seen with { Outcome = found || sharers.Length > 0 ? Outcome.Succeeded : Outcome.Stopped, Evidence = seen.Evidence + who };
    }

    [GeneratedRegex(@"inode (\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Inode();

    private async Task<AttackSeen> WithLine(AttackSeen seen, CancellationToken cancel)
    {
        // Whoever writes the log may take a moment.
        await Task.Delay(500, cancel);
        var log = Path.Combine(service.Orders.LogFolder, "error_log");
        var lines = File.Exists(log) ? await File.ReadAllLinesAsync(log, cancel) : [];
        var written = lines.Where(line => line.Contains(AttackCast.Forged, StringComparison.Ordinal)).ToArray();
        var forged = written.FirstOrDefault(line => !line.Contains(service.Cast.Attacker.Account, StringComparison.Ordinal));
        var named = written.FirstOrDefault();
        return seen with
        {
            Outcome = forged is null ? Outcome.Stopped : Outcome.Succeeded,
            Evidence = forged is not null ? $"the log has: {forged}" : named is not null ? $"the log has: {named}" : "the log has no such line",
        };
    }
}
