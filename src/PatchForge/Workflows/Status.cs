using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Findings">What the overlay's own rules say; <c>lint</c> has pkgcheck's as well.</param>
/// <param name="Next">What to run next, as it would be typed.</param>
/// <param name="Explained">The hunks that were asked about.</param>
public sealed record StatusAnswer(
    string Package, ImmutableArray<StatusRelease> Releases, ImmutableArray<LintFinding> Findings, string Next, ImmutableArray<ExplainedHunk> Explained)
{
    /// <summary>The refresh that waits for a person; null when none does.</summary>
    public SessionFacts? Session { get; init; }
}

/// <param name="Distfile">official, distribution, signed, first-use, unofficial, wrong, unknown or missing.</param>
/// <param name="Patches">State of each patch on this release; empty where the source is not at hand.</param>
/// <param name="Ebuild">present, absent, or - where the settings want none.</param>
/// <param name="Manifest">present, absent or -.</param>
public sealed record StatusRelease(
    string Release, string Line, string Distfile, ImmutableArray<StatusPatch> Patches, string Ebuild, string Manifest, string Build, string Smoke);

/// <summary>A cell of the matrix.</summary>
/// <param name="State">
/// clean, offset, fuzz, conflict, or merged (upstream has it: all of it applies the other way round); empty (no diff in it),
/// absent (other releases' own) or left-out (the release's own file says so).
/// </param>
/// <param name="Own">Whether the release has a patch of its own in the line's stead.</param>
/// <param name="Behind">The conflicting patch before it that this conflict may come from; null for none.</param>
public sealed record StatusPatch(string Name, string State, bool Own, string? Behind);

/// <param name="Explain">What is to be explained; null for nothing.</param>
public sealed record StatusRequest(ForgeSettings Settings, ImmutableArray<string> Releases, SourceOptions Source, ExplainRequest? Explain = null);

/// <param name="Patches">The patches asked about; with none, every cell that is neither clean nor empty.</param>
public sealed record ExplainRequest(ImmutableArray<PatchName> Patches);

/// <summary>Where everything stands. Reads only: nothing is fetched, built or written.</summary>
public sealed class Status(Outside outside, Func<string, string?> variable)
{
    public async Task<StatusAnswer> Run(StatusRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        var series = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal);
        foreach (var line in settings.Lines)
        {
            series[line.Line] = ReadSeries.Run(settings.Home, line, cancel);
        }

