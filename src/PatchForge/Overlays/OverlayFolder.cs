using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Settings;

namespace PatchForge.Overlays;

/// <summary>
/// An ebuild repository on disk whose categories lie in a folder of their own, with links from the root
/// (<c>www-servers -> overlay/www-servers</c>). Every path that is handed out is relative to the root.
/// </summary>
public sealed class OverlayFolder(string root, OverlaySettings settings)
{
    public string Root { get; } = Path.GetFullPath(root);

    public OverlaySettings Settings { get; } = settings;

    /// <summary>The folder of the metadata cache (PMS section 14.1).</summary>
    public string Cache => Settings.Metadata + "/md5-cache";

    /// <summary>The folder, relative to files/, of the patches that are generated from a line's series.</summary>
    public static string PatchFolder(ForgeSettings forge, LineSettings line) => $"{forge.Name}-{line.Line}";

    public string PackageFolder(string category, string package) => $"{Settings.Packages}/{category}/{package}";

    public string Full(string relative) => Path.Combine(Root, relative);

    public bool Has(string relative) => File.Exists(Full(relative));

    public byte[]? Read(string relative) => Has(relative) ? File.ReadAllBytes(Full(relative)) : null;

    /// <summary>Folders beside the categories that a repository may have of its own (PMS section 4.1).</summary>
    public const string Eclasses = "eclass";

    /// <summary>Categories that have a folder, sorted.</summary>
    public ImmutableArray<string> Categories() => [.. Folders(Settings.Packages).Where(name => name != Eclasses && !IsLink($"{Settings.Packages}/{name}"))];

    /// <summary>What the root has links to: the categories, and the eclasses where there are some.</summary>
    public ImmutableArray<string> Linked() => Directory.Exists(Full(Settings.Packages + "/" + Eclasses)) ? [.. Categories(), Eclasses] : Categories();

    public ImmutableArray<string> Packages(string category) => Folders($"{Settings.Packages}/{category}");

    /// <summary>The names of a package's ebuild files, sorted, whether their names are valid or not.</summary>
    public ImmutableArray<string> Ebuilds(string category, string package) =>
        [.. Files(PackageFolder(category, package)).Where(name => name.EndsWith(".ebuild", StringComparison.Ordinal))];

    /// <summary>Names of cache entries of a package, sorted; an entry's name is its ebuild's without the suffix.</summary>
    public ImmutableArray<string> CacheEntries(string category, string package) =>
        [.. Files($"{Cache}/{category}").Where(name => EbuildVersion.Split(package, name + ".ebuild") is not null)];

    /// <summary>Names of files in one folder, sorted; empty when it is not there.</summary>
    public ImmutableArray<string> Files(string relative) =>
        Directory.Exists(Full(relative))
            ? [.. Directory.EnumerateFiles(Full(relative)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Names of folders in one folder, sorted; empty when it is not there.</summary>
    public ImmutableArray<string> Folders(string relative) =>
        Directory.Exists(Full(relative))
            ? [.. Directory.EnumerateDirectories(Full(relative)).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Paths of all files below a folder, relative to it, sorted; links are not followed.</summary>
    public ImmutableArray<string> FilesBelow(string relative) =>
    [
        .. Files(relative),
        .. Folders(relative).Where(name => !IsLink($"{relative}/{name}"))
            .SelectMany(name => FilesBelow($"{relative}/{name}").Select(file => $"{name}/{file}")),
    ];

    public bool IsLink(string relative) => new FileInfo(Full(relative)).LinkTarget is not null;
}
