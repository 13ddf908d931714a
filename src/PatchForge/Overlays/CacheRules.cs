using PatchForge.Ebuilds;

namespace PatchForge.Overlays;

/// <summary>metadata/md5-cache against what it was computed from, as Portage validates it (PMS section 14.3).</summary>
internal static class CacheRules
{
    internal static IEnumerable<Finding> Entries(OverlayFolder overlay, EclassSources eclasses)
    {
        foreach (var (category, package, folder) in OverlayRules.Packages(overlay))
        {
            var ebuilds = overlay.Ebuilds(category, package).Select(name => name[..^".ebuild".Length]).ToHashSet(StringComparer.Ordinal);
            foreach (var name in overlay.CacheEntries(category, package))
            {
                var file = $"{overlay.Cache}/{category}/{name}";
                var findings = ebuilds.Remove(name)
                    ? Entry(overlay, file, overlay.Read($"{folder}/{name}.ebuild") ?? [], eclasses)
                    : [OverlayRules.Error("cache-stray", file, "there is no ebuild to this entry", "run refresh")];
                foreach (var finding in findings)
                {
                    yield return finding;
                }
            }

            foreach (var name in ebuilds.Order(StringComparer.Ordinal))
            {
                yield return OverlayRules.Warning(
                    "cache-missing", $"{folder}/{name}.ebuild", "it has no entry in md5-cache, so Portage sources it each time", "run refresh where a Gentoo repository is at hand");
            }
        }
    }

    private static IEnumerable<Finding> Entry(OverlayFolder overlay, string file, byte[] ebuild, EclassSources eclasses)
    {
        if (CacheEntry.TryParse(overlay.Read(file) ?? []) is not { } entry)
        {
            yield return OverlayRules.Error("cache-unreadable", file, "this is no md5-cache entry", "run refresh");
            yield break;
        }

        if (entry.EbuildMd5 != EbuildMetadata.Md5(ebuild))
        {
            yield return OverlayRules.Error("cache-drift", file, "the ebuild changed since this entry was computed", "run refresh");
        }

        foreach (var mark in entry.Eclasses)
        {
            if (eclasses.Find(mark.Name) is { } eclass && EbuildMetadata.Md5(File.ReadAllBytes(eclass)) != mark.Md5)
            {
                // ::gentoo moves on by itself; Portage then computes the entry again.
                yield return OverlayRules.Warning("cache-eclass", file, $"{mark.Name}.eclass is another one here than when this entry was computed", "run refresh");
            }
        }
    }
}
