using System.Collections.Immutable;
using System.Xml;
using System.Xml.Linq;
using PatchForge.Ebuilds;
using PatchForge.Manifests;
using PatchForge.Seams;

namespace PatchForge.Overlays;

/// <summary>One package's folder: the names of its ebuilds, metadata.xml, the Manifest.</summary>
internal static class PackageRules
{
    /// <summary>PMS section 4.3: an ebuild is called after its package, and a package has one.</summary>
    internal static IEnumerable<Finding> Names(OverlayFolder overlay)
    {
        foreach (var (category, package, folder) in OverlayRules.Packages(overlay))
        {
            var ebuilds = overlay.Ebuilds(category, package);
            if (ebuilds.IsEmpty)
            {
                yield return OverlayRules.Warning("no-ebuild", folder, "the package has no ebuild");
            }

            foreach (var name in ebuilds.Where(name => EbuildVersion.Split(package, name) is null))
            {
                yield return OverlayRules.Error("ebuild-name", $"{folder}/{name}", $"this is not {package}-VERSION.ebuild (PMS section 3.2)");
            }

            foreach (var name in ebuilds.Where(name => EbuildVersion.Eapi(overlay.Read($"{folder}/{name}") ?? []) is null))
            {
                yield return OverlayRules.Error("ebuild-eapi", $"{folder}/{name}", "the first line that is no comment does not set EAPI (PMS section 7.3.1)");
            }
        }
    }

    /// <summary>GLEP 68: the file is there, is XML, and describes flags that an ebuild has.</summary>
    internal static IEnumerable<Finding> Metadata(OverlayFolder overlay)
    {
        foreach (var (category, package, folder) in OverlayRules.Packages(overlay))
        {
            var file = folder + "/metadata.xml";
            if (overlay.Read(file) is not { } content)
            {
                yield return OverlayRules.Error("metadata-xml", file, "the package has no metadata.xml (GLEP 68)");
                continue;
            }

            var (flags, wrong) = DescribedFlags(content, file);
            if (wrong is not null)
            {
                yield return wrong;
                continue;
            }

            // What the ebuilds have is known from the cache alone; without all of it nothing is said.
            var known = TrueEntries(overlay, category, package);
            if (known.Length == 0 || known.Any(entry => entry is null))
            {
                continue;
            }

            var used = known.SelectMany(entry => CacheEntry.Value(entry, "IUSE").Split(' ')).Select(flag => flag.TrimStart('+', '-')).ToHashSet();
            foreach (var flag in flags.Where(flag => !used.Contains(flag)))
            {
                yield return OverlayRules.Warning("metadata-flag", file, $"it describes USE={flag}, which no ebuild here has");
            }
        }
    }

    /// <summary>A DIST line for every distfile that an ebuild wants, and none besides (GLEP 74).</summary>
    internal static IEnumerable<Finding> Manifest(OverlayFolder overlay)
    {
        foreach (var (category, package, folder) in OverlayRules.Packages(overlay))
        {
            var file = folder + "/Manifest";
            var (manifest, wrong) = Read(overlay, file);
            if (manifest is null)
            {
                yield return wrong ?? throw new InvalidOperationException();
                continue;
            }

            var lines = manifest.Distfiles.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
            var wanted = Wanted(overlay, category, package);
            foreach (var name in wanted.Names.Where(name => !lines.Contains(name)))
            {
                // Not an error of the tree: the official file has to be seen once before its BLAKE2B is known.
                yield return new Finding(
                    "manifest-missing", Severity.Note, new FileLocation(file),
                    $"{name} has no DIST line, so Portage refuses to fetch it", "with the official file at hand 'refresh' adds it");
            }

            foreach (var entry in manifest.Distfiles.Where(entry => wanted.All && !wanted.Names.Contains(entry.Name)))
            {
                yield return OverlayRules.Warning("manifest-unwanted", file, $"no ebuild wants {entry.Name}");
            }

            foreach (var entry in manifest.Distfiles.Where(entry => !entry.Hashes.Any(hash => hash.Algorithm == "BLAKE2B")))
            {
                yield return OverlayRules.Error("manifest-hash", file, $"{entry.Name} has no BLAKE2B, which ::gentoo requires");
            }
        }
    }

    private static (ManifestDocument? Manifest, Finding? Wrong) Read(OverlayFolder overlay, string file)
    {
        try
        {
            return (ManifestDocument.Parse(overlay.Read(file) ?? [], file), null);
        }
        catch (Failure failure)
        {
            return (null, OverlayRules.Error("manifest-unreadable", file, failure.Message, failure.Hint, failure.At?.Line ?? 0));
        }
    }

    /// <summary>From cache entries, which are of sourced ebuilds; <c>All</c> when every ebuild has one.</summary>
    private static (ImmutableSortedSet<string> Names, bool All) Wanted(OverlayFolder overlay, string category, string package)
    {
        var entries = TrueEntries(overlay, category, package);
        return (
            [.. entries.OfType<byte[]>().SelectMany(entry => SourceAddresses.Names(CacheEntry.Value(entry, "SRC_URI")))],
            entries.All(entry => entry is not null));
    }

    /// <summary>The cache entry of each ebuild; null where there is none or it is of another text.</summary>
    private static ImmutableArray<byte[]?> TrueEntries(OverlayFolder overlay, string category, string package) =>
    [
        .. overlay.Ebuilds(category, package).Select(name =>
            overlay.Read($"{overlay.Cache}/{category}/{name[..^".ebuild".Length]}") is { } entry
            && CacheEntry.TryParse(entry)?.EbuildMd5 == EbuildMetadata.Md5(overlay.Read($"{overlay.PackageFolder(category, package)}/{name}"))
                ? entry
                : null),
    ];

    private static (ImmutableArray<string> Flags, Finding? Wrong) DescribedFlags(byte[] content, string file)
    {
        try
        {
            // The document names Gentoo's DTD; nobody fetches it, and no entity is expanded.
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null };
            using var reader = XmlReader.Create(new MemoryStream(content), settings);
            var root = XDocument.Load(reader).Root;
            return root?.Name.LocalName == "pkgmetadata"
                ? ([.. root.Elements("use").Elements("flag").Select(flag => flag.Attribute("name")?.Value ?? "").Order(StringComparer.Ordinal)], null)
                : ([], OverlayRules.Error("metadata-xml", file, "the document's element is not pkgmetadata (GLEP 68)"));
        }
        catch (XmlException wrong)
        {
            return ([], OverlayRules.Error("metadata-xml", file, $"this is not XML: {wrong.Message}", line: wrong.LineNumber));
        }
    }
}
