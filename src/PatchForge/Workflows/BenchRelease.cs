using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using PatchForge.Bench;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Workloads">By name; empty for all but the soak.</param>
/// <param name="Images">Built elsewhere, by the variant of the build: taken instead of building.</param>
/// <param name="Quick">A look: nothing is judged, however many rounds there are.</param>
/// <param name="Resume">Workloads that an earlier run of the same images and pace has finished are not measured again.</param>
public sealed record BenchRequest(
    ForgeSettings Settings,
    string Release,
    ImmutableArray<string> Workloads,
    SourceOptions Source,
    string? Root,
    ImmutableSortedDictionary<string, string> Images,
    int Rounds,
    int Seconds,
    ulong? Seed,
    double SoakMinutes,
    bool Quick,
    bool Resume,
    bool Profile)
{
    /// <summary>The arms that are measured, by name; empty for all. A workload without its base is skipped.</summary>
    public ImmutableArray<string> Arms { get; init; } = [];

    /// <summary>As in <see cref="BuildLabRequest"/>.</summary>
    internal PreparedRelease? Prepared { get; init; }
}

/// <summary>Builds all that is compared from one tree, and measures it in one root, in one run.</summary>
public sealed class BenchRelease(Outside outside, IRoots roots, Func<string, string?> variable)
{
    /// <summary>What can be measured of a release.</summary>
    /// <exception cref="Failure">Refused: no line has that release.</exception>
    public static Suite SuiteOf(ForgeSettings settings, string release) => Suite.Of(settings.Release(release).Line.Dialect);

    /// <exception cref="Failure">Whatever keeps measuring from beginning; a workload that cannot be measured is skipped with the reason.</exception>
    public async Task<BenchAnswer> Run(BenchRequest request, CancellationToken cancel)
    {
        var (line, _) = request.Settings.Release(request.Release);
        var suite = Suite.Of(line.Dialect);
        var workloads = Chosen(request, suite);
        var arms = workloads.SelectMany(workload => workload.Arms).ToImmutableArray();
        var wanted = arms.Select(arm => suite.Variant(arm.Variant).Image).Distinct()
            .Where(line.CanBuild).ToImmutableArray(); // a workload does without an arm that the line cannot build, and says so
        if (wanted.IsEmpty && request.Images.IsEmpty)
        {
            throw Failure.Refused($"line {line.Line} has no variant that these workloads measure", "its variants are " + string.Join(", ", line.Build.Variants.Keys));
        }

        var images = await new BenchImages(outside, roots, variable).Run(request, line, wanted, suite.Php.InImage && workloads.Any(workload => workload.NeedsPhp), cancel);
        var peers = await new BenchPeers(outside, roots).Run(
            images.Root,
            request.Settings.Bench,
            line.Bench,
            [.. arms.SelectMany(suite.Needs).Distinct()],
            cancel);
        var root = peers.Root;
        var place = Path.Combine(roots.StateFolder, "bench", request.Release);
        Directory.CreateDirectory(place);
        using var held = await roots.Lock(Path.Combine(place, "lock"), cancel);
        var machine = await Machine(root.Tree, images.Plain.Values.First(), cancel);
        var pace = new BenchPace(
            request.Rounds,
            request.Seconds,
            request.Seed ?? (ulong)outside.Clock.UtcNow.ToUnixTimeSeconds(),
            TimeSpan.FromMinutes(request.SoakMinutes),
            request.Profile)
        {
            IsJudged = !request.Quick,
        };
        var results = ImmutableArray.CreateBuilder<WorkloadResult>();
        foreach (var workload in workloads)
        {
            var ground = new BenchGround(outside, root.Tree, images.For(workload, suite), Path.Combine(place, "run")) { Suite = suite };
            var kept = Path.Combine(place, "results", $"{workload.Name}-{Key(root, ground, pace, request.Arms)}.json");
            results.Add((request.Resume ? Kept(kept) : null) ?? await Measured(ground, pace, workload, images, peers, kept, cancel));
        }

        return new BenchAnswer(
            request.Release,
            root.Tree.Name,
            machine with { Versions = machine.Versions.AddRange(peers.Versions) },
            pace.Rounds,
            pace.Seconds,
            pace.Seed,
            request.Quick,
            [.. suite.Variants.Select(one => new BenchVariant(one.Name, one.What, one.Lines, images.Plain.GetValueOrDefault(one.Image)))],
            results.ToImmutable());
    }

    internal static ImmutableArray<Workload> Chosen(BenchRequest request, Suite suite)
    {
        if (request.Workloads.FirstOrDefault(name => suite.Find(name) is null) is { } unknown)
        {
            throw new Failure(FailureKind.CommandLine, $"there is no workload {unknown}", "the workloads are " + string.Join(", ", suite.Workloads.Select(known => known.Name)));
        }

        var chosen = suite.Workloads.Where(workload => request.Workloads.IsEmpty ? workload.Kind != WorkloadKind.Soak : request.Workloads.Contains(workload.Name));
        return [.. request.Arms.IsEmpty ? chosen : chosen.Select(workload => AsFarAsThere(workload, arm => request.Arms.Contains(arm.Name) ? null : "not asked for").There)];
    }

