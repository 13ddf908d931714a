using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Root">The root to build in, without layers: what PHP's build needs is put over it.</param>
/// <param name="Image">A built server's folder (<see cref="BuildPlan.Prefix"/>), of any MPM without threads.</param>
public sealed record BuildPhpRequest(string Home, LineSettings Line, PhpSettings Php, RootTree Root, string Image);

/// <param name="Folder">Shaped as below the server's folder: <see cref="PhpPlan.Module"/>, <see cref="PhpPlan.Opcache"/>, <see cref="PhpPlan.Ini"/>.</param>
/// <param name="Source">The source package and its version: <c>php8.2 8.2.32-1~deb12u1</c>.</param>
/// <param name="Reused">Of an earlier run: nothing was fetched and nothing compiled.</param>
public sealed record BuiltPhp(string Folder, string Source, bool Reused, TimeSpan Took);

/// <summary>
/// Builds PHP as a module of a built server, from the root's own distribution's source package. It takes
/// minutes, so that the result is kept: once for the settings, our edits, the distribution's release and what
/// PHP sees of the server (<see cref="PhpPlan.Interface"/>).
/// </summary>
public sealed class BuildPhp(Outside outside, IRoots roots)
{
    private const int Jobs = 2;
    private const string SourceFile = "source";

    /// <summary>Its own modules run in one process each; a module without ZTS serves no MPM with threads (README of PHP's apache2handler).</summary>
    private static readonly ImmutableArray<string> s_threaded = ["event", "leader", "perchild", "threadpool", "worker"];

    /// <exception cref="Failure">
    /// Missing: the root has no source package of it in reach, which is a reason to go without; Refused: it did
    /// not build, with the step's log.
    /// </exception>
    public async Task<BuiltPhp> Run(BuildPhpRequest request, CancellationToken cancel)
    {
        RefuseThreads(request.Image);
        if (RootLook.Manager(request.Root) != PackageManager.Apt)
        {
            throw Failure.Missing(
                $"PHP is built from a Debian source package, and the root {request.Root.Name} has no apt-get to fetch one",
                "use a root of Debian or one made from it");
        }

        var began = outside.Clock.Elapsed;
        var edits = await ReadSeries.Run(request.Home, request.Line with { Series = request.Php.Patches, Generated = [] }, cancel);
        var folder = Directory.CreateDirectory(Path.Combine(roots.StateFolder, "php")).FullName;
        var kept = Path.Combine(folder, Key(request, edits));
        using var held = await Lock(kept, cancel);
        if (Directory.Exists(kept))
        {
            return new BuiltPhp(kept, Source(kept), true, outside.Clock.Elapsed - began);
        }

        var root = await new OpenRoot(outside, roots).Run(request.Root with { Layers = [] }, request.Php.Packages, cancel);
        var work = Path.Combine(folder, "unfinished-" + Path.GetFileName(kept));
        await roots.Remove(work, cancel);
        await new PhpRun(outside, roots, root, request, work).Run(edits, Jobs, cancel);
        Directory.Move(Path.Combine(work, "made"), kept);
        await roots.Remove(work, cancel);
        return new BuiltPhp(kept, Source(kept), false, outside.Clock.Elapsed - began);
    }

    /// <summary>A digest of all that the module depends on besides the server.</summary>
    public static string Identity(PhpSettings php, LoadedSeries edits) => RootIdentity.Digest(
    [
        php.Source, php.Version, PhpPlan.Home,
        .. php.Configure, "\0", .. php.Ini, "\0",
        .. edits.Patches.Select(patch => Convert.ToHexString(patch.Bytes.Span)),
    ]);

    // The distribution's release stands for its libraries: within one, a module goes on fitting. The compiler's
    // and each package's version are not in it, or every update of the machine would cost minutes.
    private static string Key(BuildPhpRequest request, LoadedSeries edits) => RootIdentity.Digest(
    [
        Identity(request.Php, edits),
        request.Root.Name,
        RootLook.Find(request.Root, "/etc/os-release") is { } file ? File.ReadAllText(file) : "",
        PhpPlan.Interface(new DirectoryTree(Path.Combine(request.Image, "include"))),
    ]);

    private static string Source(string kept) => File.ReadAllText(Path.Combine(kept, SourceFile)).Trim();

    private async Task<IDisposable> Lock(string kept, CancellationToken cancel)
    {
        var wait = roots.Lock(kept + ".lock", cancel);
        if (!wait.IsCompleted)
        {
            outside.Story.Say("another run builds PHP; waiting for it");
        }

        return await wait;
    }

    private static void RefuseThreads(string image)
    {
        var variables = Path.Combine(image, "build", "config_vars.mk");
        if (!File.Exists(variables))
        {
            throw Failure.Missing($"{image} is no server's folder with apxs beside it", "PHP is added to a server that was built by configure, make and make install; Portage's images have no place for it");
        }

        var mpm = File.ReadLines(variables).Select(line => line.Split(" = ")).FirstOrDefault(words => words[0] == "MPM_NAME")?[^1].Trim();
        if (mpm is not null && s_threaded.Contains(mpm))
        {
            throw Failure.Missing(string.Create(CultureInfo.InvariantCulture, $"this PHP is built without locks between threads, and the MPM {mpm} has threads"), "take a variant without, such as prefork");
        }
    }
}
