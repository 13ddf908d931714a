using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Variants">The line's or the lab's, in this order.</param>
/// <param name="Root">As <c>--root</c> names it; null for the settings' default.</param>
public sealed record BuildLabRequest(ForgeSettings Settings, string Release, ImmutableArray<string> Variants, SourceOptions Source, string? Root)
{
    /// <summary>What is added to every image, in this order.</summary>
    public ImmutableArray<IImageStep> Then { get; init; } = [];

    /// <summary>The release as the caller has it at hand; null for opening its source and moving the series as they are on disk.</summary>
    internal PreparedRelease? Prepared { get; init; }
}

/// <summary>One variant, ready to be started.</summary>
/// <param name="Image">The folder that becomes <see cref="BuildPlan.Prefix"/> inside the root; it is read only.</param>
/// <param name="Switches">It serves each site as the site's user.</param>
/// <param name="Reused">Nothing was built for it: it is of an earlier run.</param>
public sealed record LabImage(string Variant, string Image, bool Switches, bool Reused, string Log);

public sealed record BuildLabAnswer(string Release, OpenedRoot Root, SourceFacts Source, ImmutableArray<LabImage> Images);

/// <summary>
/// Builds variants for <c>attack</c> and <c>bench</c>. What ships is built of the line's own tree, so that it is the
/// very image that <c>build</c> and <c>smoke</c> have; what does not, of the same tree with the lab's series on top. No
/// other workflow applies the lab's series, and nothing is written but images in the state folder.
/// </summary>
public sealed class BuildLab(Outside outside, IRoots roots, Func<string, string?> variable)
{
    /// <exception cref="Failure">
    /// CommandLine: a variant that neither has; Refused and Conflict: a series that does not apply, or a build or
    /// a step that failed, with its log.
    /// </exception>
    public async Task<BuildLabAnswer> Run(BuildLabRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        var (line, _) = settings.Release(request.Release);
        var build = Build(line, request.Variants);
        if (request.Prepared is { } atHand)
        {
            return await Run(request, build, line, atHand, cancel);
        }

        var series = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal) { [line.Line] = ReadSeries.Run(settings.Home, line, cancel) };
        using var prepared = (await new PrepareReleases(outside, variable).Run(settings, series, [request.Release], request.Source, [], cancel))[0];
        return await Run(request, build, line, prepared, cancel);
    }

    private async Task<BuildLabAnswer> Run(BuildLabRequest request, BuildSettings build, LineSettings line, PreparedRelease prepared, CancellationToken cancel)
    {
        if (prepared.Failure is { } stopped)
        {
            throw stopped;
        }

        var settings = request.Settings;
        var root = await new BuildAndSmoke(outside, roots).Open(settings, line, request.Root, cancel);
        var built = new List<BuiltVariant>();
        foreach (var lab in new[] { false, true })
        {
            if (request.Variants.Where(variant => line.Build.Variants.ContainsKey(variant) != lab).ToImmutableArray() is { IsEmpty: false } variants)
            {
                built.AddRange(await Built(new BuildRequest(root, request.Release, "", build, variants), settings, lab ? line.Lab : null, prepared, cancel));
            }
        }

        var images = ImmutableArray.CreateBuilder<LabImage>();
        foreach (var variant in built.OrderBy(variant => request.Variants.IndexOf(variant.Variant)))
        {
            var image = variant;
            foreach (var step in request.Then)
            {
                image = await new ExtendImage(outside, roots).Run(root, image, step, cancel);
            }

            images.Add(new LabImage(variant.Variant, image.Image ?? "", Switches(settings, line, variant.Variant), image.Reused, image.Log));
        }

        return new BuildLabAnswer(
            request.Release,
            root,
            prepared.SourceFacts ?? throw new InvalidOperationException("A release that did not fail has its source."),
            images.ToImmutable());
    }

    /// <summary>The line's build with the lab's variants beside its own.</summary>
    private static BuildSettings Build(LineSettings line, ImmutableArray<string> variants)
    {
        var build = line.Lab is { } lab ? line.Build with { Variants = line.Build.Variants.AddRange(lab.Variants) } : line.Build;
        return variants.FirstOrDefault(name => !build.Variants.ContainsKey(name)) is { } unknown
            ? throw new Failure(FailureKind.CommandLine, $"there is no variant {unknown}", "the variants are " + string.Join(", ", build.Variants.Keys))
            : build;
    }

    /// <summary>
    /// Of a tree in a folder of its own, so that <c>build</c> never finds it where its own lies; locked, since
    /// attack and bench may run side by side, from different checkouts too. A failed build ends the run before the next begins.
    /// </summary>
    /// <param name="lab">Whose series is applied on top; null for what ships.</param>
    private async Task<IEnumerable<BuiltVariant>> Built(BuildRequest request, ForgeSettings settings, LabSettings? lab, PreparedRelease prepared, CancellationToken cancel)
    {
        var tree = prepared.Move?.Tree ?? throw new InvalidOperationException("A prepared release has its series moved.");
        if (lab is not null)
        {
            tree = ApplySeries.Run(new MoveRequest(prepared.Release, tree, ReadSeries.Lab(settings.Home, lab, cancel)), cancel).Tree;
        }

        var folder = Path.Combine(Directory.CreateDirectory(Path.Combine(roots.StateFolder, "patched")).FullName, prepared.Release + (lab is null ? "-shipped" : "-lab"));
        var wait = roots.Lock(folder + ".lock", cancel);
        if (!wait.IsCompleted)
        {
            outside.Story.Say($"another run builds the lab of {prepared.Release}; waiting for it");
        }

        using var held = await wait;
        await WriteTree.Run(new WriteTreeRequest(tree, folder, Force: true), outside.Story, cancel);
        var built = await new BuildRelease(outside, roots).Run(request with { Source = folder }, cancel);
        return built.Variants.Select(variant => Succeeded(prepared.Release, variant)).ToList();
    }

    private static BuiltVariant Succeeded(string release, BuiltVariant variant) => variant.Succeeded
        ? variant
        : throw Failure.Refused(
            $"{release}: {variant.Variant} did not build: {variant.Failed} failed",
            string.Join('\n', variant.LastLines.TakeLast(5).Append($"the whole log: {variant.Log}")));

    private static bool Switches(ForgeSettings settings, LineSettings line, string variant) =>
        settings.Smoke.Switching.Contains(variant) || line.Lab is { } lab && lab.Switching.Contains(variant);
}
