using System.Collections.Immutable;
using PatchForge.Bench;

namespace PatchForge.Workflows;

/// <param name="Load">The load averages when the run began: other work on the machine makes the figures worthless.</param>
public sealed record BenchMachine(string Distribution, string Kernel, string Processor, int Cores, string Load, ImmutableArray<string> Versions);

/// <param name="Image">The machine's folder that it ran from; null when there is none.</param>
public sealed record BenchVariant(string Name, string What, ImmutableArray<string> Lines, string? Image);

/// <summary>What <c>bench</c> answers: all figures, and all that somebody needs who wants to have them again.</summary>
/// <param name="Quick">A look; nothing is judged.</param>
public sealed record BenchAnswer(
    string Release,
    string Root,
    BenchMachine Machine,
    int Rounds,
    int Seconds,
    ulong Seed,
    bool Quick,
    ImmutableArray<BenchVariant> Variants,
    ImmutableArray<WorkloadResult> Workloads)
{
    /// <summary>No demand of the design was judged and found not to be reached, and no soak lost anything.</summary>
    public bool Succeeded => Workloads.All(workload =>
        workload.Goals.All(goal => goal.Must != Reached.NotReached) && workload.Soak is null or { Passed: true });
}
