using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Host.Roots;

/// <summary>
/// Deletes a folder that may hold what root inside a root made of it. Refuses while anything is mounted below or
/// an overlay shows it, in any mount namespace that /proc shows; then deletes through a bind that holds no other mount (mount(2):
/// MS_BIND without MS_REC), so that a mount made in the meantime is not reached either. find(1) follows no link
/// and with -xdev leaves no file system.
/// </summary>
internal sealed class TreeRemoval(IProcesses processes)
{
    private const string Script = """
        set -eu
        mount --bind "$1" "$1"
        cd "$1"
        find . -xdev -mindepth 1 -delete
        """;

    public async Task Remove(string folder, bool userNamespace, CancellationToken cancel)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var info = new DirectoryInfo(folder);
        if (info.LinkTarget is not null)
        {
            throw Failure.Refused($"{folder} is a link, and no link is followed to delete");
        }

        if (!info.Exists)
        {
            return;
        }

        // A parent may be a link; the kernel's tables have the real path.
        var real = RealPath(folder);
        var (below, inUse) = Mounted(real);
        if (inUse)
        {
            throw Failure.Refused($"{folder} is not removed: something runs in it", "leave the root's shells and wait for its builds, then remove it");
        }

        if (below.Order(StringComparer.Ordinal).ToArray() is { Length: > 0 } mounted)
        {
            throw Failure.Refused(
                $"{folder} is not removed: {string.Join(", ", mounted.Take(3))} is mounted there",
                "leave the root's shells and unmount it (umount(8)), then remove it");
        }

        string[] user = userNamespace ? ["--user", "--map-root-user", "--map-auto"] : [];
        var answer = await processes.Run(
            new ProcessRequest("unshare", NamespaceRoots.Words([.. user, "--mount", "--propagation", "private", "--", "sh", "-c", Script, "remove", real])),
            cancel);
        if (!answer.Succeeded)
        {
            throw Failure.Refused($"{folder} could not be removed: {answer.Error.Trim().Split('\n')[0]}");
        }

        Directory.Delete(folder, recursive: false);
    }

    private static (HashSet<string> Below, bool InUse) Mounted(string folder)
    {
        var inUse = false;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(name => char.IsAsciiDigit(Path.GetFileName(name)[0])))
        {
            try
            {
                var space = File.ResolveLinkTarget(Path.Combine(process, "ns/mnt"), returnFinalTarget: false)?.Name;
                if (space is null || seen.Add(space))
                {
                    var mounts = MountTable.Parse(File.ReadAllText(Path.Combine(process, "mountinfo")));
                    found.UnionWith(MountTable.At(mounts, folder));
                    inUse |= mounts.SelectMany(mount => mount.Lowers).Distinct().Any(lower => IsBelow(lower, folder));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or another user's: what is mounted there is not below a folder of ours.
            }
        }

        return (found, inUse);
    }

    private static bool IsBelow(string path, string folder) =>
        Path.IsPathRooted(path) && RealPath(Path.GetFullPath(path)) is var real && (real == folder || real.StartsWith(folder + "/", StringComparison.Ordinal));

    private static string RealPath(string folder)
    {
        var path = "/";
        foreach (var segment in folder.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = Path.Combine(path, segment);
            path = new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        }

        return path;
    }
}
