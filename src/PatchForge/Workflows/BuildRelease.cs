using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Root">What <see cref="OpenRoot"/> answered.</param>
/// <param name="Source">The patched tree as a folder; it is read only.</param>
/// <param name="Variants">Which of the settings' variants, in this order; all of one tree.</param>
/// <param name="Portage">What ebuild(1) in the root is given, by variant's name; used where the root has Portage.</param>
public sealed record BuildRequest(
    OpenedRoot Root,
    string Release,
    string Source,
    BuildSettings Build,
    ImmutableArray<string> Variants,
    ImmutableSortedDictionary<string, PortageRequest>? Portage = null);

/// <summary>One variant's build.</summary>
/// <param name="How"><c>portage</c> or <c>configure-make-install</c>.</param>
/// <param name="Image">What becomes the server's folder inside the root; null when the build failed.</param>
/// <param name="Reused">The image of an earlier build of the very same tree, root and arguments.</param>
/// <param name="Failed">The step that failed; null when none did.</param>
/// <param name="Log">That step's log, or the last one's.</param>
/// <param name="LastLines">Of a failed step, the lines that say why.</param>
public sealed record BuiltVariant(
    string Variant,
    string How,
    string? Image,
    bool Reused,
    TimeSpan Took,
    string? Failed,
    string Log,
    ImmutableArray<string> LastLines)
{
    public bool Succeeded => Image is not null;

    /// <summary>What Portage's checks of the image said; empty for a build without Portage.</summary>
    public ImmutableArray<string> Qa { get; init; } = [];
}

public sealed record BuildAnswer(string Release, string Root, ImmutableArray<BuiltVariant> Variants);

/// <summary>
/// Builds a patched tree inside a root, every variant from the same prepared tree. Images are kept under a
/// digest of all that they depend on, so that a second build of the same is none.
/// </summary>
public sealed class BuildRelease(Outside outside, IRoots roots)
{
    /// <summary>Portage's image is a layer over the whole root, whose one part is the folder 0 (RootTree.Layers).</summary>
    private const string Layer = "layer";

    public async Task<BuildAnswer> Run(BuildRequest request, CancellationToken cancel)
    {
        var tree = RootIdentity.OfTree(new DirectoryTree(request.Source));
        using var work = await WorkPlace.Begin(outside.Story, roots, request.Release, cancel);
        var totals = new Dictionary<string, long>(StringComparer.Ordinal);
        var built = ImmutableArray.CreateBuilder<BuiltVariant>();
        foreach (var variant in request.Variants)
        {
            built.Add(await Variant(request, work, tree, variant, totals, cancel));
        }

        await work.Clear(cancel);
        return new BuildAnswer(request.Release, request.Root.Tree.Name, built.ToImmutable());
    }

    private async Task<BuiltVariant> Variant(BuildRequest request, WorkPlace work, string tree, string variant, Dictionary<string, long> totals, CancellationToken cancel)
    {
        var began = outside.Clock.Elapsed;
        var portage = request.Root.HasPortage ? request.Portage?.GetValueOrDefault(variant) : null;
        var how = portage is null ? "configure-make-install" : "portage";
        var key = RootIdentity.Digest(
        [
            tree, request.Root.Identity, variant, how, BuildPlan.Prefix,
            .. request.Build.Prepare.Select(command => string.Join('\0', command)),
            .. request.Build.Configure, "\0",
            .. request.Build.Variants.GetValueOrDefault(variant, []), "\0",
            .. portage?.Use ?? [],
            portage is null ? "" : RootIdentity.OfTree(PortagePlan.Emerged(portage, new DirectoryTree(portage.Overlay))),
        ]);
        var kept = Path.Combine(work.Images, key);
        if (Directory.Exists(kept))
        {
            return new BuiltVariant(variant, how, Path.Combine(kept, portage is null ? "image" : Layer), true, TimeSpan.Zero, null, Log(kept, portage), []) { Qa = Notices(kept, portage) };
        }

        var run = new VariantRun(outside, roots, request, work, variant, totals);
        var failed = portage is null ? await run.ConfigureMakeInstall(cancel) : await run.Portage(portage, Layer, cancel);
        if (failed is null)
        {
            run.Keep(kept);
        }

        return new BuiltVariant(
            variant,
            how,
            failed is null ? Path.Combine(kept, portage is null ? "image" : Layer) : null,
            false,
            outside.Clock.Elapsed - began,
            failed,
            failed is null ? Log(kept, portage) : run.LogOf(failed),
            failed is null ? [] : LogFile.Telling(run.LogOf(failed), 15))
        {
            Qa = failed is null ? Notices(kept, portage) : [],
        };
    }

    private static string Log(string kept, PortageRequest? portage) => Path.Combine(kept, portage is null ? "make.log" : "emerge.log");

    private static ImmutableArray<string> Notices(string kept, PortageRequest? portage) =>
        portage is null ? [] : QaNotices.Of(File.ReadLines(Log(kept, portage)));
}

/// <summary>The folders that builds use below the state folder; one build of a release at a time.</summary>
internal sealed class WorkPlace : IDisposable
{
    private readonly IRoots _roots;
    private readonly IDisposable _held;

    private WorkPlace(IRoots roots, string folder, string logs, string images, IDisposable held)
    {
        _roots = roots;
        Folder = folder;
        Logs = logs;
        Images = images;
        _held = held;
    }

    public string Folder { get; }

    public string Logs { get; }

    public string Images { get; }

    public static async Task<WorkPlace> Begin(IStory story, IRoots roots, string release, CancellationToken cancel)
    {
        string Made(params ReadOnlySpan<string> parts) => Directory.CreateDirectory(Path.Combine([roots.StateFolder, .. parts])).FullName;
        var builds = Made("builds");
        var wait = roots.Lock(Path.Combine(builds, release + ".lock"), cancel);
        if (!wait.IsCompleted)
        {
            story.Say($"another run builds {release}; waiting for it");
        }

        var held = await wait;
        var place = new WorkPlace(roots, Path.Combine(builds, release), Made("logs", release), Made("images"), held);
        await place.Clear(cancel);
        Directory.CreateDirectory(place.Folder);
        return place;
    }

    public Task Clear(CancellationToken cancel) => _roots.Remove(Folder, cancel);

    public void Dispose() => _held.Dispose();
}
