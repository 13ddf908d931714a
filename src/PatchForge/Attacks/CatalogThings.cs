using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Points 2 and 3: descriptors, memory and logs.</summary>
internal static class CatalogThings
{
    private const string Scoreboard = "CVE-2019-0211, CVE-2012-0031, CVE-2007-3304; research 2.2";

    public static ImmutableArray<Attack> All { get; } =
    [
        Inside("fd-listeners", "accept connections, or listen again, on a socket of the server's", "no listening socket is open", "research 1.6: mpm-itk until 2012", ["listeners"]) with { Expected = Expectations.ButSwitch },
        Inside("fd-channels", "find another worker's channel or the control channel", "one Unix socket is open, its own", "research 2.1 (3): mpm-peruser", ["descriptors"]) with { Expected = Expectations.OfPools },
        Inside("channel-steal", "take a connection that is meant for another worker", "there is no channel to take it from", "research 2.1 (3): mpm-peruser", [], "what it needs is what fd-channels finds") with { Expected = Expectations.OfPools },
        Inside("channel-send", "send descriptors and forged messages back into the channel", "nobody takes them, and both hosts are served", "research 2.1 (1, 2, 7): mpm-peruser", [], "the other end is written to and never read: there is no code to take out") with { Expected = Expectations.OfPools },
        Inside("fd-inherited", "read a file that the server's starter left open", "it is not open in a worker", "research 3.1 (5)", [], "what was open at the start is blanked one by one and swept as well; fd-channels shows the sweep") with
        {
            Expected = Expectations.PoolsOnly,
            Why = "classic blanks listening sockets alone",
        },
        Memory("memory-shared", "write to memory that other processes share", "no shared mapping is writable", ["mappings"]) with
        {
            Means = new Means.Inside("memory-shared", Then: Aftermath.MarkIsSeen),
            Expected = Expectations.PoolsOnly,
            Why = "a worker of classic shares one page with the child that waits for it",
        },
        Memory("memory-status", "write to the status page that all processes read", "a worker has it for reading alone", ["status-readonly"]) with
        {
            Means = new Means.Inside("memory-shared", Then: Aftermath.MarkIsSeen),
            Expected = Expectations.OfPools,
            Why = "classic and switch have the scoreboard alone: memory-shared",
        },
        Memory("memory-protect", "make a shared mapping writable by mprotect or through its file", "EACCES", []) with
        {
            Unguarded = "a page that is mapped for reading from a file opened for reading cannot be made writable; there is nothing to leave out",
            Expected = Expectations.Everywhere,
        },
        Memory("memory-named", "open the scoreboard's file, a System V or a POSIX segment", "EACCES, or there is none", []) with { Unguarded = "the pool model gives nothing a name; who may open what has one is shown by file-root" },
        Memory("memory-secret", "find the other host's SetEnv secret in its own memory", "it was wiped", ["secrets"]) with
        {
            Source = "specification, secrets; trust page of the classic model",
            Expected = Expectations.PoolsOnly,
            Why = "the configuration is in every process of classic and switch",
        },
        Memory("tls-key", "find the other host's private key in its own memory, as numbers in either order of bytes", "it has its own host's alone", ["tls-keys"]) with
        {
            Source = "CVE-2014-0160: what is in a process can be read out of it; specification, secrets",
            Means = new Means.Inside("tls-key", Marks: PlantedKeys.Marks),
            Setting = AttackSetting.Tls,
            Expected = Expectations.PoolsOnly,
            Why = "every process of classic and switch can serve every host",
        },
        Inside("logs-open", "hold other hosts' logs or the main log open for writing", "only its own host's are", "research 2.2 (log fds); specification, two logs", ["logs"]) with { Expected = Expectations.PoolsOnly, Why = "classic inherits all logs: its trust page says so" },
        Inside("logs-spoil", "cut another log short or write over it", "there is no such descriptor", "research 2.2 (log fds)", ["logs"]) with { Expected = Expectations.PoolsOnly, Why = "classic inherits all logs: its trust page says so" },
        Inside("logs-forge", "write a line into the shared log as if it were another's", "each line has the pool's name", "Dovecot's rule, research 2.2; specification, two logs", ["logs"]) with
        {
            Means = new Means.Inside("logs-forge", Then: Aftermath.LineIsForged),
            Expected = Expectations.PoolsOnly,
            Why = "classic inherits all logs: its trust page says so",
        },
    ];

    private static Attack Memory(string id, string tries, string must, ImmutableArray<string> guards) =>
        Inside(id, tries, must, Scoreboard, guards) with { Point = 3 };

    private static Attack Inside(string id, string tries, string must, string source, ImmutableArray<string> guards, string? unguarded = null) =>
        new(id, tries, must, source, 2, guards, new Means.Inside(id), Expectations.ButSwitch)
        {
            Unguarded = unguarded,
            Why = "classic and switch have no channels",
        };
}
