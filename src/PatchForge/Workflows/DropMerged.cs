using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;
using FileChange = PatchForge.Landing.FileChange;

namespace PatchForge.Workflows;

/// <param name="Lines">The lines that are looked at.</param>
/// <param name="Only">These patches alone; all when empty.</param>
public sealed record DropRequest(ForgeSettings Settings, ImmutableArray<LineSettings> Lines, ImmutableHashSet<PatchName> Only, SourceOptions Source, string? Gentoo, bool DryRun);

/// <summary>What was found of one patch that a release has already.</summary>
/// <param name="Merged">The releases that have it: the whole patch can be taken out of them, without fuzz.</param>
/// <param name="Needed">The releases for which there is no such proof; the patch stays for them.</param>
/// <param name="Dropped">Whether it leaves the series.</param>
public sealed record MergedPatch(string Line, string Name, ImmutableArray<string> Merged, ImmutableArray<string> Needed, bool Dropped);

/// <summary>What <c>drop --merged</c> answers.</summary>
/// <param name="Changed">Paths that were written or removed, relative to the settings file's folder.</param>
public sealed record DropAnswer(bool DryRun, ImmutableArray<MergedPatch> Patches, ImmutableArray<string> Changed, ImmutableArray<string> Notes);

/// <summary>
/// Takes out of a series what upstream has taken: on proof alone, which is that the whole patch can be taken out of the
/// release again. A series serves all releases of its line, so each of them has to prove it; a conflict proves nothing.
/// The line of the series, the patch's file, and what the overlay has of it go together.
/// </summary>
public sealed class DropMerged(Outside outside, Func<string, string?> variable)
{
    public async Task<DropAnswer> Run(DropRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        using var work = request.DryRun ? WorkFolder.Look(settings.Home) : WorkFolder.Take(settings.Home, "drop");
        var strip = new LandingStrip(settings.Home, work, outside.Folders);
        strip.Recover();
        ConflictSession.RefuseIfOpen(settings.Home, outside.Folders);
        var notes = new List<string>();
        var found = new List<MergedPatch>();
        var changes = new List<FileChange>();
        var series = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal);
        foreach (var line in settings.Lines)
        {
            series[line.Line] = ReadSeries.Run(settings.Home, line, cancel);
        }

        foreach (var line in request.Lines)
        {
            var merged = await Merged(request, line, series[line.Line], notes, cancel);
            found.AddRange(merged);
            var gone = merged.Where(patch => patch.Dropped).Select(patch => PatchName.Parse(patch.Name)).ToHashSet();
            changes.AddRange(Without(line, series[line.Line], gone));
            series[line.Line] = Left(series[line.Line], gone);
        }

        if (found.Exists(patch => patch.Dropped) && settings.Lines.Any(line => line.Ebuild is not null))
        {
            var overlay = await Overlay(request, series, cancel);
            changes.AddRange(overlay.Changes);
            notes.AddRange(overlay.Notes);
            return Answer(request, strip, found, notes, changes, overlay.Units);
        }

        return Answer(request, strip, found, notes, changes, []);
    }

    private static DropAnswer Answer(DropRequest request, LandingStrip strip, List<MergedPatch> found, List<string> notes, List<FileChange> changes, ImmutableArray<TreePath> units)
    {
        ImmutableArray<string> changed = [.. changes.Where(strip.IsEffective).Select(change => change.Path.Text).Order(StringComparer.Ordinal)];
        if (!request.DryRun)
        {
            strip.Land([.. request.Settings.Lines.Select(line => TreePath.Parse(line.Series)), .. units], changes);
        }

        return new DropAnswer(request.DryRun, [.. found], changed, [.. notes.Distinct()]);
    }

    private async Task<ImmutableArray<MergedPatch>> Merged(DropRequest request, LineSettings line, LoadedSeries series, List<string> notes, CancellationToken cancel)
    {
        var open = new OpenSource(outside, variable);
        var merged = series.Patches.ToDictionary(patch => patch.Name, _ => new List<string>());
        var needed = series.Patches.ToDictionary(patch => patch.Name, _ => new List<string>());
        foreach (var release in line.Releases.Select(release => release.Version))
        {
            using var source = await open.Run(request.Settings, release, request.Source, cancel);
            var move = MoveSeries.Run(new MoveRequest(release, source.Tree, series.For(release)), cancel);
            foreach (var patch in move.Patches)
            {
                // A release that goes without the patch has nothing to say of it, unless it goes without because it has it.
                var isLeftOut = patch.Loaded.Shared is not null && patch.Loaded.Patch.Files.IsEmpty;
                if (!patch.Loaded.IsAbsent && (!isLeftOut || Status.HasShared(patch)))
                {
                    (patch.Result is MoveResult.AlreadyMerged || isLeftOut ? merged : needed)[patch.Name].Add(release);
                }
            }

            if (move.Stopped is { } stopped)
            {
                notes.Add($"{release}: {stopped.Name} does not apply there, which proves nothing; what comes after it was not looked at");
            }
        }

        return
        [
            .. series.Patches
                .Where(patch => merged[patch.Name].Count > 0 && (request.Only.IsEmpty || request.Only.Contains(patch.Name)))
                .Select(patch => new MergedPatch(line.Line, patch.Name.Text, [.. merged[patch.Name]], [.. needed[patch.Name]], needed[patch.Name].Count == 0 && !patch.Plan.Generated)),
        ];
    }

    private static IEnumerable<FileChange> Without(LineSettings line, LoadedSeries series, HashSet<PatchName> gone) => gone.Count == 0
        ? []
        : [.. series.Files.Where(patch => gone.Contains(patch.Name)).Select(patch => FileChange.Delete(TreePath.Parse(patch.File))),
            FileChange.Write(TreePath.Parse(line.SeriesFile), series.File.Without(gone).ToBytes())];

    private static LoadedSeries Left(LoadedSeries series, HashSet<PatchName> gone) => series with
    {
        File = series.File.Without(gone),
        Patches = [.. series.Patches.Where(patch => !gone.Contains(patch.Name))],
        Own = series.Own.ToImmutableSortedDictionary(own => own.Key, own => own.Value.RemoveRange(gone), StringComparer.Ordinal),
    };

    /// <summary>The overlay with the series as they will be; of a generated patch it keeps what is on disk, as any regeneration of one line does.</summary>
    private async Task<RegenerateOverlayAnswer> Overlay(DropRequest request, Dictionary<string, LoadedSeries> series, CancellationToken cancel) =>
        await new RegenerateOverlay(outside.Processes).Run(
            new RegenerateOverlayRequest(
                request.Settings,
                [.. request.Settings.Lines.Select(line => ShippedSeries.Of(line, series[line.Line], texts: null, isMoved: false))],
                await DistfilesForManifest.Run(outside, variable, request.Settings, request.Source.Distdir, [], cancel),
                EclassSources.Locate(request.Gentoo, variable, request.Settings.PathOf(request.Settings.Overlay.Packages))),
            cancel);
}
