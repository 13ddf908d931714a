using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Points 3, 4 and 6: workers that lie, keep, crash, hang or shout, and requests for another's pool.</summary>
internal static class CatalogMischief
{
    private const string Lies = "specification, point 3: a worker that lies in its pipe is killed";
    private const string NoReports = "classic and switch have no report pipe";

    public static ImmutableArray<Attack> All { get; } =
    [
        Report("report-foreign", "report other hosts' connections as closed or kept", "the worker is ended; the other host's connections live on", new Means.Misbehaves("report-foreign", (1 << 20) + 38, 5, MustEnd: true, Step: 1, Before: 40), ["report-valid"]) with { Setting = AttackSetting.OneDispatcher },
        Report("report-kinds", "report what is no report", "the worker is ended", new Means.Misbehaves("report-kinds", 0, 1, MustEnd: true), ["report-valid"]) with
        {
            Guards = [],
            Unguarded = "a serial that is nobody's is refused by its look-up as well; report-foreign shows the guard",
        },
        Report("report-half", "write half a report", "the worker is ended", new Means.Misbehaves("report-half", 0, 1, MustEnd: true), []) with
        {
            Unguarded = "the rest of a read is no report whatever follows: there is no code to take out",
        },
        Report("report-flood", "flood the report pipe", "the worker is ended, others are served", new Means.Misbehaves("report-flood", 4, 2, MustEnd: true), ["report-rate", "report-valid"]),
        Mischief("keep-and-change", 3, "give a connection back with blocking on and a long SO_LINGER", "both are set anew before they can matter", "specification, traps", new Means.Misbehaves("keep-and-change", 0, 4), []) with
        {
            Unguarded = "its peer reads, so that nothing waits; linger-and-fill shows the guard",
        },
        Mischief("linger-and-fill", 3, "fill a connection whose client does not read, with SO_LINGER of a minute, and leave it to be closed by another", "closing does not wait", "specification, traps: tried, blocked close", new Means.Misbehaves("linger-and-fill", 12, 4), ["linger-reset"]) with { Setting = AttackSetting.OneDispatcher },
        Mischief("linger-and-write", 3, "go on writing to a connection that was reported over", "only the own client has it", "specification, traps", new Means.Misbehaves("linger-and-write", 2, 4), []) with
        {
            Unguarded = "the connection is the attacker's own and closing it is enough",
        },
        Mischief("outlive", 3, "leave a process behind that keeps channel and pipe open when its worker ends", "the worker is replaced, others are served", "specification, traps: reaped by waitpid, never by end of file", new Means.Misbehaves("outlive", 8, 4), []) with
        {
            Unguarded = "workers are reaped by their pids, there is no code to take out",
        },
        Mischief("crash-loop", 6, "crash each worker as soon as it has a request", "others are served, and the pool is forked ever more slowly", "CVE-2007-3303, CVE-2015-9253; specification, point 6", new Means.Misbehaves("crash", 0, 8, MostEnds: 60), ["backoff"]) with
        {
            Expected = Expectations.OfPools with { Fork = Expectation.NotAsked },
            Why = "fork, classic and switch fork as fast as connections come, whatever comes of them",
        },
        Mischief("crash", 6, "crash a worker", "others are served", "CVE-2007-3303; specification, point 6", new Means.Misbehaves("crash", 0, 4), []) with { Unguarded = "crash-loop shows the guard" },
        Mischief("leave", 6, "end a worker with exit in the middle of a request", "others are served", "CVE-2007-3303", new Means.Misbehaves("leave", 0, 4), []) with { Unguarded = "crash-loop shows the guard" },
        Mischief("hang", 6, "hang every worker that the pool may have", "others are served", "CVE-2007-3303; specification, point 6", new Means.Misbehaves("hang", 5, 12), []) with
        {
            Unguarded = "the limit of a pool's workers is a number of the configuration; crowd shows fairness",
        },
        Mischief("shout", 3, "flood standard error", "others are served", "Dovecot's limit, research 3; specification, two logs", new Means.Misbehaves("shout", 3, 2), []) with
        {
            Unguarded = "a full log pipe is the writer's own trouble; logs shows whose line it is",
        },
        Mischief("crowd", 6, "keep all workers there may be busy with the own host", "the other host is owed one and gets it", "specification, point 6", new Means.Crowds(24), ["fairness"]) with
        {
            Setting = AttackSetting.Crowded,
            Expected = Expectations.OfPools,
            Why = "fork, classic and switch have no pools between which to be fair: MaxClientsVHost is what there is",
        },
        new(
            "keep-and-read",
            "answer and go on reading the connection, when the next request on it is for another host",
            "nothing stops it: proxies must not share connections between hosts of different users",
            "specification, point 4; trust page",
            4,
            [],
            new Means.Steals(),
            Expectations.Nowhere)
        {
            Unguarded = "no guard can be there: what comes in on a connection is whoever's has it",
            Why = "what a client sends on a connection that a host has, that host can read",
        },
        Route("host-switch", "be asked for another host on a connection that it has", ["GET /itk-who HTTP/1.1\r\nHost: {own}\r\n\r\n", "GET /itk-who HTTP/1.1\r\nHost: {other}\r\n\r\n"], ["host-check"], "specification, points 4 and 5") with { Unguarded = null },
        Route("host-both", "two Host fields that name two hosts", ["GET /itk-who HTTP/1.1\r\nHost: {own}\r\nHost: {other}\r\nConnection: close\r\n\r\n"], [], "research 2.1 (8)"),
        Route("host-absolute", "an absolute address with another host in Host", ["GET http://{other}/itk-who HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n"], [], "RFC 2616 5.2"),
        Route("host-nul", "a NUL byte in Host", ["GET /itk-who HTTP/1.1\r\nHost: {own}\0.{other}\r\nConnection: close\r\n\r\n"], [], "specification, point 5"),
        Route("host-port", "Host in capitals with a dot and a port", ["GET /itk-who HTTP/1.1\r\nhOST: VICTIM.test.:8080\r\nConnection: close\r\n\r\n"], [], "RFC 2616 14.23"),
        Route("host-none", "no Host, and HTTP/0.9", ["GET /itk-who\r\n"], [], "specification, point 5"),
        Place("location-encoded", "/%69nner/itk-who"),
        Place("location-slashes", "//inner///itk-who"),
        Place("location-dots", "/x/../inner/./itk-who"),
        Place("location-subrequest", "/itk-who?via=subrequest:/inner/itk-who") with { Guards = ["location-check"], Unguarded = null },
        Place("location-redirect", "/itk-who?via=redirect:/inner/itk-who") with { Guards = ["location-check"], Unguarded = null },
    ];

