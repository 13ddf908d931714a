using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace PatchForge.Attacks;

/// <summary>What is looked at after an attack from inside, beside its own word.</summary>
public enum Aftermath
{
    None,

    /// <summary>Another host's process has the attacker's mark in its memory: what was written is shared.</summary>
    MarkIsSeen,

    /// <summary>A line of the attacker's stands in the main log without its author's name.</summary>
    LineIsForged,
}

public enum ClientAttack
{
    OversizeHead,
    ByteByByte,
    SlowHeads,
    IdleKeepAlive,
    Pipelining,
    QueueFlood,
    ClosedAtOnce,
    HalfHello,
}

public enum FaultAttack
{
    KillWorker,
    KillFront,
    KillSupervisor,
    GracefulUnderLoad,
    FewDescriptors,
    ProcessTable,
    FullDisk,
}

public enum FrontLook
{
    Identity,
    Root,
    SystemCalls,
}

/// <summary>How an attack is done. The kinds are all there are.</summary>
[JsonDerivedType(typeof(Inside), "inside")]
[JsonDerivedType(typeof(Misbehaves), "misbehaves")]
[JsonDerivedType(typeof(Steals), "steals")]
[JsonDerivedType(typeof(Routes), "routes")]
[JsonDerivedType(typeof(Client), "client")]
[JsonDerivedType(typeof(Fault), "fault")]
[JsonDerivedType(typeof(Front), "front")]
[JsonDerivedType(typeof(Crowds), "crowds")]
[JsonDerivedType(typeof(Page), "page")]
[JsonDerivedType(typeof(Starts), "starts")]
public abstract record Means
{
    /// <summary>An attack of the module's, in a worker of the attacker's host; its own word counts.</summary>
    /// <param name="Marks">What it looks for, as <see cref="AttackCast.Masked(byte[])"/> writes it, if it is not the usual secret.</param>
    public sealed record Inside(string Name, string Target = "", int Number = 0, Aftermath Then = Aftermath.None, string Marks = "") : Means;

    /// <summary>A worker does it while another host is asked, with an answer in progress and a connection kept.</summary>
    /// <param name="Workers">How many workers of the attacker's do it at once.</param>
    /// <param name="MustEnd">The worker that does it has to be ended for it.</param>
    /// <param name="Step">Added to <paramref name="Number"/> from one worker to the next.</param>
    /// <param name="Before">Connections that wait with half a head before it begins: they take places in the dispatcher's table.</param>
    /// <param name="MostEnds">How often workers may die of it in three seconds, where it is done again and again; 0: it is done once.</param>
    public sealed record Misbehaves(string Name, int Number, int Workers, bool MustEnd = false, int MostEnds = 0, int Step = 0, int Before = 0) : Means;

    /// <summary>A worker keeps a duplicate of its connection, and another host's request comes in on it.</summary>
    public sealed record Steals : Means;

    /// <summary>Requests on one connection; who serves the last has to be the user of its host and place.</summary>
    /// <param name="Requests">With <c>{own}</c>, <c>{other}</c> for the hosts' names; sent one after the other.</param>
    public sealed record Routes(ImmutableArray<string> Requests) : Means;

    public sealed record Client(ClientAttack Kind, int Number) : Means;

    public sealed record Fault(FaultAttack Kind) : Means;

    /// <summary>What somebody would have who took over the process that meets the network.</summary>
    public sealed record Front(FrontLook Look) : Means;

    /// <summary>More requests for the attacker's host than there are workers; the other host is owed one.</summary>
    public sealed record Crowds(int Clients) : Means;

    /// <summary>A page of the attacker's own, which says <c>succeeded</c> or <c>denied</c>.</summary>
    public sealed record Page(string Path) : Means;

    /// <summary>The server is started with a configuration that it has to refuse.</summary>
    public sealed record Starts : Means;
}

/// <summary>What one attack is, for the process inside.</summary>
public sealed record AttackStep(string Id, Means Means);

/// <summary>What was seen of one attack.</summary>
public sealed record AttackSeen(string Id, Outcome Outcome, string Tried, string Kernel, string Evidence)
{
    public static AttackSeen Skipped(string id, string why) => new(id, Outcome.Skipped, "", "", why);

    public static AttackSeen NotRun(string id, string why) => new(id, Outcome.NotRun, "", "", why);
}

/// <summary>The answer of the module's handler.</summary>
public sealed record InsideAnswer(string Attack, string Outcome, string Tried, string Kernel, string Evidence);

/// <summary>What the process inside is told: everything, as JSON on its standard input.</summary>
/// <param name="Init">The first process of the root's namespaces, as the machine numbers it.</param>
/// <param name="HasFront">A dispatcher of its own identity stands before the workers.</param>
public sealed record AttackOrders(
    int Init,
    int Port,
    int StartLimitSeconds,
    AttackModel Model,
    bool HasFront,
    string LogFolder,
    string LootFolder,
    AttackCast Cast,
    ImmutableArray<AttackStep> Steps);

/// <summary>JSON without reflection, which the published tool does not have.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(AttackOrders))]
[JsonSerializable(typeof(AttackSeen))]
[JsonSerializable(typeof(InsideAnswer))]
public sealed partial class AttackJson : JsonSerializerContext;
