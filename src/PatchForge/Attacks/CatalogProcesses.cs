using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Point 2: a worker reaches no other process.</summary>
internal static class CatalogProcesses
{
    private const string NotDumpable = "nobody who is not root in the machine's eyes looks into another uid's process; not dumpable holds it for the own uid";

    public static ImmutableArray<Attack> All { get; } =
    [
        Signal("supervisor", "the root process", ["setuid"]),
        Signal("front", "the process that meets the network", ["capabilities"]) with { Expected = NoFrontInSwitch, Why = NoFront },
        Signal("other", "a worker of the other host", ["capabilities"]),
        Look("supervisor", "the root process", []),
        Look("front", "the process that meets the network", []) with { Expected = NoFrontInSwitch, Why = NoFront },
        Look("other", "a worker of the other host", []),
        Look("sibling", "another worker of its own pool", ["dumpable"]) with
        {
            Unguarded = null,
            Why = "classic and fork have a worker a connection, of the same user; both make it not dumpable",
        },
        new(
            "signal-session",
            "send SIGCONT to the root process, as to any of one session",
            "EPERM: the worker has a session of its own",
            "kill(2); specification, drop",
            2,
            ["session"],
            new Means.Inside("signal-session", "supervisor"),
            Expectations.PoolsOnly)
        {
            Why = "classic and switch leave their children in the session of the root process",
        },
        new(
            "terminal",
            "open the terminal of whoever started the server, to type there (TIOCSTI)",
            "there is none",
            "CVE-2016-2779 and its kind; specification, point 2",
            2,
            [],
            new Means.Inside("terminal"),
            Expectations.Everywhere)
        {
            Unguarded = "httpd leaves the terminal when it becomes a daemon; session is shown by signal-session",
        },
    ];

    private const string NoFront = "switch has no process before its workers";

    private static Expectations NoFrontInSwitch => Expectations.Everywhere with { Switch = Expectation.NotAsked };

    private static Attack Signal(string target, string words, ImmutableArray<string> guards) => new(
        "signal-" + target,
        $"signal {words} and change its priority",
        "EPERM, EACCES",
        "CVE-2007-3304, CVE-2007-3303; specification, point 2",
        2,
        guards,
        new Means.Inside("signal", target),
        Expectations.ButSwitch);

    private static Attack Look(string target, string words, ImmutableArray<string> guards) => new(
        "look-" + target,
        $"look into {words}: ptrace, process_vm_readv, pidfd_getfd, /proc/PID/mem, environ, maps, fd, root",
        "each fails",
        "research 2.2 (same-uid ptrace), 3; specification, point 2",
        2,
        guards,
        new Means.Inside("look-into", target),
        Expectations.ButSwitch)
    {
        Unguarded = NotDumpable,
    };
}
