using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Point 5: hostile clients, while another host is asked by an ordinary one.</summary>
internal static class CatalogClients
{
    public static ImmutableArray<Attack> All { get; } =
    [
        Client("client-oversize-head", "send a head that does not end", "refused at a fixed size", ClientAttack.OversizeHead, 4 << 20, ["head-limit"]),
        Client("client-byte-by-byte", "send a head one byte a segment", "served or closed; others are served", ClientAttack.ByteByByte, 0, []) with
        {
            Unguarded = "what it costs is processor time, a few looks a second; client-oversize-head shows the guard",
        },
        Client("client-slow-heads", "hold many connections with half a head on each", "closed in time; others are served meanwhile", ClientAttack.SlowHeads, 10000, ["head-timeout"]) with
        {
            Expected = StallsForkers,
            Why = "classic and switch have a process for each of these connections, up to MaxClients",
        },
        Client("client-idle-keep-alive", "hold thousands of idle keep-alive connections", "others are served at full speed", ClientAttack.IdleKeepAlive, 5000, []) with
        {
            Unguarded = "that idle connections cost no worker is how the model works, not a check that can be left out",
            Expected = StallsForkers with { Fork = Expectation.Succeeds },
            Why = "fork, classic and switch have a process for each kept connection, up to MaxClients",
        },
        Client("client-pipelining", "send two hundred requests in one piece", "answered in order, all by the host's user", ClientAttack.Pipelining, 200, []) with { Unguarded = "it is a check that nothing is lost" },
        Client("client-queue-flood", "queue thousands of requests for a host whose workers are busy", "503 above the queue's depth; others are served", ClientAttack.QueueFlood, 2000, ["queue-depth"]) with
        {
            Expected = Expectations.OfPools with { Fork = Expectation.Stopped },
            Why = "classic and switch have no queue but the kernel's",
        },
        Client("client-closed-at-once", "connect and reset, hundreds of times", "others are served", ClientAttack.ClosedAtOnce, 400, []) with { Unguarded = "it is a check that nothing is lost" },
        Client("client-half-hello", "send half a ClientHello", "closed in time; others are served", ClientAttack.HalfHello, 200, []) with
        {
            Unguarded = "the same clock as for heads: client-slow-heads shows it",
            Expected = StallsForkers,
            Why = "classic and switch have a process for each of these connections, up to MaxClients",
        },
    ];

    private static Expectations StallsForkers => Expectations.PoolsOnly;

    private static Attack Client(string id, string tries, string must, ClientAttack kind, int number, ImmutableArray<string> guards) =>
        new(id, tries, must, "specification, point 5", 5, guards, new Means.Client(kind, number), Expectations.Everywhere);
}