    private static Attack Report(string id, string tries, string must, Means means, ImmutableArray<string> guards) =>
        Mischief(id, 3, tries, must, Lies, means, guards) with { Expected = Expectations.OfPools, Why = NoReports };

    private static Attack Mischief(string id, int point, string tries, string must, string source, Means means, ImmutableArray<string> guards) =>
        new(id, tries, must, source, point, guards, means, Expectations.Everywhere);

    private static Attack Route(string id, string tries, ImmutableArray<string> requests, ImmutableArray<string> guards, string source) =>
        new(id, tries, "whoever serves is the user of the host that is answered for; or it is refused", source, 4, guards, new Means.Routes(requests), Expectations.Everywhere)
        {
            Unguarded = "dispatcher and worker read the same bytes with httpd's own functions; host-check is what is left when they differ, see host-switch",
        };

    private static Attack Place(string id, string target) =>
        new(
            id,
            $"be served below a Location of another identity as itself: {target}",
            "that identity serves it, or it is refused",
            "specification, a connection's way (4)",
            4,
            [],
            new Means.Routes([$"GET {target} HTTP/1.1\r\nHost: {{own}}\r\nConnection: close\r\n\r\n"]),
            Expectations.OfPools)
        {
            Unguarded = "the dispatcher and the worker agree on this address; the guard is shown where the dispatcher cannot know: location-subrequest",
            Why = "only these models have AssignUserID in Location",
        };
}
