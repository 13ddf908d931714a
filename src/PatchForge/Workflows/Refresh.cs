using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Landing;
using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Releases">In the order in which they are reported.</param>
/// <param name="Tool">Name and version, for reports.</param>
public sealed record RefreshRequest(ForgeSettings Settings, ImmutableArray<string> Releases, SourceOptions Source, string Tool)
{
    /// <summary>As <c>--root</c> names it; null for the settings' default.</summary>
    public string? Root { get; init; }

    public string? Gentoo { get; init; }

    public bool Build { get; init; } = true;

    /// <summary>Whether the newest built release of each line is attacked as well.</summary>
    public bool Attack { get; init; } = true;

    /// <summary>By id; empty for all.</summary>
    public ImmutableArray<string> Attacks { get; init; } = [];

    /// <summary>Whether the newest built release of each line is measured for a moment as well.</summary>
    public bool Measure { get; init; } = true;

    /// <summary>Releases or a line were named: what is missing of them is missed. Otherwise as much is done as this machine can.</summary>
    public bool Named { get; init; } = true;

    public bool DryRun { get; init; }

    /// <summary>The variants that are built, for <see cref="TryVariants"/>; empty for those that the settings name.</summary>
    public ImmutableArray<string> Variants { get; init; } = [];

    /// <summary>Whether the scratch copy may be written, which is nobody's overlay.</summary>
    internal bool ChangesScratch => !DryRun || !Variants.IsEmpty;

    public ImmutableHashSet<PatchName> AcceptFuzz { get; init; } = [];
}

/// <summary>
/// The main job: fetch, verify, move the series, regenerate patches, ebuilds, Manifest and cache, build, smoke,
/// attack, and then land it; at the end a look at its speed. A line lands whole or not at all: a release of it that was
/// refused, conflicts, does not build or lets an attack through keeps all of it from being written, and no other line. A
/// release that is not at hand is left out and told.
/// </summary>
public sealed class Refresh(Outside outside, IRoots roots, IFolders folders, Func<string, string?> variable)
{
    public async Task<RefreshAnswer> Run(RefreshRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        using var work = request.DryRun ? WorkFolder.Look(settings.Home) : WorkFolder.Take(settings.Home, "refresh");
        var strip = new LandingStrip(settings.Home, work, folders);
        var notes = ImmutableArray.CreateBuilder<string>();
        notes.AddRange(strip.Recover().Select(folder => $"{folder}: finished what an interrupted run had begun"));

        var series = await LoadSeries(settings, cancel);
        var prepared = await new PrepareReleases(outside, variable).Run(settings, series, request.Releases, request.Source, request.AcceptFuzz, cancel);
        try
        {
            return await Finish(request, strip, series, prepared, notes, cancel);
        }
        finally
        {
            foreach (var release in prepared)
            {
                release.Dispose();
            }
        }
    }

    private async Task<RefreshAnswer> Finish(
        RefreshRequest request,
        LandingStrip strip,
        IReadOnlyDictionary<string, LoadedSeries> series,
        ImmutableArray<PreparedRelease> prepared,
        ImmutableArray<string>.Builder notes,
        CancellationToken cancel)
    {
        var settings = request.Settings;
        var going = Without(prepared, [.. prepared.Where(release => release.Failure is { Kind: not FailureKind.Missing }).Select(release => release.Line.Line)], "was refused or conflicts", notes);
        if (going.IsEmpty)
        {
            return Answer(request, prepared, null, null, [], notes);
        }

        var scratch = going.Any(release => release.SourceFacts is { Official: false }) ? ScratchFolder(settings) : null;
        if (scratch is not null)
        {
            ScratchOverlay.Prepare(settings, scratch);
        }

        var overlay = await Overlay(request, series, going, scratch, cancel);

        // The scratch copy is nobody's overlay: it may be ahead of a build that fails.
        var changed = scratch is null ? [] : LandInScratch(scratch, overlay, !request.ChangesScratch);
        var built = await Attacked(request, going, await Built(request, going, scratch, overlay, cancel), notes, cancel);
        if (scratch is null)
        {
            var landing = Without(going, [.. going.Where(release => built.GetValueOrDefault(release.Release)?.Failure is { Kind: not FailureKind.Missing }).Select(release => release.Line.Line)], "did not build, failed its smoke test or let an attack through", notes);
            overlay = landing.Length == going.Length ? overlay : await Overlay(request, series, landing, null, cancel);
            changed = landing.IsEmpty ? [] : Land(request, strip, SeriesWrites.Of(landing, series), overlay);
        }

        notes.AddRange(overlay.Notes);
        return Answer(request, prepared, scratch, overlay, changed, notes, await Measured(request, going, built, notes, cancel));
    }

