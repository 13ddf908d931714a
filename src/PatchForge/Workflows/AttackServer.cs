using System.Collections.Immutable;
using System.Text.Json;
using PatchForge.Attacks;
using PatchForge.Httpd;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <param name="Tools">What <see cref="AttackTools"/> answered.</param>
internal sealed record AttackRun(OpenedRoot Root, string Release, AttackModel Model, string Image, string Tools, AttackBatch Batch, int Port, TimeSpan StartLimit)
{
    /// <summary>The line's: how its servers' configuration is written.</summary>
    public Dialect Dialect { get; init; } = Dialect.Httpd20;

    /// <summary>As in <see cref="AttackRecipe"/>.</summary>
    public ImmutableArray<string> Lines { get; init; } = [];

    /// <summary>The file of mod_php inside the root; null for the one beside the server's other modules.</summary>
    public string? Php { get; init; }

    /// <summary>The longest attack takes half a minute; this ends a run in which something hangs.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(20);
}

/// <summary>Starts a server inside the root for one batch of attacks, and tries them on it.</summary>
internal sealed class AttackServer(Outside outside, IRoots roots)
{
    /// <returns>What was seen, by attack. <paramref name="run"/>'s folder is kept until the next of its name.</returns>
    public async Task<ImmutableDictionary<string, AttackSeen>> Run(AttackRun run, CancellationToken cancel)
    {
        var place = ServerPlace.Find(run.Image);
        var recipe = new AttackRecipe(place.Binary, place.Modules, place.ModuleFiles, run.Port, run.Model, run.Batch.Setting, run.Batch.Without, AttackCast.Usual)
        {
            Dialect = run.Dialect,
            Lines = run.Lines,
            Php = run.Php ?? place.Modules + "/libphp.so",
        };
        var folder = Folder(run);
        Directory.CreateDirectory(Path.GetDirectoryName(folder) ?? roots.StateFolder);
        using var held = await roots.Lock(folder + ".lock", cancel);
        await roots.Remove(folder, cancel);
        Write(recipe, folder);
        var without = run.Batch.Without.IsEmpty ? "" : $" without {string.Join(", ", run.Batch.Without)}";
        return await outside.Story.During(
            $"attack {run.Release} ({AttackModels.Name(run.Model)}, {run.Batch.Setting.ToString().ToLowerInvariant()}{without})",
            progress => Attack(run, recipe, folder, progress, cancel));
    }

    public string Folder(AttackRun run) => Path.Combine(
        roots.StateFolder,
        "attack",
        string.Join('-', new[] { run.Release, AttackModels.Name(run.Model), run.Batch.Setting.ToString().ToLowerInvariant() }.Concat(run.Batch.Without.Select(guard => "no-" + guard))));

    private static void Write(AttackRecipe recipe, string folder)
    {
        foreach (var file in AttackFiles.Of(recipe))
        {
            var path = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? folder);
            File.WriteAllText(path, file.Text);
            File.SetUnixFileMode(path, (UnixFileMode)(file.Executable ? 0b111_101_101 : 0b110_100_100));
        }
    }

    private async Task<ImmutableDictionary<string, AttackSeen>> Attack(AttackRun run, AttackRecipe recipe, string folder, IStepProgress progress, CancellationToken cancel)
    {
        await using var console = new LogFile(Path.Combine(folder, "console.log"));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(run.Limit);
        var init = 0;
        var last = "nothing was said";
        var started = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = roots.Run(
            new RootRun(ServerPlace.IsALayer(run.Image) ? run.Root.Tree.With(run.Image) : run.Root.Tree, RootRights.Serve, ["sh", $"{AttackFiles.Place}/{AttackFiles.Start}"])
            {
                CommandIsInit = true,
                Binds = [.. ServerPlace.IsALayer(run.Image) ? [] : new[] { new RootBind(run.Image, BuildPlan.Prefix) }, new RootBind(run.Tools, AttackFiles.Tools), new RootBind(folder, AttackFiles.Place, Writable: true)],
                OnStarted = pid => init = pid,
                OnLine = line =>
                {
                    console.Write(line);
                    if (line is AttackFiles.Started or AttackFiles.Refused)
                    {
                        started.TrySetResult(line == AttackFiles.Started);
                    }
                    else
                    {
                        last = line;
                    }
                },
            },
            over.Token);
        try
        {
            var isUp = await Task.WhenAny(server, started.Task, Task.Delay(run.StartLimit, cancel)) == started.Task && await started.Task;
            cancel.ThrowIfCancellationRequested();
            return isUp || run.Batch.Attacks.All(attack => attack.Means is Means.Starts)
                ? await Asked(run, recipe, folder, init, isUp, last, console, progress, over.Token)
                : NotStarted(run.Batch, $"the server did not start: {last}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return NotStarted(run.Batch, "the run took too long");
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAny(server);
        }
    }

    private async Task<ImmutableDictionary<string, AttackSeen>> Asked(
        AttackRun run, AttackRecipe recipe, string folder, int init, bool isUp, string last, LogFile console, IStepProgress progress, CancellationToken cancel)
    {
        var starts = run.Batch.Attacks.Where(attack => attack.Means is Means.Starts)
            .ToDictionary(attack => attack.Id, attack => new AttackSeen(attack.Id, isUp ? Outcome.Succeeded : Outcome.Stopped, "httpd -t, httpd -k start", "", isUp ? "it started" : last));
        var steps = run.Batch.Attacks.Where(attack => attack.Means is not Means.Starts).Select(attack => new AttackStep(attack.Id, attack.Means)).ToImmutableArray();
        if (steps.IsEmpty)
        {
            return starts.ToImmutableDictionary();
        }

        var seen = ImmutableDictionary.CreateBuilder<string, AttackSeen>();
        seen.AddRange(starts);
        var orders = JsonSerializer.SerializeToUtf8Bytes(
            new AttackOrders(init, run.Port, (int)run.StartLimit.TotalSeconds, run.Model, recipe.HasPools, Path.Combine(folder, "logs"), Path.Combine(folder, "loot"), recipe.Cast, steps),
            AttackJson.Default.AttackOrders);
        var answer = await roots.RunSelf(
            init,
            ["assail"],
            orders,
            line =>
            {
                if (line.StartsWith('{') && JsonSerializer.Deserialize(line, AttackJson.Default.AttackSeen) is { } one)
                {
                    seen[one.Id] = one;
                    console.Write(line);
                    progress.Report(seen.Count, run.Batch.Attacks.Length);
                    progress.Now(one.Id);
                }
            },
            cancel);
        foreach (var step in steps.Where(step => !answer.Succeeded && !seen.ContainsKey(step.Id)))
        {
            seen[step.Id] = AttackSeen.NotRun(step.Id, $"the attacking process ended: {LogFile.LastWord(answer)}");
        }

        return seen.ToImmutable();
    }

    private static ImmutableDictionary<string, AttackSeen> NotStarted(AttackBatch batch, string why) =>
        batch.Attacks.ToImmutableDictionary(attack => attack.Id, attack => AttackSeen.NotRun(attack.Id, why));
}
