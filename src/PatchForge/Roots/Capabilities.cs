using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>
/// What stays of root's capabilities (capabilities(7)) in each kind of run. Nowhere: SYS_ADMIN (mounts),
/// MKNOD (a node of a disk), SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_BOOT, SYS_TIME, NET_ADMIN, and
/// DAC_READ_SEARCH, which opens any file of a file system by its handle (open_by_handle_at(2)) and so leads out
/// of every mount namespace through one bound folder.
/// </summary>
public static class Capabilities
{
    private static readonly ImmutableArray<string> s_build =
        ["chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid"];

    /// <summary>The bounding set; empty for <see cref="RootRights.Portage"/>, whose set is its user namespace's.</summary>
    public static ImmutableArray<string> Of(RootRights rights) => rights switch
    {
        RootRights.Build => s_build,
        RootRights.Packages => [.. s_build, "audit_write", "net_bind_service", "setfcap", "sys_chroot"],

        // setpcap: a server that empties its own bounding set; sys_nice: NiceValue; sys_chroot: a dispatcher
        // that shuts itself in an empty folder.
        RootRights.Serve => [.. s_build, "net_bind_service", "setpcap", "sys_chroot", "sys_nice"],
        RootRights.Portage => [],
        _ => throw new ArgumentOutOfRangeException(nameof(rights)),
    };

    /// <summary>The list as setpriv(1) reads it: nothing, then each that stays.</summary>
    public static string SetprivList(RootRights rights) => string.Join(",", Of(rights).Select(name => "+" + name).Prepend("-all"));
}
