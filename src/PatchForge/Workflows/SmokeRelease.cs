using System.Collections.Immutable;
using System.Text.Json;
using PatchForge.Httpd;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Smoke;

namespace PatchForge.Workflows;

/// <param name="Image">What a build answered: <see cref="BuiltVariant.Image"/>.</param>
/// <param name="Switches">The variant's MPM serves each site as its user; false for prefork.</param>
public sealed record SmokeRequest(OpenedRoot Root, string Release, string Variant, string Image, bool Switches, SmokeSettings Smoke)
{
    /// <summary>For tests of the smoke test alone.</summary>
    public RemovedGuard Removed { get; init; }

    /// <summary>The line's: how its servers' configuration is written.</summary>
    public Dialect Dialect { get; init; } = Dialect.Httpd20;
}

/// <param name="Kept">The folder with configuration, sites and logs of a failed run; null when all passed.</param>
public sealed record SmokeAnswer(string Release, string Variant, TimeSpan Took, ImmutableArray<Verdict> Verdicts, string? Kept)
{
    public bool Succeeded => Kept is null && Verdicts.Length > 0 && Verdicts.All(verdict => verdict.Passed);
}

/// <summary>Starts a built server inside the root and asks it what it must answer, and what it must not.</summary>
public sealed class SmokeRelease(Outside outside, IRoots roots)
{
    /// <summary>No probe takes long; this ends a run in which something hangs.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>An identity for the server itself that is no site's; in a stage3 as on a desktop it is nobody's.</summary>
    private const int ServerId = 64000;

    public async Task<SmokeAnswer> Run(SmokeRequest request, CancellationToken cancel)
    {
        var began = outside.Clock.Elapsed;
        var place = ServerPlace.Find(request.Image);
        var recipe = RecipeOf(request, place);
        var probes = Probes.Of(recipe);
        var folder = Path.Combine(roots.StateFolder, "smoke", $"{request.Release}-{request.Variant}");
        using var held = await Lock(folder, cancel);
        await roots.Remove(folder, cancel);
        Write(recipe, folder);
        var verdicts = await outside.Story.During(
            $"smoke {request.Release} ({request.Variant}) in {request.Root.Tree.Name}",
            progress => Ask(request, place, probes, folder, progress, cancel));
        var passed = verdicts.Length == probes.Length && verdicts.All(verdict => verdict.Passed);
        if (passed)
        {
            await roots.Remove(folder, cancel);
        }

        return new SmokeAnswer(request.Release, request.Variant, outside.Clock.Elapsed - began, verdicts, passed ? null : folder);
    }

