using System.Collections.Immutable;
using PatchForge.Bench;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Root">The root that they were built in, without the generators.</param>
/// <param name="Plain">By the build's variant.</param>
/// <param name="WithPhp">The same servers with PHP beside them; empty when no workload needs them so, or there is no PHP.</param>
/// <param name="NoPhp">Why there is none.</param>
internal sealed record FoundImages(
    RootTree Root,
    ImmutableSortedDictionary<string, string> Plain,
    ImmutableSortedDictionary<string, string> WithPhp,
    string? NoPhp)
{
    public ImmutableSortedDictionary<string, string> For(Workload workload, Suite suite) => workload.NeedsPhp && suite.Php.InImage ? WithPhp : Plain;
}

/// <summary>The images that are compared: given, or built from one tree.</summary>
internal sealed class BenchImages(Outside outside, IRoots roots, Func<string, string?> variable)
{
    private const string Module = "modules/libphp.so";
    private static readonly ImmutableSortedDictionary<string, string> s_none = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <param name="wanted">Variants of the build.</param>
    /// <param name="php">Whether any workload runs PHP that lies in the image; what the root brings needs nothing of it.</param>
    /// <exception cref="Failure">Whatever keeps a variant from being built; PHP that is out of reach is not one.</exception>
    public async Task<FoundImages> Run(BenchRequest request, LineSettings line, ImmutableArray<string> wanted, bool php, CancellationToken cancel)
    {
        if (!request.Images.IsEmpty)
        {
            var root = await new BuildAndSmoke(outside, roots).Open(request.Settings, line, request.Root, cancel);
            var given = request.Images.ToImmutableSortedDictionary(image => image.Key, image => Checked(image.Key, image.Value), StringComparer.Ordinal);
            var scripting = given.RemoveRange(given.Where(image => !File.Exists(Path.Combine(image.Value, Module))).Select(image => image.Key));
            return new FoundImages(root.Tree, given, scripting, "no image that --image names has " + Module);
        }

        var asked = new BuildLabRequest(request.Settings, request.Release, wanted, request.Source, request.Root) { Prepared = request.Prepared };
        var built = await new BuildLab(outside, roots, variable).Run(asked, cancel);
        var plain = ByVariant(built);
        if (!php)
        {
            return new FoundImages(built.Root.Tree, plain, s_none, null);
        }

        var (withPhp, why) = await Php(request, line, asked, built, cancel);
        return new FoundImages(built.Root.Tree, plain, withPhp, why);
    }

    private async Task<(ImmutableSortedDictionary<string, string> Images, string? Why)> Php(BenchRequest request, LineSettings line, BuildLabRequest asked, BuildLabAnswer built, CancellationToken cancel)
    {
        if (line.Lab is not { Php: not null } lab)
        {
            return (s_none, "the settings say nothing of PHP (lab.php)");
        }

        // Any server without threads does: the module knows httpd's interface and no MPM.
        var outcome = await new BuildPhp(outside, roots).Run(new BuildPhpRequest(request.Settings.Home, lab, built.Root.Tree, built.Images[0].Image), cancel);
        if (outcome is PhpOutcome.OutOfReach missing)
        {
            return (s_none, missing.Why);
        }

        var step = await AddPhp.Of(outside, roots, request.Settings.Home, lab, cancel);
        return (ByVariant(await new BuildLab(outside, roots, variable).Run(asked with { Then = [step] }, cancel)), null);
    }

    private static ImmutableSortedDictionary<string, string> ByVariant(BuildLabAnswer answer) =>
        answer.Images.ToImmutableSortedDictionary(image => image.Variant, image => image.Image, StringComparer.Ordinal);

    private static string Checked(string name, string folder) => Directory.Exists(folder)
        ? Path.GetFullPath(folder)
        : throw Failure.Missing($"--image {name}: there is no folder {folder}", "name the folder that holds the installed server, with bin/httpd below it");
}
