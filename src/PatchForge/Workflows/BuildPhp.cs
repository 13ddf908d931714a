using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Home">The folder that holds the settings file.</param>
/// <param name="Root">The root to build in; what PHP's build needs is put over it in a layer of its own.</param>
/// <param name="Image">A built server's folder (<see cref="BuildPlan.Prefix"/>), of any MPM without threads.</param>
public sealed record BuildPhpRequest(string Home, LabSettings Lab, RootTree Root, string Image);

/// <summary>What became of PHP.</summary>
public abstract record PhpOutcome
{
    private PhpOutcome() { }

    /// <param name="Folder">Shaped as below the server's folder: <see cref="PhpPlan.Module"/>, <see cref="PhpPlan.Opcache"/>, <see cref="PhpPlan.Ini"/>.</param>
    /// <param name="Source">The source package and its version: <c>php8.2 8.2.32-1~deb12u1</c>.</param>
    /// <param name="Reused">Of an earlier run: nothing was fetched and nothing compiled.</param>
    public sealed record Built(string Folder, string Source, bool Reused, TimeSpan Took) : PhpOutcome;

    /// <summary>This machine or the root has no way to it: a plain reason to go without.</summary>
    public sealed record OutOfReach(string Why, string? Hint) : PhpOutcome;
}

/// <summary>
/// Builds PHP as a module of a built server, from the root's own distribution's source package. It takes
/// minutes, so that the result is kept: once for the settings, our edits, the distribution's release and what
/// PHP sees of the server (<see cref="PhpPlan.Interface"/>).
/// </summary>
public sealed class BuildPhp(Outside outside, IRoots roots)
{
    private const int Jobs = 2;

    /// <summary>The MPMs of httpd 2.0 with threads; <c>httpd -V</c> there does not say, so that PHP's configure cannot see it.</summary>
    private static readonly ImmutableArray<string> s_threaded = ["leader", "perchild", "threadpool", "worker"];

    /// <exception cref="Failure">
    /// Refused, with the step's log: it did not build, did not serve, or our edits do not fit the distribution's
    /// version; or the server has threads.
    /// </exception>
    public async Task<PhpOutcome> Run(BuildPhpRequest request, CancellationToken cancel)
    {
        RefuseThreads(request.Image);
        try
        {
            return await Build(request, cancel);
        }
        catch (Failure failure) when (failure.Kind == FailureKind.Missing)
        {
            return new PhpOutcome.OutOfReach(failure.Message, failure.Hint);
        }
    }

    /// <summary>A digest of all that the module depends on besides the root and the server.</summary>
    public static string Identity(PhpSettings php, LoadedSeries edits) => RootIdentity.Digest(
    [
        php.Source, php.Version, PhpPlan.Home,
        .. php.Configure, "\0", .. php.Ini, "\0",
        .. edits.Patches.Select(patch => Convert.ToHexString(patch.Bytes.Span)),
    ]);

    internal static LoadedSeries Edits(string home, LabSettings lab, PhpSettings php, CancellationToken cancel) =>
        ReadSeries.Lab(home, lab with { Series = php.Patches, Generated = [] }, cancel);

    private async Task<PhpOutcome.Built> Build(BuildPhpRequest request, CancellationToken cancel)
    {
        var php = request.Lab.Php ?? throw Failure.Missing("the settings say nothing of PHP", "docs/settings.md, lab.php");
        if (RootLook.Manager(request.Root) != PackageManager.Apt)
        {
            throw Failure.Missing(
                $"PHP is built from a Debian source package, and the root {request.Root.Name} has no apt-get to fetch one",
                "use a root of Debian or of a distribution made from it");
        }

        var began = outside.Clock.Elapsed;
        var edits = Edits(request.Home, request.Lab, php, cancel);
        MadeRoot.PrepareState(roots.StateFolder);
        var folder = Directory.CreateDirectory(Path.Combine(roots.StateFolder, "php")).FullName;
        var kept = Path.Combine(folder, Key(request, php, edits));
        using var held = await Lock(kept, cancel);
        var reused = Directory.Exists(kept);
        if (!reused)
        {
            await Make(request, php, edits, folder, kept, cancel);
        }

        return new PhpOutcome.Built(kept, (await File.ReadAllTextAsync(Path.Combine(kept, PhpPlan.Source), cancel)).Trim(), reused, outside.Clock.Elapsed - began);
    }

    private async Task Make(BuildPhpRequest request, PhpSettings php, LoadedSeries edits, string folder, string kept, CancellationToken cancel)
    {
        // Without the layers of whoever asks: a layer is made over a root as it is.
        var root = await new OpenRoot(outside, roots).Run(request.Root with { Layers = [] }, php.Packages, cancel);
        var work = Path.Combine(folder, "unfinished-" + Path.GetFileName(kept));
        await roots.Remove(work, cancel);
        await new PhpRun(outside, roots, root, php, request.Image, work).Run(edits, Jobs, cancel);
        Directory.Move(Path.Combine(work, "made"), kept);
        await roots.Remove(work, cancel);
    }

    // The distribution's release stands for its libraries: within one, a module goes on fitting. The compiler's
    // and each package's version are not in it, or every update of the machine would cost minutes.
    private static string Key(BuildPhpRequest request, PhpSettings php, LoadedSeries edits) => RootIdentity.Digest(
    [
        Identity(php, edits),
        request.Root.Name,
        RootLook.Find(request.Root, "/etc/os-release") is { } file ? File.ReadAllText(file) : "",
        PhpPlan.Interface(new DirectoryTree(Path.Combine(request.Image, "include"))),
    ]);

    private async Task<IDisposable> Lock(string kept, CancellationToken cancel)
    {
        var wait = roots.Lock(kept + ".lock", cancel);
        if (!wait.IsCompleted)
        {
            outside.Story.Say("another run builds PHP; waiting for it");
        }

        return await wait;
    }

    /// <exception cref="Failure">Refused: a server with threads, or a folder that is none.</exception>
    private static void RefuseThreads(string image)
    {
        var variables = Path.Combine(image, "build", "config_vars.mk");
        if (!File.Exists(variables))
        {
            throw Failure.Refused($"PHP is added to a server that has apxs beside it, and {image} has not", "only what was built by configure, make and make install is such a folder");
        }

        var mpm = File.ReadLines(variables).Select(line => line.Split(" = ")).FirstOrDefault(words => words[0] == "MPM_NAME")?[^1].Trim();
        if (mpm is not null && s_threaded.Contains(mpm))
        {
            throw Failure.Refused($"this PHP is built for processes without threads, and the MPM {mpm} has threads", "take a variant without, such as prefork");
        }
    }
}