    private async Task<WorkloadResult> Measured(BenchGround ground, BenchPace pace, Workload workload, FoundImages images, FoundPeers peers, string kept, CancellationToken cancel)
    {
        if (workload.NeedsPhp && ground.Suite.Php.InImage && images.WithPhp.IsEmpty)
        {
            return Skipped(workload, images.NoPhp ?? "there is no PHP");
        }

        var (there, missing) = AsFarAsThere(workload, arm => !ground.Images.ContainsKey(ground.Suite.Variant(arm.Variant).Image)
            ? "there is no image of it"
            : peers.Lacks(ground.Suite.Needs(arm)));
        if (there.Arms.IsEmpty || (workload.Base is { } toBase && !Has(there, toBase)))
        {
            return Skipped(workload, string.Join("; ", missing));
        }

        try
        {
            var result = await outside.Story.During($"bench {workload.Name}: {workload.What}", progress => new BenchWorkload(ground, pace).Run(there, progress, cancel));
            result = result with { Notes = [.. result.Notes, .. missing.Select(one => $"left out: {one}")] };
            Keep(kept, result);
            await roots.Remove(ground.Folder, cancel);
            return result;
        }
        catch (Failure failure) when (failure.Kind is FailureKind.Refused or FailureKind.Missing)
        {
            return Skipped(workload, failure.Message + (failure.Hint is { } hint ? $" ({hint})" : ""));
        }
    }

    /// <summary>The workload without the arms that cannot be measured and the goals that speak of them.</summary>
    /// <param name="why">What keeps an arm from being measured; null for one that can be.</param>
    private static (Workload There, ImmutableArray<string> Missing) AsFarAsThere(Workload workload, Func<Arm, string?> why)
    {
        var missing = workload.Arms.Select(arm => (arm.Variant, Why: why(arm))).Where(one => one.Why is not null).Distinct();
        var there = workload with { Arms = [.. workload.Arms.Where(arm => why(arm) is null)] };
        return (
            there with { Goals = [.. workload.Goals.Where(goal => Has(there, goal.Subject) && (goal.Base is null || Has(there, goal.Base)))] },
            [.. missing.Select(one => $"{one.Variant}: {one.Why}")]);
    }

    private WorkloadResult Skipped(Workload workload, string why)
    {
        outside.Story.Warn($"{workload.Name} was not measured: {why}");
        return WorkloadResult.Skip(workload, why);
    }

    /// <summary>All that a result depends on: what was measured, in what, and for how long.</summary>
    private static string Key(OpenedRoot root, BenchGround ground, BenchPace pace, ImmutableArray<string> arms) => RootIdentity.Digest(
    [
        root.Identity, .. ground.Images.Select(image => image.Key + "=" + image.Value),
        string.Create(CultureInfo.InvariantCulture, $"{pace.Rounds} {pace.Seconds} {pace.Soak} {pace.Profile} {pace.IsJudged}"), .. arms
    ]);

    private static bool Has(Workload workload, string arm) => workload.Arms.Any(one => one.Name == arm);

    private static void Keep(string file, WorkloadResult result)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? ".");
        var unfinished = file + ".new";
        File.WriteAllText(unfinished, JsonSerializer.Serialize(result, BenchJson.Default.WorkloadResult));
        File.Move(unfinished, file, overwrite: true);
    }

    /// <summary>Null when there is none that can be read: then it is measured.</summary>
    private static WorkloadResult? Kept(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), BenchJson.Default.WorkloadResult) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The machine, and the versions that the programs themselves tell inside the root.</summary>
    private async Task<BenchMachine> Machine(RootTree root, string image, CancellationToken cancel)
    {

        // wrk tells its version with its usage, and then ends with 1.
        var answer = await roots.Run(
            new RootRun(root, RootRights.Build, ["sh", "-c", "command -v wrk > /dev/null || exit 3; \"$1\" -v; wrk -v 2>&1 | head -n 1; command -v ldd > /dev/null && ldd --version | head -n 1", "versions", BenchGround.Parts(image).Binary])
            {
                Binds = [new RootBind(image, BuildPlan.Prefix)],
                TimeLimit = TimeSpan.FromSeconds(30),
            },
            cancel);
        if (answer.ExitCode == 3)
        {
            throw Failure.Missing("the root has no wrk, which makes the load", "name its package in the settings: bench: {packages: {apt: [wrk]}}");
        }

        string Line(string file, string start) => !File.Exists(file) ? "unknown"
            : File.ReadLines(file).FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal)) is { } found ? found[start.Length..].Trim(' ', '\t', ':', '"') : "unknown";
        return new BenchMachine(
            Line("/etc/os-release", "PRETTY_NAME="),
            Line("/proc/sys/kernel/osrelease", ""),
            Line("/proc/cpuinfo", "model name"),
            Environment.ProcessorCount,
            string.Join(' ', Line("/proc/loadavg", "").Split(' ').Take(3)),
            [.. answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]);
    }
}
