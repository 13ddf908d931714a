using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>What building and asking gave, as the plain facts that reports show.</summary>
/// <param name="Failure">The first thing that failed; null when all variants were built and passed.</param>
public sealed record BuildAndSmokeAnswer(ImmutableArray<BuildFacts> Builds, ImmutableArray<SmokeFacts> Smokes, Failure? Failure)
{
    /// <summary>The layer with the package that serves each site as its user, where Portage installed it; else null.</summary>
    public string? Installed { get; init; }

    /// <summary>Null where it was not attacked.</summary>
    public AttackAnswer? Attack { get; init; }

    /// <summary>Null where it was not measured.</summary>
    public BenchAnswer? Figures { get; init; }
}

/// <summary>Builds a patched tree's variants in a root, and smoke-tests each that was built.</summary>
internal sealed class BuildAndSmoke(Outside outside, IRoots roots)
{
    /// <summary>The root named on the command line or in the settings, with what the build needs installed in it.</summary>
    /// <exception cref="Failure">Missing, when this machine cannot do it.</exception>
    public async Task<OpenedRoot> Open(ForgeSettings settings, LineSettings line, string? root, CancellationToken cancel)
    {
        var spec = root is { } named
            ? RootSpec.Parse(named, Environment.CurrentDirectory)
            : RootSpec.Parse(settings.Root.Default, settings.Home, new FileLocation(settings.File));
        var tree = await new FindRoot(outside, roots).Run(spec, Stage3Trust.Of(null, takeUnsigned: false), cancel);
        return await new OpenRoot(outside, roots).Run(tree, line.Build.Packages, cancel);
    }

    /// <summary>What refresh builds and asks of a line: the smoke test's variants as far as the line has them, else all of the line's.</summary>
    public static ImmutableArray<string> Variants(ForgeSettings settings, LineSettings line) =>
        settings.Smoke.Variants.Where(line.Build.Variants.ContainsKey).ToImmutableArray() is { IsEmpty: false } chosen ? chosen : [.. line.Build.Variants.Keys];

    /// <param name="portage">What Portage in the root is given, by set of USE flags; null where the root has none. Then those sets are built that make the variants.</param>
    /// <param name="smoke">Whether the built variants are started and asked.</param>
    public async Task<BuildAndSmokeAnswer> Run(
        ForgeSettings settings,
        PreparedRelease prepared,
        OpenedRoot root,
        ImmutableArray<string> variants,
        ImmutableSortedDictionary<string, PortageRequest>? portage,
        bool smoke,
        CancellationToken cancel)
    {
        var release = prepared.Release;
        var tree = prepared.Move?.Tree ?? throw new InvalidOperationException("A prepared release has its series moved.");
        var patched = Path.Combine(roots.StateFolder, "patched", release);
        await WriteTree.Run(new WriteTreeRequest(tree, patched, Force: true), outside.Story, cancel);
        var built = await new BuildRelease(outside, roots).Run(new BuildRequest(root, release, patched, prepared.Line.Build, Names(variants, portage), portage), cancel);
        var builds = built.Variants.Select(variant => new BuildFacts(
            variant.Variant, built.Root, variant.How, variant.Succeeded, variant.Reused, Math.Round(variant.Took.TotalSeconds, 1), variant.Log, variant.LastLines)
        {
            Qa = variant.Qa,
            Emerge = variant.How == "portage" ? portage?.GetValueOrDefault(variant.Variant)?.CommandLine : null,
        }).ToImmutableArray();
        var failure = built.Variants.FirstOrDefault(variant => !variant.Succeeded) is { } bad
            ? Failure.Refused($"{release}: {bad.Variant} did not build: {bad.Failed} failed", $"the whole log: {bad.Log}")
            : null;
        var smokes = ImmutableArray.CreateBuilder<SmokeFacts>();
        string? installed = null;
        foreach (var variant in smoke ? built.Variants.Where(variant => variant.Succeeded) : [])
        {
            var kind = portage?.GetValueOrDefault(variant.Variant)?.Variant ?? variant.Variant;
            var switches = settings.Smoke.Switching.Contains(kind);
            var answer = await new SmokeRelease(outside, roots).Run(
                new SmokeRequest(root, release, variant.Variant, variant.Image ?? "", switches, settings.Smoke) { Dialect = prepared.Line.Dialect }, cancel);
            var verdicts = answer.Verdicts;
            if (variant is { How: "portage", Image: { } layer })
            {
                verdicts = [.. await new TryService(outside, roots).Run(root.Tree, layer, Service(layer), switches, $"{release} {variant.Variant}", cancel), .. verdicts];
                installed ??= switches ? layer : null;
            }

            smokes.Add(new SmokeFacts(
                variant.Variant,
                Math.Round(answer.Took.TotalSeconds, 1),
                [.. verdicts.Select(verdict => new ProbeFacts(verdict.Name, verdict.Expected, verdict.Seen, verdict.Passed))],
                answer.Kept));
            if (!answer.Succeeded || verdicts.Any(verdict => !verdict.Passed))
            {
                failure ??= Failure.Refused($"{release}: {variant.Variant} was built and failed its smoke test", answer.Kept is { } kept ? $"configuration and logs are kept in {kept}" : null);
            }
        }

        new LastVerdict(release, builds, smokes.ToImmutable()).Keep(settings.Home);
        return new BuildAndSmokeAnswer(builds, smokes.ToImmutable(), failure) { Installed = installed };
    }

    private static ImmutableArray<string> Names(ImmutableArray<string> variants, ImmutableSortedDictionary<string, PortageRequest>? portage) =>
        portage is null ? variants : [.. portage.Where(set => variants.Contains(set.Value.Variant)).Select(set => set.Key)];

    /// <summary>The one init script that the package installed.</summary>
    private static string Service(string layer) =>
        Directory.Exists(Path.Combine(layer, "0", "etc", "init.d")) && Directory.GetFiles(Path.Combine(layer, "0", "etc", "init.d")) is [var script]
            ? Path.GetFileName(script)
            : "apache2";
}
