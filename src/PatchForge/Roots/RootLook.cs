using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>Which tool installs packages in a root.</summary>
public enum PackageManager
{
    None,
    Apt,
    Emerge,
}

/// <summary>What can be told of a root from its files, without running anything of it.</summary>
public static class RootLook
{
    /// <summary>
    /// The machine's path of a file of the root, links followed as the root itself would (never out of it), or
    /// null where there is none. Layers are not looked into.
    /// </summary>
    public static string? Find(RootTree root, string inside)
    {
        // 40 links is where the kernel gives up as well (path_resolution(7)).
        for (var links = 0; links < 40; links++)
        {
            var (found, instead) = Step(root, inside);
            if (instead is null)
            {
                return found;
            }

            inside = instead;
        }

        return null;
    }

    public static PackageManager Manager(RootTree root) =>
        Find(root, "/usr/bin/emerge") is not null ? PackageManager.Emerge
        : Find(root, "/usr/bin/apt-get") is not null ? PackageManager.Apt
        : PackageManager.None;

    /// <summary>Whether ebuild(1) and emerge(1) are there, so that the build is Portage's own.</summary>
    public static bool HasPortage(RootTree root) =>
        Find(root, "/usr/bin/emerge") is not null && Find(root, "/usr/bin/ebuild") is not null;

    /// <summary>The package database of a Debian root; empty where there is none.</summary>
    public static string DpkgStatus(RootTree root) =>
        Find(root, "/var/lib/dpkg/status") is { } file ? File.ReadAllText(file) : "";

    /// <summary>The installed packages' folders of a Gentoo root, as category/name-version (PMS: /var/db/pkg).</summary>
    public static ImmutableArray<string> GentooPackages(RootTree root) =>
        Find(root, "/var/db/pkg") is { } folder && Directory.Exists(folder)
            ? [.. Directory.EnumerateDirectories(folder)
                .SelectMany(Directory.EnumerateDirectories)
                .Select(package => Path.GetRelativePath(folder, package))
                .Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Follows one path to its end, or to its first link; then the second is the path to go on with.</summary>
    private static (string? Found, string? Instead) Step(RootTree root, string inside)
    {
        var segments = Normal(inside);
        for (var count = 1; count <= segments.Length; count++)
        {
            var upTo = "/" + string.Join('/', segments[..count]);
            var target = root.Links.FirstOrDefault(link => link.Inside == upTo)?.Target
                ?? (Lower(root, upTo) is { } path ? new FileInfo(path).LinkTarget : null);
            if (target is not null)
            {
                var parent = "/" + string.Join('/', segments[..(count - 1)]);
                var rest = string.Join('/', segments[count..]);
                return (null, (target.StartsWith('/') ? target : parent + "/" + target) + "/" + rest);
            }
        }

        var end = Lower(root, "/" + string.Join('/', segments));
        return (Path.Exists(end) ? end : null, null);
    }

    private static string? Lower(RootTree root, string inside)
    {
        var part = root.Parts
            .Where(part => part.Inside == "/" || part.Inside == inside || inside.StartsWith(part.Inside + "/", StringComparison.Ordinal))
            .MaxBy(part => part.Inside.Length);
        return part is null ? null
            : part.Inside == "/" ? part.Lower + inside
            : part.Lower + inside[part.Inside.Length..];
    }

    private static string[] Normal(string inside)
    {
        var segments = new List<string>();
        foreach (var segment in inside.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == "..")
            {
                segments.RemoveRange(Math.Max(0, segments.Count - 1), Math.Min(1, segments.Count));
            }
            else if (segment != ".")
            {
                segments.Add(segment);
            }
        }

        return [.. segments];
    }
}
