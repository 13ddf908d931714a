using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Seams;

namespace PatchForge.Overlays;

/// <summary>
/// Everything that is known to go wrong with an ebuild repository of this shape, as rules that read and say.
/// A new rule is one function in this room and a folder in tests/testdata/overlays.
/// </summary>
public static class OverlayRules
{
    private static readonly ImmutableArray<Func<OverlayFolder, EclassSources, IEnumerable<Finding>>> All =
    [
        (overlay, _) => RepositoryRules.Name(overlay),
        (overlay, _) => RepositoryRules.Layout(overlay),
        (overlay, _) => RepositoryRules.Links(overlay),
        (overlay, _) => RepositoryRules.News(overlay),
        (overlay, _) => PackageRules.Names(overlay),
        (overlay, _) => PackageRules.Metadata(overlay),
        (overlay, _) => PackageRules.Manifest(overlay),
        (overlay, _) => FilesRules.Sizes(overlay),
        (overlay, _) => FilesRules.Named(overlay),
        (overlay, _) => FilesRules.Generated(overlay),
        CacheRules.Entries,
    ];

    /// <summary>Every finding, in the order of its file, then its line, then its rule.</summary>
    /// <param name="eclasses">Eclasses at hand; with none, what depends on them is not asked.</param>
    public static ImmutableArray<Finding> Check(OverlayFolder overlay, EclassSources eclasses) =>
    [
        .. All.SelectMany(rule => rule(overlay, eclasses))
            .OrderBy(finding => finding.At.File, StringComparer.Ordinal)
            .ThenBy(finding => finding.At.Line)
            .ThenBy(finding => finding.Rule, StringComparer.Ordinal)
            .ThenBy(finding => finding.Sentence, StringComparer.Ordinal),
    ];

    internal static IEnumerable<(string Category, string Package, string Folder)> Packages(OverlayFolder overlay) =>
        overlay.Categories().SelectMany(category => overlay.Packages(category)
            .Select(package => (category, package, overlay.PackageFolder(category, package))));

    internal static Finding Error(string rule, string file, string sentence, string? hint = null, int line = 0) =>
        new(rule, Severity.Error, new FileLocation(file, line), sentence, hint);

    internal static Finding Warning(string rule, string file, string sentence, string? hint = null, int line = 0) =>
        new(rule, Severity.Warning, new FileLocation(file, line), sentence, hint);
}
