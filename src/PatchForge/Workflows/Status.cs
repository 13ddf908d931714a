using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Findings">What the overlay's rules say, each a line with its file.</param>
/// <param name="Next">What to run next, as it would be typed.</param>
public sealed record StatusAnswer(string Package, ImmutableArray<StatusRelease> Releases, ImmutableArray<string> Findings, string Next);

/// <param name="Distfile">official, distribution, signed, first-use, wrong, unknown or missing.</param>
/// <param name="Patches">State of each patch on this release; empty where the source is not at hand.</param>
/// <param name="Ebuild">present, absent, or - where the settings want none.</param>
/// <param name="Manifest">present, absent or -.</param>
public sealed record StatusRelease(
    string Release, string Line, string Distfile, ImmutableArray<StatusPatch> Patches, string Ebuild, string Manifest, string Build, string Smoke);

/// <param name="State">clean, offset, fuzz, conflict, merged, empty or not-reached.</param>
public sealed record StatusPatch(string Name, string State);

/// <summary>Where everything stands. Reads only: nothing is fetched, built or written.</summary>
public sealed class Status(Outside outside, Func<string, string?> variable)
{
    public async Task<StatusAnswer> Run(ForgeSettings settings, ImmutableArray<string> releases, SourceOptions options, CancellationToken cancel)
    {
        var series = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal);
        foreach (var line in settings.Lines)
        {
            series[line.Line] = await ReadSeries.Run(settings.Home, line, cancel);
        }

        var find = new FindDistfile(outside, variable);
        var overlay = new OverlayFolder(settings.Home, settings.Overlay);
        var folder = overlay.PackageFolder(settings.Category, settings.PackageName);
        var manifest = overlay.Read(folder + "/Manifest") is { } bytes
            ? Manifests.ManifestDocument.Parse(bytes, folder + "/Manifest").Distfiles.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal)
            : [];
        var rows = await Task.WhenAll(releases.Select(version => Task.Run(async () =>
        {
            var (line, release) = settings.Release(version);
            var search = await find.Release(settings, release, options.Distdir, cancel);
            var usable = options.Git is not null || search.Best is { } best && (best.Verdict.IsAccepted || options.Unofficial);
            var patches = usable ? await Patches(settings, version, series[line.Line], options, cancel) : [];
            var ebuild = line.Ebuild is { Revision: > 0 and var revision } ? $"{version}-r{revision}" : version;
            var last = LastVerdict.Read(settings.Home, version);
            return new StatusRelease(
                version,
                line.Line,
                search.Best is { } found ? DistfileFact.Word(found.Verdict) : "missing",
                patches,
                !release.Ebuild ? "-" : overlay.Has($"{folder}/{settings.PackageName}-{ebuild}.ebuild") ? "present" : "absent",
                !release.Ebuild ? "-" : manifest.Contains(release.Distfile) ? "present" : "absent",
                last?.Build ?? "-",
                last?.Smoke ?? "-");
        }, cancel)));
        return new StatusAnswer(settings.Package, [.. rows], [.. OverlayRules.Check(overlay, EclassSources.Locate(null, variable, settings.PathOf(settings.Overlay.Packages))).Select(Sentence)], Next(rows));
    }

    private async Task<ImmutableArray<StatusPatch>> Patches(ForgeSettings settings, string version, LoadedSeries series, SourceOptions options, CancellationToken cancel)
    {
        using var source = await new OpenSource(outside, variable).Run(settings, version, options with { Offline = true }, cancel);
        var move = MoveSeries.Run(new MoveRequest(version, source.Tree, series), cancel);
        return
        [
            .. move.Patches.Select(patch => new StatusPatch(patch.Name.Text, patch.Result switch
            {
                MoveResult.Conflict { OnlyFuzz: true } => "fuzz",
                MoveResult.Conflict => "conflict",
                MoveResult.AlreadyMerged => "merged",
                MoveResult.Empty => "empty",
                MoveResult.NotReached => "not-reached",
                _ => patch.Outcome is { HasOffset: true } ? "offset" : "clean",
            })),
        ];
    }

    private static string Sentence(Finding finding) =>
        $"{finding.At}: {finding.Severity.ToString().ToLowerInvariant()}: {finding.Sentence} ({finding.Rule})";

    private static string Next(IReadOnlyList<StatusRelease> rows)
    {
        var wanted = rows.Where(row => row.Ebuild != "-").ToList();
        return wanted.Find(row => row.Patches.Any(patch => patch.State is "conflict" or "fuzz")) is { } stuck ? $"patchforge refresh {stuck.Release} --no-build"
            : wanted.Find(row => row.Distfile is "missing") is { } missing ? $"patchforge fetch {missing.Release}"
            : wanted.Find(row => row.Distfile is "wrong" or "unknown") is { } wrong ? $"patchforge verify {wrong.Release}"
            : wanted.Find(row => row.Smoke == "-" || row.Manifest == "absent") is { } undone ? $"patchforge refresh {undone.Release}"
            : "./check";
    }
}
