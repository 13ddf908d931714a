using System.Runtime.InteropServices;
using PatchForge.Seams;

namespace PatchForge.Host.Roots;

/// <summary>What this machine allows, found out by trying where a look is not enough.</summary>
internal static partial class Abilities
{
    private static readonly string[] s_programs = ["unshare", "nsenter", "mount", "umount", "pivot_root", "mountpoint", "setpriv", "find"];

    public static async Task<RootAbility> Look(IProcesses processes, CancellationToken cancel)
    {
        var missing = s_programs.Where(program => processes.Find(program) is null).ToArray();
        if (missing.Length > 0)
        {
            return new RootAbility.None(
                $"building in a root needs {string.Join(", ", missing)}, not on this machine",
                "they are in the packages util-linux and findutils");
        }

        var root = GetEffectiveUserId() == 0;
        if (!root && Subordinate(processes) is { } none)
        {
            return none;
        }

        string[] user = root ? [] : ["--user", "--map-root-user", "--map-auto"];
        var answer = await processes.Run(
            new ProcessRequest("unshare", NamespaceRoots.Words([.. user, "--mount", "--pid", "--fork", "--ipc", "--uts", "--net", "--propagation", "private", "--", "mount", "-t", "tmpfs", "patchforge", "/tmp"])),
            cancel);
        if (!answer.Succeeded)
        {
            return new RootAbility.None(
                $"this machine makes no namespaces for {(root ? "root" : "this user")}: {answer.Error.Trim().Split('\n')[0]}",
                root ? "in a container, run it with CAP_SYS_ADMIN (docker: --privileged)" : "allow user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, AppArmor's userns), or run as root");
        }

        return root ? new RootAbility.AsRoot() : new RootAbility.WithSubordinateIds();
    }

    /// <summary>Null when newuidmap(1) and an entry of at least 65,536 ids in subuid(5) and subgid(5) are there.</summary>
    private static RootAbility.None? Subordinate(IProcesses processes)
    {
        var name = Environment.UserName;
        if (processes.Find("newuidmap") is null || processes.Find("newgidmap") is null)
        {
            return new RootAbility.None(
                "building as an ordinary user needs newuidmap and newgidmap, not on this machine",
                "install the package uidmap (Debian) or shadow (Gentoo), or run the build as root");
        }

        if (name.Length == 0)
        {
            // newuidmap(1) asks the password database who calls it, and does nothing for an id alone.
            return new RootAbility.None(
                $"building as an ordinary user needs 65536 subordinate ids, and this machine knows no user of the id {GetEffectiveUserId()} to give them to",
                "build as a user of /etc/passwd, or as root");
        }

        foreach (var file in new[] { "/etc/subuid", "/etc/subgid" })
        {
            if (!HasRange(file, name))
            {
                return new RootAbility.None(
                    $"building as an ordinary user needs 65536 subordinate ids, and {file} gives {name} none",
                    $"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}; or run the build as root");
            }
        }

        return null;
    }

    private static bool HasRange(string file, string name) =>
        File.Exists(file) && File.ReadLines(file)
            .Select(line => line.Split(':'))
            .Any(fields => fields.Length == 3
                && (fields[0] == name || fields[0] == GetEffectiveUserId().ToString(System.Globalization.CultureInfo.InvariantCulture))
                && uint.TryParse(fields[2], out var count) && count >= 65536);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetEffectiveUserId();
}