    /// <summary>Those releases that go on: not the failed ones, and none of the stopped lines.</summary>
    private static ImmutableArray<PreparedRelease> Without(
        ImmutableArray<PreparedRelease> releases, ImmutableHashSet<string> stopped, string why, ImmutableArray<string>.Builder notes)
    {
        foreach (var line in stopped.Order(StringComparer.Ordinal))
        {
            notes.Add($"line {line}: a release of it {why}, so nothing of this line was written");
        }

        return [.. releases.Where(release => release.Failure is null && !stopped.Contains(release.Line.Line))];
    }

    /// <summary>The overlay with the series of these releases' lines as they were moved; of other lines it keeps what is on disk.</summary>
    private async Task<RegenerateOverlayAnswer> Overlay(
        RefreshRequest request, IReadOnlyDictionary<string, LoadedSeries> series, ImmutableArray<PreparedRelease> moved, string? scratch, CancellationToken cancel)
    {
        var settings = request.Settings;
        return await new RegenerateOverlay(outside.Processes).Run(
            new RegenerateOverlayRequest(
                settings,
                SeriesWrites.AfterMove(settings, series, moved),
                await Distfiles(request, moved, scratch, cancel),
                EclassSources.Locate(request.Gentoo, variable, settings.PathOf(settings.Overlay.Packages)))
            {
                Root = scratch,
            },
            cancel);
    }

    /// <summary>Every series that anything here depends on: the overlay has ebuilds of every line.</summary>
    private static async Task<Dictionary<string, LoadedSeries>> LoadSeries(ForgeSettings settings, CancellationToken cancel)
    {
        var all = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal);
        foreach (var line in settings.Lines)
        {
            all[line.Line] = await ReadSeries.Run(settings.Home, line, cancel);
        }

