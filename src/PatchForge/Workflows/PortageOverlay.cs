using System.Collections.Immutable;
using PatchForge.Overlays;
using PatchForge.Releases;
using PatchForge.Roots;
using PatchForge.Seams;
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

    /// <summary>What Portage is given for each set of USE flags that the settings name, by the set's name.</summary>
    /// <param name="overlay">The repository's root, with links or without.</param>
    /// <returns>Null where it is built without Portage: the line has no ebuild, or the source is not the file that the ebuild names.</returns>
    public static ImmutableSortedDictionary<string, PortageRequest>? Requests(ForgeSettings settings, PreparedRelease release, string overlay, string stateFolder, string? gentoo)
    {
        if (release.Line.Ebuild is not { Revision: var revision } ebuild || release.Source?.Verdict is DistfileVerdict.Distribution)
        {
            return null;
        }

        var distfile = release.Line.Releases.First(one => one.Version == release.Release).Distfile;
        if (release.Source?.Archive is { } archive && archive != distfile)
        {
            throw Failure.Missing(
                $"Portage builds {release.Release} from {distfile}, and what is at hand is {archive}",
                $"put {distfile} into DISTDIR (--distdir), or build in a root without Portage");
        }

        var published = Path.Combine(stateFolder, "published", settings.PackageName);
        PublishedTree.Write(new OverlayFolder(overlay, settings.Overlay), published);
        return Sets(release.Line, ebuild).ToImmutableSortedDictionary(
            set => set.Name,
            set => new PortageRequest(
                published,
                File.ReadAllText(Path.Combine(published, "profiles", "repo_name")).Trim(),
                gentoo,
                Path.GetDirectoryName(release.Source?.From) ?? "/",
                settings.Package,
                revision == 0 ? release.Release : $"{release.Release}-r{revision}",
                Flags(release.Line.Build.Variants.Keys, ebuild, set),
                set.Variant),
            StringComparer.Ordinal);
    }

    /// <summary>What is emerged of a line.</summary>
    internal static ImmutableArray<UseSet> Sets(LineSettings line, EbuildSettings ebuild) =>
        ebuild.Sets.IsEmpty ? [.. line.Build.Variants.Keys.Select(name => new UseSet(name, name, ["mpm-" + name]))] : ebuild.Sets;

    /// <summary>Every flag that tells variants apart, on or off: the root's own settings decide none of them.</summary>
    private static ImmutableArray<string> Flags(IEnumerable<string> variants, EbuildSettings ebuild, UseSet set)
    {
        var beside = ebuild.Use.GetValueOrDefault(set.Variant, []);
        return
        [
            .. variants.Select(name => "mpm-" + name).Concat(ebuild.Use.Values.SelectMany(flags => flags)).Distinct()
                .Where(flag => !set.Flags.Contains(flag) && !beside.Contains(flag)).Order(StringComparer.Ordinal).Select(flag => "-" + flag),
            .. beside.Except(set.Flags),
            .. set.Flags,
        ];
    }
}
