using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>
/// What the original mpm-itk is asked, where the question applies to it: who a process can become after it became the
/// host's user, what of other processes it reaches, and what it still has in its hands. Verdicts are those of
/// libapache2-mpm-itk 2.4.7-04 with the settings that docs/attacks-on-peers.md gives, each with what it rests on.
/// </summary>
public static class CatalogPeers
{
    private const string Became = "setgid, initgroups and setuid from root: real, effective and saved ids are the user's, and the kernel clears the capability sets (capabilities(7), effect of user ID changes)";
    private const string NoBounding = "it drops capabilities by its sets alone; bounding set and securebits are the server's (mpm_itk.c: no prctl for either)";
    private const string Inherited = "prefork's child forks for the connection, and all that it had open or mapped stays";
    private const string Kernel = "another uid's process, and one that changed its ids is not dumpable (ptrace(2), proc(5))";

    private static readonly ImmutableSortedDictionary<string, (Expectation Expected, string Why)> s_mpmItk = new Dictionary<string, (Expectation, string)>
    {
        ["uid-root"] = (Expectation.Stopped, Became),
        ["uid-other"] = (Expectation.Stopped, Became),
        ["gid-root"] = (Expectation.Stopped, Became),
        ["gid-other"] = (Expectation.Stopped, Became),
        ["groups-kept"] = (Expectation.Stopped, "initgroups replaces the groups"),
        ["groups-set"] = (Expectation.Stopped, "CAP_SETGID is gone with uid 0"),
        ["caps-left"] = (Expectation.Stopped, Became),
        ["caps-raise"] = (Expectation.Stopped, Became),
        ["caps-bounding"] = (Expectation.Succeeds, NoBounding),
        ["caps-securebits"] = (Expectation.Succeeds, NoBounding),
        ["caps-setuid-program"] = (Expectation.Succeeds, NoBounding),
        ["caps-file-program"] = (Expectation.Succeeds, NoBounding),
        ["user-namespace"] = (Expectation.Stopped, "the kernel asks for CAP_SETUID over the machine's ids"),
        ["session-key"] = (Expectation.Succeeds, "it joins no session keyring of its own"),
        ["nice"] = (Expectation.Stopped, "setpriority comes before setuid"),
        ["file-root"] = (Expectation.Stopped, Became),
        ["file-roots-group"] = (Expectation.Stopped, Became),
        ["file-starters-group"] = (Expectation.Stopped, "initgroups replaces the groups"),
        ["file-victim"] = (Expectation.Stopped, Became),
        ["file-server"] = (Expectation.Stopped, Became),
        ["signal-supervisor"] = (Expectation.Stopped, Became),
        ["signal-other"] = (Expectation.Stopped, Became),
        ["signal-session"] = (Expectation.Succeeds, "its processes stay in the session of the server's parent (kill(2), SIGCONT)"),
        ["look-supervisor"] = (Expectation.Stopped, Kernel),
        ["look-other"] = (Expectation.Stopped, Kernel),
        ["look-sibling"] = (Expectation.Stopped, "a process that changed its ids is not dumpable, and neither calls prctl to be"),
        ["terminal"] = (Expectation.Stopped, "httpd leaves the terminal when it becomes a daemon"),
        ["fd-listeners"] = (Expectation.Stopped, "ap_close_listeners in the connection's process, since 2012"),
        ["fd-inherited"] = (Expectation.Succeeds, Inherited),
        ["memory-shared"] = (Expectation.Succeeds, "the scoreboard is mapped for writing in each process: " + Inherited),
        ["memory-secret"] = (Expectation.Succeeds, "the whole configuration is in each process: " + Inherited),
        ["logs-open"] = (Expectation.Succeeds, "root opened all logs: " + Inherited),
        ["logs-spoil"] = (Expectation.Succeeds, "root opened all logs: " + Inherited),
        ["logs-forge"] = (Expectation.Succeeds, "root opened all logs: " + Inherited),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Ids in the table that no attack has: none, as a test holds.</summary>
    public static IEnumerable<string> Known => s_mpmItk.Keys;

    internal static ImmutableArray<Attack> With(ImmutableArray<Attack> attacks) =>
    [
        .. attacks.Select(attack => s_mpmItk.TryGetValue(attack.Id, out var peer)
            ? attack with { Expected = attack.Expected with { MpmItk = peer.Expected }, Peer = peer.Why }
            : attack),
    ];
}