        return all;
    }

    private Task<ImmutableArray<Manifests.DistfileFacts>> Distfiles(RefreshRequest request, ImmutableArray<PreparedRelease> prepared, string? scratch, CancellationToken cancel) =>
        DistfilesForManifest.Run(
            outside,
            variable,
            request.Settings,
            request.Source.Distdir,
            scratch is null ? [] : prepared.Where(release => File.Exists(release.Source?.From)).Select(release => (release.SourceFacts?.File ?? "", release.Source?.From ?? "")),
            cancel);

    private async Task<ImmutableSortedDictionary<string, BuildAndSmokeAnswer>> Built(
        RefreshRequest request, ImmutableArray<PreparedRelease> prepared, string? scratch, RegenerateOverlayAnswer overlay, CancellationToken cancel)
    {
        var answers = ImmutableSortedDictionary.CreateBuilder<string, BuildAndSmokeAnswer>(StringComparer.Ordinal);
        if (!request.Build || (request.DryRun && request.Variants.IsEmpty))
        {
            return answers.ToImmutable();
        }

        var doing = new BuildAndSmoke(outside, roots);
        foreach (var release in prepared)
        {
            try
            {
                var root = await doing.Open(request.Settings, release.Line, request.Root, cancel);
                var portage = root.HasPortage
                    ? PortageOverlay.Requests(request.Settings, release, scratch ?? PortageOverlay.Copy(request.Settings, overlay, roots.StateFolder), request.Gentoo)
                    : null;
                answers[release.Release] = await doing.Run(request.Settings, release, root, request.Variants.IsEmpty ? BuildAndSmoke.Variants(request.Settings, release.Line) : request.Variants, portage, smoke: true, cancel);
            }
            catch (Failure failure)
            {
                answers[release.Release] = new BuildAndSmokeAnswer([], [], failure);
            }
        }

        return answers.ToImmutable();
    }

    private async Task<ImmutableSortedDictionary<string, BuildAndSmokeAnswer>> Attacked(
        RefreshRequest request, ImmutableArray<PreparedRelease> prepared, ImmutableSortedDictionary<string, BuildAndSmokeAnswer> built, ImmutableArray<string>.Builder notes, CancellationToken cancel)
    {
        foreach (var release in request.Attack ? ShowRelease.Chosen(prepared.Where(one => built.GetValueOrDefault(one.Release) is { Failure: null })) : [])
        {
            var (answer, failure, note) = await new ShowRelease(outside, roots, variable).Attack(request, release, cancel);
            built = built.SetItem(release.Release, built[release.Release] with { Attack = answer, Failure = failure });
            Tell(notes, note);
        }

        return built;
    }

    private static void Tell(ImmutableArray<string>.Builder notes, string? note)
    {
        if (note is not null)
        {
            notes.Add(note);
        }
    }

    private async Task<ImmutableSortedDictionary<string, BuildAndSmokeAnswer>> Measured(
        RefreshRequest request, ImmutableArray<PreparedRelease> prepared, ImmutableSortedDictionary<string, BuildAndSmokeAnswer> built, ImmutableArray<string>.Builder notes, CancellationToken cancel)
    {
        foreach (var release in request.Measure ? ShowRelease.Chosen(prepared.Where(one => built.GetValueOrDefault(one.Release) is { Failure: null })) : [])
        {
            var (answer, note) = await new ShowRelease(outside, roots, variable).Measure(request, release, cancel);
            built = built.SetItem(release.Release, built[release.Release] with { Figures = answer });
            Tell(notes, note);
        }

        return built;
    }

    private static ImmutableArray<string> Land(RefreshRequest request, LandingStrip strip, ImmutableArray<FileChange> series, RegenerateOverlayAnswer overlay)
    {
        var changes = series.Concat(overlay.Changes).ToImmutableArray();
        return request.DryRun
            ? [.. changes.Where(strip.IsEffective).Select(change => change.Path).Order().Select(path => path.Text)]
            : [.. strip.Land([.. request.Settings.Lines.Select(line => TreePath.Parse(line.Series)), .. overlay.Units], changes).Select(path => path.Text)];
    }

    private ImmutableArray<string> LandInScratch(string scratch, RegenerateOverlayAnswer overlay, bool dryRun)
    {
        if (!dryRun)
        {
            using var work = WorkFolder.Take(scratch, "refresh --unofficial");
            var strip = new LandingStrip(scratch, work, folders);
            strip.Recover();
            strip.Land(overlay.Units, overlay.Changes);
        }

        return [.. overlay.Changes.Select(change => Path.Combine(scratch, change.Path.Text))];
    }

    /// <summary>One scratch copy a checkout, in the user's cache: found again by the next run, never inside the checkout.</summary>
    private string ScratchFolder(ForgeSettings settings)
    {
        var mark = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(settings.Home)))[..12];
        return Path.Combine(UserCache.Folder(variable), "scratch", $"{settings.PackageName}-{mark}");
    }

    private static RefreshAnswer Answer(
        RefreshRequest request,
        ImmutableArray<PreparedRelease> prepared,
        string? scratch,
        RegenerateOverlayAnswer? overlay,
        ImmutableArray<string> changed,
        ImmutableArray<string>.Builder notes,
        ImmutableSortedDictionary<string, BuildAndSmokeAnswer>? built = null) => new(
            request.Settings.Package,
            request.Tool,
            request.DryRun,
            scratch,
            [.. prepared.Select(release =>
            {
                var build = built?.GetValueOrDefault(release.Release);
                return new ReleaseAnswer(
                    release.Release,
                    release.Line.Line,
                    request.Variants.IsEmpty ? release.SourceFacts : release.SourceFacts?.WithTree(release.Source?.Tree),
                    release.Move is { } move ? PatchReport.Of(move) : [],
                    overlay?.Ebuilds.GetValueOrDefault(release.Release),
                    build?.Builds ?? [],
                    build?.Smokes ?? [],
                    (release.Failure ?? build?.Failure) is { } failure ? FailureFacts.Of(failure) : null)
                {
                    Attack = build?.Attack,
                    Figures = build?.Figures,
                };
            })],
            changed,
            [.. notes.Distinct()])
        {
            Named = request.Named,
        };
}
