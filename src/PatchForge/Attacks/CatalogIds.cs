using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Point 1: in a worker every call back to root or to another identity fails.</summary>
internal static class CatalogIds
{
    private const string Uids = "research 1.4, 2 (mod_ruid2); setresuid(2)";

    public static ImmutableArray<Attack> All { get; } =
    [
        Inside("uid-root", "become root by setuid, seteuid, setreuid, setresuid or setfsuid", "each fails with EPERM", Uids, ["setuid"]),
        Inside("uid-other", "become the other host's user by any of them", "each fails with EPERM", Uids, ["capabilities"]),
        Inside("gid-root", "become group 0 by setgid, setegid, setregid, setresgid or setfsgid", "each fails with EPERM", Uids, ["setgid"]),
        Inside("gid-other", "become the other host's group by any of them", "each fails with EPERM", Uids, [], "a saved gid is the own one or root's, never a stranger's; uid-other takes the capability out"),
        Inside("groups-kept", "keep a group that the server was started with", "only the pool's own groups are left", "research 2.1 (5), 3; setgroups(2)", ["setgroups"]) with
        {
            Expected = Expectations.Everywhere,
        },
        Inside("groups-set", "take other groups by setgroups or initgroups", "each fails with EPERM", "research 1.4: mpm-itk left setgroups open", [], "CAP_SETGID is gone with the ids; capabilities is what uid-other takes out"),
        Inside("caps-left", "find a capability left in the permitted, effective, inheritable or ambient set", "all four are empty", "research 2 (mod_ruid2 keeps CAP_SETUID)", ["capabilities"]) with
        {
            Why = "a saved uid of 0 keeps the permitted set",
        },
        Inside("caps-raise", "raise any capability by capset or as an ambient one", "each fails with EPERM", "capabilities(7); specification, point 1", [], "with a capability left caps-left succeeds already, and with none there is nothing to raise from"),
        Inside("caps-bounding", "find something in the bounding set", "it is empty", "capabilities(7); specification, drop", ["bounding"]),
        Inside("caps-securebits", "unlock the treatment of uid 0 as root (securebits)", "the bits are set and locked", "capabilities(7); specification, drop", ["securebits"]),
        Inside("caps-setuid-program", "get capabilities from a set-user-ID root program", "it runs, without any", "research 3; specification, point 1", ["bounding", "securebits"]),
        Inside("caps-file-program", "get capabilities from a program that has them on its file", "it gets none", "capabilities(7), file capabilities", ["bounding"]),
        Inside("uid-setuid-program", "become uid 0 by a set-user-ID root program although no_new_privs is asked for", "it runs as the host's user", "specification: ItkNoNewPrivileges", ["no-new-privs"]) with
        {
            Setting = AttackSetting.NoNewPrivileges,
            Expected = Expectations.OfPools,
            Why = "only these models know ItkNoNewPrivileges",
        },
        Inside("user-namespace", "gain the machine's ids in a user namespace", "uid_map takes nothing but the own id, and root's file stays shut", "user_namespaces(7); specification, point 1", [], "the kernel asks for CAP_SETUID over the machine's ids; uid-root takes the way to it out"),
        Inside("session-key", "read a key of the session that the server was started from", "another session keyring is the worker's", "keyrings(7); specification, drop", ["keyring"]) with
        {
            Expected = Expectations.ButSwitch,
            Why = "switch stays in the session of the server, with its keys",
        },
        Inside("nice", "run at a better priority than the host's NiceValue", "EACCES, and the priority is the host's", "specification: NiceValue", ["nice"], number: 5) with
        {
            Expected = Expectations.Everywhere with { Switch = Expectation.NotAsked },
            Why = "switch has no NiceValue",
        },
        File("root", "root", ["setuid"]),
        File("roots-group", "group 0, which root's shell gives to what it starts", ["setgid"]),
        File("starters-group", "a group that the server was started with", ["setgroups"]) with { Expected = Expectations.ButSwitch },
        File("victim", "the other host's user", ["capabilities"]),
        Inside("file-server", "write to the server's pid file, configuration or log", "each fails with EACCES", "specification, point 2", ["setuid"]),
    ];

    private static Attack File(string whose, string words, ImmutableArray<string> guards) =>
        Inside("file-" + whose, $"read a file that is open to {words} alone", "EACCES", "specification, points 1 and 4", guards);

    private static Attack Inside(string id, string tries, string must, string source, ImmutableArray<string> guards, string? unguarded = null, int number = 0) =>
        new(id, tries, must, source, 1, guards, new Means.Inside(id, Number: number), Expectations.ButSwitch) { Unguarded = unguarded };
}
