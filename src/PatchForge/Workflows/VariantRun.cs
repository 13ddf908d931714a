using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>The steps of one variant's build, each with its log; a step that fails ends it and is named.</summary>
/// <param name="totals">By step, the lines that counted in the variant built before: the total that a bar needs.</param>
internal sealed class VariantRun(Outside outside, IRoots roots, BuildRequest request, WorkPlace work, string variant, Dictionary<string, long> totals)
{
    private readonly string _result = Path.Combine(work.Folder, "result-" + variant);

    public string LogOf(string step) => Path.Combine(work.Logs, $"{variant}-{step}.log");

    /// <summary>Null when all went well, else the failed step's name.</summary>
    public async Task<string?> ConfigureMakeInstall(CancellationToken cancel)
    {
        var prepared = Path.Combine(work.Folder, "prepared");
        if (!Directory.Exists(prepared))
        {
            var unfinished = Path.Combine(work.Folder, "preparing");
            await CopyTree.Run(outside.Processes, request.Source, unfinished, cancel);
            if (await Steps(BuildPlan.Prepare(request.Build), unfinished, cancel) is { } failed)
            {
                await roots.Remove(unfinished, cancel);
                return failed;
            }

            Directory.Move(unfinished, prepared);
        }

        // Each variant has the tree to itself, so that a failed one can be looked at and none sees another's.
        var tree = Path.Combine(work.Folder, "tree-" + variant);
        await CopyTree.Run(outside.Processes, prepared, tree, cancel);
        var image = Directory.CreateDirectory(Path.Combine(_result, "image")).FullName;
        return await Steps(BuildPlan.Variant(request.Build, variant, image, Environment.ProcessorCount), tree, cancel);
    }

    /// <summary>Emerges what <paramref name="portage"/> says over the root with the synced repository; the layer is the image.</summary>
    public async Task<string?> Portage(PortageRequest portage, string layer, CancellationToken cancel)
    {
        var synced = Path.Combine(work.Folder, "synced");
        var empty = Directory.CreateDirectory(Path.Combine(work.Folder, "empty")).FullName;
        if (!Directory.Exists(synced))
        {
            var unfinished = Directory.CreateDirectory(Path.Combine(work.Folder, "syncing")).FullName;
            if (await Step(PortagePlan.Sync(portage, unfinished), request.Root.Tree, empty, cancel) is { } failed)
            {
                await roots.Remove(unfinished, cancel);
                return failed;
            }

            Directory.Move(unfinished, synced);
        }

        // Kept when it fails: Portage leaves the build folder, with its log, below var/tmp/portage.
        var installed = Directory.CreateDirectory(Path.Combine(_result, layer)).FullName;
        return await Step(PortagePlan.Emerge(portage, installed), request.Root.Tree.With(synced), empty, cancel);
    }

    /// <summary>Puts the finished image where later runs find it: whole or not at all.</summary>
    public void Keep(string kept)
    {
        foreach (var log in Directory.EnumerateFiles(work.Logs, variant + "-*.log"))
        {
            File.Copy(log, Path.Combine(_result, Path.GetFileName(log)[(variant.Length + 1)..]), overwrite: true);
        }

        Directory.Move(_result, kept);
    }

    private async Task<string?> Steps(ImmutableArray<BuildStep> steps, string tree, CancellationToken cancel)
    {
        foreach (var step in steps)
        {
            if (await Step(step, request.Root.Tree, tree, cancel) is { } failed)
            {
                return failed;
            }
        }

        return null;
    }

    /// <returns>Null when it went well, else the step's name.</returns>
    private async Task<string?> Step(BuildStep step, RootTree root, string tree, CancellationToken cancel)
    {
        var answer = await outside.Story.During(
            $"{step.Name} {request.Release} ({variant}) in {request.Root.Tree.Name}",
            progress => Step(step, root, tree, progress, cancel));
        return answer.Succeeded ? null : step.Name;
    }

    private async Task<ProcessAnswer> Step(BuildStep step, RootTree root, string tree, IStepProgress progress, CancellationToken cancel)
    {
        var total = totals.TryGetValue(step.Name, out var known) ? known : (long?)null;
        long counted = 0;
        await using var log = new LogFile(LogOf(step.Name));
        log.Write("$ " + ShellQuoting.Line(new ProcessRequest(step.Command[0], step.Command[1..]) { Environment = step.Environment }));
        var answer = await roots.Run(
            new RootRun(root, step.Rights, step.Command)
            {
                KeepIn = step.KeepIn,
                Binds = [new RootBind(tree, BuildPlan.Tree, Writable: true), .. step.Binds],
                WorkingDirectory = BuildPlan.Tree,
                Environment = step.Environment,
                TimeLimit = step.Limit,
                OnLine = line =>
                {
                    log.Write(line);
                    if (step.Counts is { } mark && line.Contains(mark, StringComparison.Ordinal))
                    {
                        progress.Report(Interlocked.Increment(ref counted), total);
                    }
                },
            },
            cancel);
        if (answer.TimedOut)
        {
            log.Write(string.Create(CultureInfo.InvariantCulture, $"error: ended after {step.Limit.TotalMinutes} minutes, this step's limit"));
        }

        totals[step.Name] = counted;
        return answer;
    }
}
