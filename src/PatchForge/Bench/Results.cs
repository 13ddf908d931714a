using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace PatchForge.Bench;

/// <summary>One arm, loaded once. Latencies in microseconds.</summary>
/// <param name="Requests">Of a start: 0.</param>
/// <param name="CpuMicroseconds">The server's processor time a request; null where it was not taken.</param>
/// <param name="Complaints">Why it does not count; empty for one that does.</param>
public sealed record Measurement(
    int Round,
    string Arm,
    long Requests,
    double? Rate,
    double? Typical,
    double? Slow,
    double? Slowest,
    double? CpuMicroseconds,
    double? StartSeconds,
    ImmutableArray<string> Complaints)
{
    public bool Counts => Complaints.IsEmpty;

    public double? Of(Figure figure) => figure switch
    {
        Figure.Rate => Rate,
        Figure.Typical => Typical,
        Figure.Slow => Slow,
        Figure.Start => StartSeconds,
        _ => throw new ArgumentOutOfRangeException(nameof(figure)),
    };
}

/// <summary>An arm over all rounds that count.</summary>
/// <param name="Invalid">Rounds that do not.</param>
/// <param name="Ratio">Its rate (a start: its seconds) to the workload's base.</param>
/// <param name="SecondRatio">The same to prefork tuned.</param>
public sealed record ArmResult(
    string Name,
    string Variant,
    int Invalid,
    Spread? Rate,
    Spread? Typical,
    Spread? Slow,
    Spread? CpuMicroseconds,
    Spread? StartSeconds,
    Interval? Ratio,
    Interval? SecondRatio,
    MemoryResult? Memory);

/// <param name="Pss">Bytes of all the server's processes, shared memory counted once; null where it may not be read.</param>
public sealed record MemoryResult(int Processes, long? Pss, int? AskedProcesses = null, long? AskedPss = null);

/// <summary>reached, not reached, or not judged with the reason in <see cref="GoalResult.Why"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Reached>))]
public enum Reached
{
    NotJudged,
    Reached,
    NotReached,
}

/// <param name="Found">What was found; null when nothing could be.</param>
/// <param name="Aimed">Of <see cref="Goal.Aim"/>.</param>
public sealed record GoalResult(Goal Goal, Interval? Found, Reached Must, Reached Aimed, string? Why);

/// <param name="Configuration">By server, the httpd.conf it ran with.</param>
/// <param name="Commands">By arm, the generator's command line.</param>
/// <param name="Skipped">Why it was not measured; null when it was.</param>
public sealed record WorkloadResult(
    string Name,
    string What,
    WorkloadKind Kind,
    string? Base,
    int Rounds,
    int Seconds,
    ulong Seed,
    string? Skipped,
    ImmutableArray<ArmResult> Arms,
    ImmutableArray<GoalResult> Goals,
    ImmutableArray<Measurement> Measurements,
    ImmutableArray<string> Notes,
    ImmutableSortedDictionary<string, string> Configuration,
    ImmutableSortedDictionary<string, string> Commands)
{
    public SoakResult? Soak { get; init; }

    public ImmutableArray<ProfileResult> Profiles { get; init; } = [];

    public static WorkloadResult Skip(Workload workload, string why) => new(
        workload.Name, workload.What, workload.Kind, workload.Base, 0, 0, 0, why, [], [], [], [], ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty);
}

/// <summary>Where an arm's time went.</summary>
/// <param name="By">perf or strace.</param>
public sealed record ProfileResult(string Arm, string By, string Text);

/// <summary>What the server looked like at one moment of a soak.</summary>
public sealed record SoakSample(double Seconds, int Processes, int? Descriptors, long? Pss);

/// <summary>One quantity over a soak: the first third and the last third of the samples.</summary>
public sealed record Growth(string What, double First, double Last, bool Grew);

/// <param name="Allowed">Requests that killed workers may have had: two connections each (in the worker's hands, and the next one's).</param>
/// <param name="Refused">Answers that were errors: never allowed.</param>
/// <param name="Lost">Requests that failed beyond those allowed.</param>
public sealed record SoakResult(
    double Minutes,
    long Requests,
    long Refused,
    long Failed,
    int Restarts,
    int Kills,
    int Allowed,
    long Lost,
    ImmutableArray<Growth> Growths,
    ImmutableArray<SoakSample> Series)
{
    public bool Passed => Refused == 0 && Lost == 0 && Requests > 0 && Growths.All(growth => !growth.Grew);
}

/// <summary>The state of a run that <c>--resume</c> goes on from: without reflection, which the published tool does not have.</summary>
[JsonSerializable(typeof(WorkloadResult))]
public sealed partial class BenchJson : JsonSerializerContext;
