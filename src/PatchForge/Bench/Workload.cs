using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace PatchForge.Bench;

/// <summary>The shape of a server's configuration. The same for every variant but for its own lines.</summary>
/// <param name="Sites">Hosts on the shared address, each with a user where the variant has them; one more has an address to itself.</param>
/// <param name="Clients">MaxClients.</param>
/// <param name="KeepAliveSeconds">KeepAliveTimeout.</param>
public sealed record Layout(int Sites, int Clients = 256, int KeepAliveSeconds = 15, bool AccessLog = false, bool Php = false)
{
    /// <summary>How many users the hosts belong to, in turn; 0 for one each.</summary>
    public int Users { get; init; }

    /// <summary>The user of a host, counted from 0; the one that has an address to itself has a user to itself too.</summary>
    public int UserOf(int site) => Users > 0 && site < Sites ? site % Users : site;

    /// <summary>Every user that any host has.</summary>
    public IEnumerable<int> AllUsers => Enumerable.Range(0, Sites + 1).Select(UserOf).Distinct();
}

/// <summary>An existing load generator.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Generator>))]
public enum Generator
{
    /// <summary>The distribution's wrk: HTTP/1.1, latencies to the microsecond, many hosts.</summary>
    Wrk,

    /// <summary>httpd's own, of the built image: HTTP/1.0, one address, latencies to the millisecond.</summary>
    Ab,
}

/// <summary>What clients do.</summary>
/// <param name="Path">Below every site.</param>
/// <param name="Body">The response's body in bytes; null where it is made by a script.</param>
/// <param name="Hosts">How many of the sites are asked, in turn.</param>
/// <param name="Dedicated">The address that has one site is asked, not the shared one.</param>
/// <param name="Fresh">Each host once, and in each round others than before: their pools have no process yet.</param>
public sealed record Load(
    Generator Generator,
    string Path,
    int? Body,
    bool KeepAlive,
    int Connections = 16,
    int Hosts = 1,
    bool Dedicated = false,
    bool Fresh = false);

/// <summary>One of the things that a workload measures in every round.</summary>
/// <param name="Crowd">Idle keep-alive clients that are connected to this server all the time.</param>
public sealed record Arm(string Name, string Variant, Layout Layout, Load Load, int Crowd = 0);

[JsonConverter(typeof(JsonStringEnumConverter<Figure>))]
public enum Figure
{
    /// <summary>Requests a second.</summary>
    Rate,

    /// <summary>The median latency.</summary>
    Typical,

    /// <summary>The 99th percentile of latency.</summary>
    Slow,

    /// <summary>Seconds from starting the server to its first answer.</summary>
    Start,
}

/// <summary>A demand of the design on a ratio of two arms, or on an arm's own figure.</summary>
/// <param name="Base">The arm it is divided by; null for a demand on the figure itself.</param>
/// <param name="Must">Has to be reached; null where the design only aims.</param>
/// <param name="Aim">Null where there is none beyond <paramref name="Must"/>.</param>
/// <param name="AtMost">Smaller is better.</param>
public sealed record Goal(string Sentence, string Subject, string? Base, Figure Figure, double? Must, double? Aim, bool AtMost = false);

[JsonConverter(typeof(JsonStringEnumConverter<WorkloadKind>))]
public enum WorkloadKind
{
    /// <summary>Servers stay up; in each round every arm is loaded once.</summary>
    Load,

    /// <summary>In each round every arm's server is started and stopped.</summary>
    Start,

    /// <summary>Processes and memory, before and after every host was asked once.</summary>
    Memory,

    /// <summary>Full load with restarts and killed workers for a long time.</summary>
    Soak,
}

/// <summary>Something that is measured in one go, with servers of its own.</summary>
/// <param name="Base">The arm that the others' ratios are to.</param>
public sealed record Workload(string Name, string What, WorkloadKind Kind, ImmutableArray<Arm> Arms, string? Base, ImmutableArray<Goal> Goals)
{
    /// <summary>Of a soak: a worker is killed every second.</summary>
    public bool Kills { get; init; }

    /// <summary>prefork with what it could have as well: the second column.</summary>
    public string? SecondBase => Arms.Any(arm => arm.Name == Variant.Tuned) ? Variant.Tuned : null;

    public bool NeedsPhp => Arms.Any(arm => arm.Layout.Php);
}
