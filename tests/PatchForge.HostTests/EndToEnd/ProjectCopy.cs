using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>What of this checkout refresh works on, in a folder where it may write.</summary>
internal static class ProjectCopy
{
    public static void Make(string home)
    {
        foreach (var part in (string[])["patchforge.yaml", "patches", "src/mpm-itk", "src/ebuilds", "overlay", "profiles", "metadata"])
        {
            Copy(Path.Combine(Golden.Home, part), Path.Combine(home, part));
        }
    }

    private static void Copy(string from, string to)
    {
        if (File.Exists(from))
        {
            File.Copy(from, to);
            return;
        }

        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var copy = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } target)
            {
                File.CreateSymbolicLink(copy, target);
            }
            else
            {
                Copy(entry.FullName, copy);
            }
        }
    }
}