    private Task<IDisposable> Lock(string folder, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder) ?? roots.StateFolder);
        return roots.Lock(folder + ".lock", cancel);
    }

    private static Recipe RecipeOf(SmokeRequest request, ServerPlace place)
    {
        var server = new Site("server", "pfserver", new ServingIds(ServerId, ServerId, []));
        return new Recipe(
            place.Binary,
            place.Modules,
            place.ModuleFiles,
            request.Switches,
            request.Smoke.Port,
            server,
            [.. request.Smoke.Sites.Select((site, number) => request.Switches
                ? new Site(site.HostName, $"pfsite{number}", new ServingIds(site.Uid, site.Gid, [site.Gid + 1000]))
                : server with { Host = site.HostName })])
        {
            Removed = request.Removed,
            Dialect = request.Dialect,
        };
    }

    private static void Write(Recipe recipe, string folder)
    {
        foreach (var file in SmokeFiles.Of(recipe))
        {
            var path = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? folder);
            File.WriteAllText(path, file.Text);
            File.SetUnixFileMode(path, (UnixFileMode)(file.Executable ? 0b111_101_101 : 0b110_100_100));
        }
    }

    /// <summary>The server runs as long as the probes do; what it wrote to its output is kept as console.log.</summary>
    private async Task<ImmutableArray<Verdict>> Ask(SmokeRequest request, ServerPlace place, ImmutableArray<Probe> probes, string folder, IStepProgress progress, CancellationToken cancel)
    {
        await using var console = new LogFile(Path.Combine(folder, "console.log"));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(s_limit);
        var init = 0;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = roots.Run(
            new RootRun(place.IsLayer ? request.Root.Tree.With(request.Image) : request.Root.Tree, RootRights.Serve, ["sh", $"{Recipe.Place}/{SmokeFiles.Start}"])
            {
                CommandIsInit = true,
                Binds = [.. place.IsLayer ? [] : new[] { new RootBind(request.Image, BuildPlan.Prefix) }, new RootBind(folder, Recipe.Place, Writable: true)],
                OnStarted = pid => init = pid,
                OnLine = line =>
                {
                    console.Write(line);
                    if (line == "started")
                    {
                        started.TrySetResult();
                    }
                },
            },
            over.Token);
        try
        {
            if (await Task.WhenAny(server, started.Task, Task.Delay(request.Smoke.StartLimit, cancel)) != started.Task)
            {
                cancel.ThrowIfCancellationRequested();
                var why = server.IsCompletedSuccessfully ? LogFile.LastWord(await server) : $"nothing within {request.Smoke.StartLimit.TotalSeconds:f0} s";
                return [new Verdict("start", "the configuration is accepted and the server starts", why, false)];
            }

            return await Verdicts(request, init, probes, progress, over.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return [new Verdict("time", $"all probes within {s_limit.TotalMinutes:f0} minutes", "the time passed", false)];
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAny(server);
        }
    }

    private async Task<ImmutableArray<Verdict>> Verdicts(SmokeRequest request, int init, ImmutableArray<Probe> probes, IStepProgress progress, CancellationToken cancel)
    {
        var orders = JsonSerializer.SerializeToUtf8Bytes(
            new ProbeOrders(init, request.Smoke.Port, (int)request.Smoke.StartLimit.TotalSeconds, probes),
            SmokeJson.Default.ProbeOrders);
        var verdicts = ImmutableArray.CreateBuilder<Verdict>();
        var answer = await roots.RunSelf(
            init,
            ["probe"],
            orders,
            line =>
            {
                if (line.StartsWith('{') && JsonSerializer.Deserialize(line, SmokeJson.Default.Verdict) is { } verdict)
                {
                    verdicts.Add(verdict);
                    progress.Report(verdicts.Count, probes.Length);
                    progress.Now(verdict.Name);
                }
            },
            cancel);
        if (!answer.Succeeded)
        {
            verdicts.Add(new Verdict("probes", "every probe is asked", $"the probing process ended: {LogFile.LastWord(answer)}", false));
        }

        return verdicts.ToImmutable();
    }
}

/// <summary>Where the server is in an image.</summary>
/// <param name="IsLayer">The image is a layer over the whole root (Portage's), not the prefix' folder.</param>
internal sealed record ServerPlace(string Binary, string Modules, ImmutableArray<string> ModuleFiles, bool IsLayer)
{
    /// <summary>A layer has one folder a part of the root, and a whole root is one part (RootTree.Layers).</summary>
    public static bool IsALayer(string image) => Directory.Exists(Path.Combine(image, "0"));

    /// <exception cref="Failure">Refused, when the image holds no server.</exception>
    public static ServerPlace Find(string image)
    {
        var layer = Path.Combine(image, "0");
        var isLayer = IsALayer(image);
        var top = isLayer ? layer : image;
        string Inside(string path) => (isLayer ? "/" : BuildPlan.Prefix + "/") + Path.GetRelativePath(top, path);
        var within = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var binary = Directory.EnumerateFiles(top, "*", within)
            .Where(path => Path.GetFileName(path) is "httpd" or "apache2" && Path.GetFileName(Path.GetDirectoryName(path)) is "bin" or "sbin")
            .Order(StringComparer.Ordinal)
            .FirstOrDefault() ?? throw Failure.Refused($"the image {image} holds no httpd");
        var modules = Directory.EnumerateFiles(top, "mod_*.so", within).Order(StringComparer.Ordinal).ToImmutableArray();
        return new ServerPlace(
            Inside(binary),
            modules.IsEmpty ? BuildPlan.Prefix : Inside(Path.GetDirectoryName(modules[0]) ?? top),
            [.. modules.Select(path => Path.GetFileName(path))],
            isLayer);
    }
}
