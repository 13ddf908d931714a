using PatchForge.Ebuilds;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Overlays;

/// <summary>
/// A copy of the overlay for work with sources that nobody published: it has a Manifest of its own, and nothing
/// of it comes back. It is a valid repository with the links of the real one.
/// </summary>
public static class ScratchOverlay
{
    /// <summary>
    /// Makes or renews the copy. What people wrote is brought up to date, and what they deleted is deleted; what the
    /// tool generates is copied only where it is missing, so that a second run finds its own work.
    /// </summary>
    /// <exception cref="Failure">Refused, when the folder is inside the settings file's folder or holds something else.</exception>
    public static OverlayFolder Prepare(ForgeSettings settings, string folder)
    {
        var home = Path.TrimEndingDirectorySeparator(Path.GetFullPath(settings.Home));
        var to = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (to == home || to.StartsWith(home + "/", StringComparison.Ordinal) || home.StartsWith(to + "/", StringComparison.Ordinal))
        {
            throw Failure.Refused($"a scratch copy of the overlay cannot be in {folder}", "name a folder outside the repository");
        }

        var (from, copy) = (new OverlayFolder(home, settings.Overlay), new OverlayFolder(to, settings.Overlay));
        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any()
            && !copy.Has(settings.Overlay.Profiles + "/repo_name"))
        {
            throw Failure.Refused($"{folder} holds something that is no copy of the overlay", "name an empty folder, or one that does not exist");
        }

        foreach (var part in new[] { settings.Overlay.Packages, settings.Overlay.Profiles, settings.Overlay.Metadata }.Distinct())
        {
            foreach (var file in from.FilesBelow(part).Select(name => $"{part}/{name}"))
            {
                Copy(from, copy, file);
            }

            foreach (var file in copy.FilesBelow(part).Select(name => $"{part}/{name}").Where(file => !from.Has(file) && !IsGenerated(copy, file)))
            {
                File.Delete(copy.Full(file));
            }
        }

        Link(copy.Full(settings.Overlay.Packages + "/profiles"), "../" + settings.Overlay.Profiles);
        Link(copy.Full(settings.Overlay.Packages + "/metadata"), "../" + settings.Overlay.Metadata);
        foreach (var category in copy.Linked())
        {
            Link(copy.Full(category), $"{settings.Overlay.Packages}/{category}");
        }

        return copy;
    }

    private static void Copy(OverlayFolder from, OverlayFolder to, string file)
    {
        var content = from.Read(file) ?? [];
        if (to.Read(file) is { } there && (IsGenerated(from, file) || there.AsSpan().SequenceEqual(content)))
        {
            return;
        }

        var target = to.Full(file);
        Directory.CreateDirectory(Path.GetDirectoryName(target) ?? to.Root);
        File.WriteAllBytes(target + ".new", content);
        File.Move(target + ".new", target, overwrite: true);
    }

    private static bool IsGenerated(OverlayFolder overlay, string file) =>
        file.EndsWith("/Manifest", StringComparison.Ordinal)
        || (file.EndsWith(".ebuild", StringComparison.Ordinal) && OverlayFolder.IsGenerated(overlay.Read(file) ?? []))
        || file.StartsWith(overlay.Cache + "/", StringComparison.Ordinal)
        || overlay.Has(Path.GetDirectoryName(file) + "/" + PatchFolderFiles.Record);

    private static void Link(string path, string target)
    {
        if (new FileInfo(path).LinkTarget is null && !Path.Exists(path))
        {
            File.CreateSymbolicLink(path, target);
        }
    }
}
