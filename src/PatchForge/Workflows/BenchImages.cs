using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Root">The root that they were built in, without the generators.</param>
/// <param name="Images">By the build's variant.</param>
/// <param name="Why">By the build's variant, why there is no image of it.</param>
/// <param name="OtherModules">Modules that are not the release's own.</param>
/// <param name="NoPhp">Why PHP is not among them; null when it is, or nobody asked.</param>
internal sealed record FoundImages(
    RootTree Root,
    ImmutableSortedDictionary<string, string> Images,
    ImmutableSortedDictionary<string, string> Why,
    ImmutableArray<string> OtherModules,
    string? NoPhp);

/// <summary>The images that are compared: given, or built from one tree.</summary>
internal sealed class BenchImages(Outside outside, IRoots roots, Func<string, string?> variable)
{
    public async Task<FoundImages> Run(BenchRequest request, LineSettings line, ImmutableArray<string> wanted, bool php, CancellationToken cancel)
    {
        var given = request.Images.ToImmutableSortedDictionary(image => image.Key, image => Checked(image.Key, image.Value), StringComparer.Ordinal);
        ImmutableArray<string> toBuild = given.IsEmpty ? [.. wanted.Where(line.Build.Variants.ContainsKey)] : [];
        var (root, built) = await Build(request, line, toBuild, cancel);
        var images = given.AddRange(built);
        return new FoundImages(
            root,
            images,
            wanted.Where(name => !images.ContainsKey(name)).ToImmutableSortedDictionary(
                name => name,
                name => given.IsEmpty ? $"the settings have no build variant {name}" : $"--image names none of {name}",
                StringComparer.Ordinal),
            [],
            php ? "PHP is not built" : null);
    }

    private static string Checked(string name, string folder) => Directory.Exists(folder)
        ? Path.GetFullPath(folder)
        : throw Failure.Missing($"--image {name}: there is no folder {folder}", "name the folder that holds the installed server, with bin/httpd below it");

    private async Task<(RootTree Root, ImmutableSortedDictionary<string, string> Images)> Build(BenchRequest request, LineSettings line, ImmutableArray<string> variants, CancellationToken cancel)
    {
        var settings = request.Settings;
        var root = await new BuildAndSmoke(outside, roots).Open(settings, line, request.Root, cancel);
        if (variants.IsEmpty)
        {
            return (root.Tree, ImmutableSortedDictionary<string, string>.Empty);
        }

        var series = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal) { [line.Line] = await ReadSeries.Run(settings.Home, line, cancel) };
        using var prepared = (await new PrepareReleases(outside, variable).Run(settings, series, [request.Release], request.Source, [], cancel))[0];
        if (prepared.Failure is { } stopped)
        {
            throw stopped;
        }

        var tree = prepared.Move?.Tree ?? throw new InvalidOperationException("A prepared release has its series moved.");
        var patched = Path.Combine(roots.StateFolder, "patched", request.Release);
        await WriteTree.Run(new WriteTreeRequest(tree, patched, Force: true), outside.Story, cancel);
        var built = await new BuildRelease(outside, roots).Run(new BuildRequest(root, request.Release, patched, line.Build, variants), cancel);
        return built.Variants.FirstOrDefault(one => !one.Succeeded) is { } bad
            ? throw Failure.Refused($"{request.Release}: {bad.Variant} did not build: {bad.Failed} failed", $"the whole log: {bad.Log}")
            : (root.Tree, built.Variants.ToImmutableSortedDictionary(one => one.Variant, one => one.Image ?? "", StringComparer.Ordinal));
    }
}