        var overlay = new OverlayFolder(settings.Home, settings.Overlay);
        var folder = overlay.PackageFolder(settings.Category, settings.PackageName);
        var manifest = overlay.Read(folder + "/Manifest") is { } bytes
            ? Manifests.ManifestDocument.Parse(bytes, folder + "/Manifest").Distfiles.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal)
            : [];
        using var sources = new SourcesAtHand(outside, variable, settings, request.Source);
        var rows = await Task.WhenAll(request.Releases.Select(version => Task.Run(async () =>
        {
            var (line, release) = settings.Release(version);
            var (word, tree) = await sources.Open(version, cancel);
            var move = tree is null ? null : MoveSeries.Run(new MoveRequest(version, tree, series[line.Line]) { RecordsBases = false, GoOn = true }, cancel);
            var ebuild = line.Ebuild is { Revision: > 0 and var revision } ? $"{version}-r{revision}" : version;
            var last = LastVerdict.Read(settings.Home, version);
            return (Move: move, Row: new StatusRelease(
                version,
                line.Line,
                word,
                move is null ? [] : [.. move.Patches.Select(Cell)],
                !release.Ebuild ? "-" : overlay.Has($"{folder}/{settings.PackageName}-{ebuild}.ebuild") ? "present" : "absent",
                !release.Ebuild ? "-" : manifest.Contains(release.Distfile) ? "present" : "absent",
                last?.Build ?? "-",
                last?.Smoke ?? "-"));
        }, cancel)));
        var all = rows.Select(row => row.Row).ToList();
        var findings = OverlayRules.Check(overlay, EclassSources.Locate(null, variable, settings.PathOf(settings.Overlay.Packages))).Select(LintFinding.Of);
        var session = new ConflictSession(settings.Home, outside.Folders);
        var waiting = session.Read() is { } state ? SessionFacts.Of(session, state) : null;
        return new StatusAnswer(
            settings.Package,
            [.. all],
            [.. findings],
            waiting is null ? Next(all, settings.Home, request.Source) : "patchforge refresh --continue",
            request.Explain is { } asked ? await Explained(request, asked, series, sources, [.. rows.Select(row => row.Move).OfType<SeriesMove>()], cancel) : [])
        {
            Session = waiting,
        };
    }

    private static StatusPatch Cell(MovedPatch patch) => new(
        patch.Name.Text,
        patch.Result switch
        {
            MoveResult.Conflict { OnlyFuzz: true } => "fuzz",
            MoveResult.Conflict => "conflict",
            MoveResult.AlreadyMerged => "merged",
            MoveResult.Empty when patch.Loaded.IsAbsent => "absent",
            MoveResult.Empty when patch is { Loaded.Shared.IsAbsent: false } => HasShared(patch) ? "merged" : "left-out",
            MoveResult.Empty => "empty",
            _ => patch.Outcome is { HasOffset: true } ? "offset" : "clean",
        },
        patch.Loaded.Shared is not null,
        patch.Behind?.Text);

    /// <summary>Whether a release whose own file leaves the patch out has all of the line's patch, in front of which it stands.</summary>
    internal static bool HasShared(MovedPatch patch) =>
        patch is { Loaded.Shared: { IsAbsent: false } shared, Before: { } before } && MoveSeries.IsMerged(shared, before);

    private static async Task<ImmutableArray<ExplainedHunk>> Explained(
        StatusRequest request, ExplainRequest asked, Dictionary<string, LoadedSeries> series, SourcesAtHand sources, ImmutableArray<SeriesMove> moves, CancellationToken cancel)
    {
        var ancestors = new Dictionary<string, Ancestors>(StringComparer.Ordinal);
        foreach (var line in request.Settings.Lines.Where(line => moves.Any(move => line.Releases.Any(release => release.Version == move.Release))))
        {
            ancestors[line.Line] = await sources.Ancestors(line, series[line.Line], cancel);
        }

        return
        [
            .. moves.AsParallel().AsOrdered().SelectMany(move =>
                move.Patches.Where(patch => asked.Patches.IsEmpty ? Cell(patch).State is "offset" or "fuzz" or "conflict" : asked.Patches.Contains(patch.Name))
                    .SelectMany(patch => ExplainPatch.Of(
                        move, patch, ancestors[request.Settings.Release(move.Release).Line.Line].Find(patch.Loaded, move.Release, cancel), all: !asked.Patches.IsEmpty))),
        ];
    }

    private static string Next(List<StatusRelease> rows, string home, SourceOptions source)
    {
        var wanted = rows.Where(row => row.Ebuild != "-").ToList();
        string Refreshed(StatusRelease row, string rest = "") =>
            $"patchforge refresh {row.Release}{rest}{(row.Distfile != "unofficial" ? "" : (source.Git is { } clones ? $" --git {clones}" : "") + " --unofficial")}";
        return wanted.Find(IsStuck) is { } stuck ? Refreshed(stuck, " --no-build")
            : wanted.Find(row => row.Distfile is "missing") is { } missing ? $"patchforge fetch {missing.Release}"
            : wanted.Find(row => row.Distfile is "wrong" or "unknown") is { } wrong ? $"patchforge verify {wrong.Release}"
            : wanted.Find(row => row.Smoke == "-" || (row.Manifest == "absent" && row.Distfile != "unofficial")) is { } undone ? Refreshed(undone)
            : (wanted.Count > 0 || rows.Count == 0) && File.Exists(Path.Combine(home, "check")) ? "./check"
            : rows.Find(IsStuck) is { } open ? Refreshed(open, " --no-build")
            : rows.Find(row => row.Distfile is "missing") is { } lacking ? $"patchforge fetch {lacking.Release}"
            : rows.Find(row => row.Distfile is "wrong" or "unknown") is { } doubtful ? $"patchforge verify {doubtful.Release}"
            : rows.Count == 0 ? "patchforge --help"
            : $"patchforge edit {rows[^1].Release}";
    }

    private static bool IsStuck(StatusRelease row) => row.Patches.Any(patch => patch.State is "conflict" or "fuzz");
}
