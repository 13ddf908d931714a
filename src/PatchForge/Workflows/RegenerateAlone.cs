using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>What is regenerated.</summary>
public enum Part
{
    /// <summary>Patches made from our own sources, the ebuilds, and the series in files/.</summary>
    Ebuild,

    /// <summary>The Manifest alone.</summary>
    Manifest,

    /// <summary>The entries of metadata/md5-cache, and profiles/use.local.desc, alone.</summary>
    Cache,
}

/// <param name="Check">Only say what differs.</param>
public sealed record RegenerateAloneRequest(ForgeSettings Settings, Part Part, bool Check, string? Distdir, string? Gentoo);

/// <param name="Changed">Paths that were written, or that differ; relative to the settings file's folder.</param>
public sealed record RegenerateAloneAnswer(string Part, bool Check, ImmutableArray<string> Changed, ImmutableArray<string> Notes);

/// <summary>Each regeneration of <c>refresh</c> alone. No upstream source is needed: a series is not applied here.</summary>
public sealed class RegenerateAlone(Outside outside, Func<string, string?> variable)
{
    public async Task<RegenerateAloneAnswer> Run(RegenerateAloneRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        using var work = request.Check ? WorkFolder.Look(settings.Home) : WorkFolder.Take(settings.Home, request.Part.ToString().ToLowerInvariant());
        var strip = new LandingStrip(settings.Home, work, outside.Folders);
        strip.Recover();

        var generated = new List<FileChange>();
        var series = ImmutableArray.CreateBuilder<LineSeries>();
        foreach (var line in request.Part == Part.Ebuild ? settings.Lines : [])
        {
            var loaded = ReadSeries.Run(settings.Home, line, cancel);
            generated.AddRange(loaded.Patches.Where(patch => patch.Plan.Generated).Select(patch => FileChange.Write(TreePath.Parse(patch.File), patch.Bytes)));
            series.Add(ShippedSeries.Of(line, loaded, null, isMoved: true));
        }

        // A check reads and sources everything; who writes does not do again what an earlier run did with the same files.
        var known = request.Check ? null : Known();
        var digests = known is null ? null : new DigestsBefore(Path.Combine(known, "digests"), outside.Clock, outside.Folders);
        var overlay = await new RegenerateOverlay(outside.Processes).Run(
            new RegenerateOverlayRequest(
                settings,
                series.ToImmutable(),
                request.Part == Part.Manifest ? await DistfilesForManifest.Run(outside, variable, settings, request.Distdir, [], cancel, digests) : [],
                EclassSources.Locate(request.Gentoo, variable, settings.PathOf(settings.Overlay.Packages)))
            {
                Alone = request.Part == Part.Ebuild ? null : request.Part,
                Known = known is null ? null : new SourcedBefore(Path.Combine(known, "metadata"), Bash()),
                AtHand = DistfilesForManifest.AtHand(outside, variable, request.Distdir, digests),
            },
            cancel);
        var changes = overlay.Changes.Where(change => PartOf(settings, change) == request.Part)
            .Concat(request.Part == Part.Ebuild ? generated : [])
            .Where(strip.IsEffective)
            .OrderBy(change => change.Path)
            .ToImmutableArray();
        if (!request.Check)
        {
            strip.Land([.. settings.Lines.Select(line => TreePath.Parse(line.Series)), .. overlay.Units], changes);
        }

        return new RegenerateAloneAnswer(
            request.Part.ToString().ToLowerInvariant(),
            request.Check,
            [.. changes.Select(change => change.Path.Text)],
            request.Part == Part.Ebuild ? [] : overlay.Notes);
    }

    /// <summary>Which bash would source an ebuild here.</summary>
    private string Bash() => outside.Processes.Find("bash") is { } bash ? $"{bash} {outside.Folders.Mark(bash)}" : "";

    /// <summary>The per-user cache; null where nothing says where it is.</summary>
    private string? Known()
    {
        try
        {
            return UserCache.Folder(variable);
        }
        catch (Failure)
        {
            return null;
        }
    }

    private static Part PartOf(ForgeSettings settings, FileChange change) =>
        change.Path.Name == "Manifest" ? Part.Manifest
        : change.Path.Text.StartsWith(settings.Overlay.Metadata + "/md5-cache/", StringComparison.Ordinal) || change.Path.Name == "use.local.desc" ? Part.Cache
        : Part.Ebuild;
}
