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

    /// <summary>Whether the newest built release of each line is attacked as well, and each that Portage installed.</summary>
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
/// release that is not at hand is left out and told. A conflict opens a session (<see cref="ConflictSession"/>), and the
/// refresh goes on when a person has resolved it.
/// </summary>
public sealed partial class Refresh(Outside outside, IRoots roots, IFolders folders, Func<string, string?> variable)
{
    public async Task<RefreshAnswer> Run(RefreshRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        using var work = request.DryRun ? WorkFolder.Look(settings.Home) : WorkFolder.Take(settings.Home, "refresh " + string.Join(' ', request.Releases));
        var strip = new LandingStrip(settings.Home, work, folders);
        var notes = ImmutableArray.CreateBuilder<string>();
        notes.AddRange(strip.Recover().Select(folder => $"{folder}: finished what an interrupted run had begun"));
        if (!request.DryRun)
        {
            EndLanded(settings, strip);
            ConflictSession.RefuseIfOpen(settings.Home, folders);
        }

        return await Go(request, strip, null, notes, cancel);
    }

    /// <param name="session">The session that is continued; null for a refresh that begins.</param>
    private async Task<RefreshAnswer> Go(RefreshRequest request, LandingStrip strip, SessionState? session, ImmutableArray<string>.Builder notes, CancellationToken cancel)
    {
        var settings = request.Settings;
        var series = await LoadSeries(settings, cancel);
        using var sources = new SourcesAtHand(outside, variable, settings, request.Source);
        var merging = new MergeConflicts(sources, request.AcceptFuzz);
        var resolved = session is null ? NoneResolved : new ConflictSession(settings.Home, folders).Resolved();
        var prepared = await new PrepareReleases(outside, variable).Run(settings, series, request.Releases, request.Source, request.AcceptFuzz, cancel);
        try
        {
            prepared = await merging.Run(prepared, series, resolved, cancel);
            var stop = request.DryRun ? null : await Stop(request, prepared, session, cancel);
            prepared = stop is { } at ? [.. prepared.Select(release => release.Release == at.Release ? Told(settings, release, at) : release)] : prepared;
            var answer = await Finish(request, strip, series, prepared, merging, stop is null ? session : null, notes, cancel);
            if (stop is null && session is not null && answer.Releases.All(release => release.Line != session.Line || release.Failure is null or { Kind: "missing" }))
            {
                new ConflictSession(settings.Home, folders).End(keep: false);
            }

            return answer with { Session = stop is null ? null : SessionFacts.Of(new ConflictSession(settings.Home, folders), stop) };
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
        MergeConflicts merging,
        SessionState? session,
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

        var moved = await Changes(going, series, merging, cancel);
        var overlay = await Overlay(request, series, going, moved, scratch, cancel);

        // The scratch copy is nobody's overlay: it may be ahead of a build that fails.
        var changed = scratch is null ? [] : LandInScratch(settings, scratch, overlay, moved, notes, !request.ChangesScratch);
        var built = await Attacked(request, going, await Built(request, going, scratch, overlay, cancel), notes, cancel);
        if (scratch is null)
        {
            var landing = Without(going, [.. going.Where(release => built.GetValueOrDefault(release.Release)?.Failure is { Kind: not FailureKind.Missing }).Select(release => release.Line.Line)], "did not build, failed its smoke test or let an attack through", notes);
            var lines = landing.Select(release => release.Line.Line).ToImmutableHashSet();
            moved = moved.Where(one => lines.Contains(one.Key)).ToImmutableSortedDictionary(StringComparer.Ordinal);
            overlay = landing.Length == going.Length ? overlay : await Overlay(request, series, landing, moved, null, cancel);
            changed = landing.IsEmpty ? [] : Land(request, strip, [.. moved.Values.SelectMany(one => one.Changes)], overlay, session);
        }

        notes.AddRange(moved.Values.SelectMany(one => one.Notes));
        notes.AddRange(overlay.Notes);
        return Answer(request, prepared, scratch, overlay, changed, notes, await Measured(request, going, built, notes, cancel));
    }

    /// <summary>What becomes of each line's series.</summary>
    private static async Task<ImmutableSortedDictionary<string, SeriesChanges>> Changes(
        ImmutableArray<PreparedRelease> going, IReadOnlyDictionary<string, LoadedSeries> series, MergeConflicts merging, CancellationToken cancel)
    {
        var changes = ImmutableSortedDictionary.CreateBuilder<string, SeriesChanges>(StringComparer.Ordinal);
        foreach (var line in going.GroupBy(release => release.Line.Line))
        {
            ImmutableArray<PreparedRelease> releases = [.. line];
            ImmutableArray<SeriesMove> moves = [.. releases.Select(release => release.Move).OfType<SeriesMove>()];
            var others = SeriesWrites.AsksOthers(moves) ? await merging.Others(releases[0].Line, series[line.Key], releases, cancel) : [];
            changes[line.Key] = SeriesWrites.Of(releases[0].Line, series[line.Key], moves, others);
        }

        return changes.ToImmutable();
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
        RefreshRequest request, IReadOnlyDictionary<string, LoadedSeries> series, ImmutableArray<PreparedRelease> going, ImmutableSortedDictionary<string, SeriesChanges> moved, string? scratch, CancellationToken cancel)
    {
        var settings = request.Settings;
        return await new RegenerateOverlay(outside.Processes).Run(
            new RegenerateOverlayRequest(
                settings,
                [.. settings.Lines.Select(line => ShippedSeries.Of(line, series[line.Line], moved.GetValueOrDefault(line.Line)?.Texts, moved.ContainsKey(line.Line)))],
                await Distfiles(request, going, scratch, cancel),
                EclassSources.Locate(request.Gentoo, variable, settings.PathOf(settings.Overlay.Packages)))
            {
                Root = scratch,
                AtHand = DistfilesForManifest.AtHand(outside, variable, request.Source.Distdir),
            },
            cancel);
    }

    /// <summary>Every series that anything here depends on: the overlay has ebuilds of every line.</summary>
    private static async Task<Dictionary<string, LoadedSeries>> LoadSeries(ForgeSettings settings, CancellationToken cancel)
    {
        var all = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal);
        foreach (var line in settings.Lines)
        {
            all[line.Line] = ReadSeries.Run(settings.Home, line, cancel);
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
        foreach (var release in prepared.Where(release => !release.Line.Build.Variants.IsEmpty)) // a line whose patches alone are kept
        {
            try
            {
                var root = await doing.Open(request.Settings, release.Line, request.Root, cancel);
                var portage = root.HasPortage
                    ? PortageOverlay.Requests(request.Settings, release, scratch ?? PortageOverlay.Copy(request.Settings, overlay, roots.StateFolder), roots.StateFolder, request.Gentoo)
                    : null;
                var (variants, sets) = request.Variants.IsEmpty ? (BuildAndSmoke.Variants(request.Settings, release.Line), portage) : TryVariants.Narrow(release, request.Variants, portage);
                answers[release.Release] = await doing.Run(request.Settings, release, root, variants, sets, smoke: true, cancel);
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
        var good = prepared.Where(one => built.GetValueOrDefault(one.Release) is { Failure: null }).ToImmutableArray();
        var newest = ShowRelease.Chosen(good);
        foreach (var release in request.Attack ? good.Where(one => newest.Contains(one) || built[one.Release].Installed is not null) : [])
        {
            var (answer, failure, note) = await new ShowRelease(outside, roots, variable).Attack(request, release, built[release.Release].Installed, cancel);
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
        foreach (var release in request.Measure ? ShowRelease.Chosen(prepared.Where(one => built.GetValueOrDefault(one.Release) is { Failure: null, Installed: null })) : [])
        {
            var (answer, note) = await new ShowRelease(outside, roots, variable).Measure(request, release, cancel);
            built = built.SetItem(release.Release, built[release.Release] with { Figures = answer });
            Tell(notes, note);
        }

        return built;
    }

    private static ImmutableArray<string> Land(
        RefreshRequest request, LandingStrip strip, ImmutableArray<FileChange> series, RegenerateOverlayAnswer overlay, SessionState? session)
    {
        var changes = series.Concat(overlay.Changes).ToImmutableArray();
        return request.DryRun
            ? [.. changes.Where(strip.IsEffective).Select(change => change.Path).Order().Select(path => path.Text)]
            : [.. strip.Land([.. request.Settings.Lines.Select(line => TreePath.Parse(line.Series)), .. overlay.Units], changes, session?.Id ?? "").Select(path => path.Text)];
    }

    /// <summary>The overlay, and a series that was moved: it was moved over a source that is not the official one, so the checkout's stays.</summary>
    private ImmutableArray<string> LandInScratch(
        ForgeSettings settings, string scratch, RegenerateOverlayAnswer overlay, ImmutableSortedDictionary<string, SeriesChanges> moved, ImmutableArray<string>.Builder notes, bool dryRun)
    {
        var changes = overlay.Changes.ToList();
        foreach (var line in settings.Lines.Where(line => moved.GetValueOrDefault(line.Line) is { Moved: true }))
        {
            var series = new DirectoryTree(settings.PathOf(line.Series));
            changes.AddRange(series.Paths().Select(path => FileChange.Write(path.Under(line.Series), series.Find(path)?.Content ?? default)).Where(kept => moved[line.Line].Changes.All(change => change.Path != kept.Path)));
            changes.AddRange(moved[line.Line].Changes);
            notes.Add($"line {line.Line}: the source is unofficial, so the moved series is in {Path.Combine(scratch, line.Series)} and the one here is as it was; copy it over if it is what you want");
        }

        if (!dryRun)
        {
            using var work = WorkFolder.Take(scratch, "refresh --unofficial");
            var strip = new LandingStrip(scratch, work, folders);
            strip.Recover();
            return [.. strip.Land([.. overlay.Units, .. settings.Lines.Select(line => TreePath.Parse(line.Series))], changes).Select(path => Path.Combine(scratch, path.Text))];
        }

        return [.. changes.Select(change => Path.Combine(scratch, change.Path.Text))];
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
                    Conflicts = release.Move is { Stopped: { } stopped } ? ConflictReport.Of(stopped) : [],
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
