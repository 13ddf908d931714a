using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>One command in a root, with its log and its progress.</summary>
internal sealed class RootStep(Outside outside, IRoots roots)
{
    /// <param name="tree">What is bound to <see cref="BuildPlan.Tree"/> and worked in; null for nothing.</param>
    /// <param name="title">For people, while it runs.</param>
    public async Task<ProcessAnswer> Run(RootTree root, BuildStep step, string? tree, string title, string log, CancellationToken cancel)
    {
        long counted = 0;
        return await outside.Story.During(title, async progress =>
        {
            await using var lines = new LogFile(log);
            return await roots.Run(
                new RootRun(root, step.Rights, step.Command)
                {
                    KeepIn = step.KeepIn,
                    Binds = [.. tree is null ? ImmutableArray<RootBind>.Empty : [new RootBind(tree, BuildPlan.Tree, Writable: true)], .. step.Binds],
                    WorkingDirectory = tree is null ? "/" : BuildPlan.Tree,
                    Environment = step.Environment,
                    TimeLimit = step.Limit,
                    OnLine = line =>
                    {
                        lines.Write(line);
                        if (step.Counts is { } mark && line.Contains(mark, StringComparison.Ordinal))
                        {
                            progress.Report(Interlocked.Increment(ref counted), null);
                        }
                    },
                },
                cancel);
        });
    }
}
