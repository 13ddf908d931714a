using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Landing;
using PatchForge.Manifests;
using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>A line's series as the overlay carries it.</summary>
/// <param name="Patches">Every patch that an ebuild applies, in the series' order; one of a release alone has the release's folder in its name.</param>
/// <param name="Applied">The names of those that each release's ebuild applies, in order; a release that is not in it applies all.</param>
public sealed record LineSeries(string Line, ImmutableArray<SeriesPatch> Patches, ImmutableSortedDictionary<string, ImmutableArray<TreePath>> Applied)
{
    public LineSeries(string line, ImmutableArray<SeriesPatch> patches)
        : this(line, patches, ImmutableSortedDictionary.Create<string, ImmutableArray<TreePath>>(StringComparer.Ordinal))
    {
    }

    public IEnumerable<TreePath> Of(string release) => Applied.TryGetValue(release, out var names) ? names : Patches.Select(patch => patch.Name);
}

/// <param name="Series">The series of each line that has an ebuild.</param>
/// <param name="Distfiles">What is known of distfiles: official ones, unless <see cref="Root"/> is a scratch copy.</param>
public sealed record RegenerateOverlayRequest(
    ForgeSettings Settings,
    ImmutableArray<LineSeries> Series,
    ImmutableArray<DistfileFacts> Distfiles,
    EclassSources Eclasses)
{
    /// <summary>
    /// The repository's root; null for the settings file's folder. Unofficial work names a scratch copy
    /// (<see cref="ScratchOverlay"/>), so that its Manifest never meets the real one.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>
    /// <see cref="Part.Manifest"/> or <see cref="Part.Cache"/>: that alone, of the ebuilds as they are on disk, so that no
    /// series is needed. For a Manifest an entry of md5-cache that is of this very ebuild and of no other eclasses is
    /// believed, as Portage believes it; else every ebuild is sourced. Null: everything, with the ebuilds generated anew.
    /// </summary>
    public Part? Alone { get; init; }

    /// <summary>What sourcing told in earlier runs; null where every ebuild is to be sourced.</summary>
    internal SourcedBefore? Known { get; init; }

    /// <summary>Looks for a distfile by its name alone, of a package whose ebuilds are people's; null when it is not at hand.</summary>
    public Func<string, CancellationToken, Task<DistfileFacts?>> AtHand { get; init; } = (_, _) => Task.FromResult<DistfileFacts?>(null);
}

/// <summary>What would have to be written; nothing has been.</summary>
/// <param name="Changes">Files whose content would change, relative to the root, in order; empty when all is as it should be.</param>
/// <param name="Units">The folders that land as one.</param>
/// <param name="Ebuilds">What became of each release's ebuild, by release.</param>
/// <param name="Notes">What the user should know, each a sentence.</param>
public sealed record RegenerateOverlayAnswer(
    ImmutableArray<FileChange> Changes,
    ImmutableArray<TreePath> Units,
    ImmutableSortedDictionary<string, EbuildFacts> Ebuilds,
    ImmutableArray<string> Notes);

/// <summary>
/// Works out the package's folder and its metadata cache: ebuilds from the template, the series in files/, the
/// Manifest, the cache entries. The same input gives the same bytes, and what is already so is no change.
/// </summary>
public sealed class RegenerateOverlay(IProcesses processes)
{
    public async Task<RegenerateOverlayAnswer> Run(RegenerateOverlayRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        if (settings.Overlay.Delivery != Delivery.Files)
        {
            throw Failure.Refused(
                "delivery: distfile is not possible yet: a patch tarball needs an address that SRC_URI can name",
                "set 'delivery: files' in patchforge.yaml",
                new(settings.File));
        }

        var overlay = new OverlayFolder(request.Root ?? settings.Home, settings.Overlay);
        var work = new Regeneration(settings, overlay, request);
        var generated = request.Alone is not null ? [] : settings.Lines.SelectMany(line => work.Line(line).AsEnumerable()).ToImmutableArray();
        if (request.Alone is null)
        {
            work.DropStaleEbuilds([.. generated.Select(ebuild => ebuild.FileName)], OverlayFolder.IsGenerated);
        }

        var source = new SourceEbuild(processes) { Before = request.Known };
        await work.SourceTogether(source, generated, cancel);
        var cache = await work.Cache(source, generated, cancel);
        var manifest = request.Alone == Part.Cache ? null : work.Manifest([.. generated.Select(ebuild => ebuild.FileName)], cache);
        await work.Others(source, cancel);
        if (request.Alone != Part.Manifest)
        {
            work.Descriptions();
        }

        return new(
            work.Changes(),
            [
                TreePath.Parse(work.Folder),
                TreePath.Parse(settings.Overlay.Profiles),
                .. work.OtherPackages().Select(one => TreePath.Parse(one.Folder)),
                .. overlay.Categories().Append(settings.Category).Distinct().Select(category => TreePath.Parse($"{overlay.Cache}/{category}")),
            ],
            generated.ToImmutableSortedDictionary(
                ebuild => ebuild.Version,
                ebuild => new EbuildFacts(
                    $"{work.Folder}/{ebuild.FileName}",
                    work.Changes().Any(change => change.Path.Name == ebuild.FileName) ? "written" : "unchanged",
                    manifest?.Of(ebuild.Distfile, scratch: request.Root is not null) ?? "left",
                    cache[ebuild.FileName].Said),
                StringComparer.Ordinal),
            work.Notes());
    }
}

/// <summary>What became of an ebuild's cache entry.</summary>
/// <param name="Wants">The distfiles in its SRC_URI; null when nobody knows.</param>
internal sealed record CachedEbuild(string Said, ImmutableSortedSet<string>? Wants);

/// <summary>What the Manifest says after the update.</summary>
internal sealed record RegeneratedManifest(ManifestDocument Document, ImmutableSortedSet<string> Fresh, bool Changed)
{
    internal string Of(string distfile, bool scratch) =>
        !Fresh.Contains(distfile) ? "left" : scratch ? "scratch" : Changed ? "official" : "unchanged";
}
