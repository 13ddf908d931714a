using System.Collections.Immutable;
using PatchForge.Overlays;
using PatchForge.Releases;
using PatchForge.Roots;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>The overlay as Portage in a root gets it: as it would be after this refresh, before it has landed.</summary>
internal static class PortageOverlay
{
    /// <summary>A copy of the overlay with the changes in it, in the tool's own state.</summary>
    public static string Copy(ForgeSettings settings, RegenerateOverlayAnswer overlay, string stateFolder)
    {
        var folder = Path.Combine(stateFolder, "overlay", settings.PackageName);
        if (Directory.Exists(folder))
        {
            // An earlier run's: what it generated must not be taken for the overlay's.
            Directory.Delete(folder, recursive: true);
        }

        ScratchOverlay.Prepare(settings, folder);
        foreach (var change in overlay.Changes)
        {
            var file = Path.Combine(folder, change.Path.Text);
            if (change.Content is { } content)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file) ?? folder);
                File.WriteAllBytes(file, content.Span);
            }
            else
            {
                File.Delete(file);
            }
        }

        return folder;
    }

    /// <summary>What ebuild(1) is given for each variant: the USE flag that picks it, all others of its kind off.</summary>
    /// <returns>Null where it is built without Portage: the line has no ebuild, or the source is not the file that the ebuild names.</returns>
    public static ImmutableSortedDictionary<string, PortageRequest>? Requests(ForgeSettings settings, PreparedRelease release, string overlay, string? gentoo)
    {
        if (release.Line.Ebuild is not { Revision: var revision } || release.Source?.Verdict is DistfileVerdict.Distribution)
        {
            return null;
        }

        var names = release.Line.Build.Variants.Keys;
        return release.Line.Build.Variants.Keys.ToImmutableSortedDictionary(
            variant => variant,
            variant => new PortageRequest(
                overlay,
                File.ReadAllText(Path.Combine(overlay, settings.Overlay.Profiles, "repo_name")).Trim(),
                gentoo,
                Path.GetDirectoryName(release.Source?.From) ?? "/",
                settings.Package,
                revision == 0 ? release.Release : $"{release.Release}-r{revision}",
                [.. names.Select(name => (name == variant ? "" : "-") + "mpm-" + name)]),
            StringComparer.Ordinal);
    }
}
