using System.Collections.Immutable;
using System.Text.Json.Serialization;
using PatchForge.Httpd;

namespace PatchForge.Smoke;

/// <summary>The identity that serves a site: numbers, as /proc shows them.</summary>
/// <param name="Groups">The supplementary groups, the first group among them or not, in any order.</param>
public sealed record ServingIds(int Uid, int Gid, ImmutableArray<int> Groups)
{
    public override string ToString() => $"uid {Uid}, gid {Gid}, groups {string.Join(' ', Groups)}";
}

/// <summary>One site of the smoke test, with an account and a folder of its own.</summary>
/// <param name="Account">The account's name in the root; the group has the same.</param>
public sealed record Site(string Host, string Account, ServingIds Ids)
{
    public string Folder => $"{Recipe.Place}/sites/{Host}";

    /// <summary>What only this site's own page says.</summary>
    public string Page => $"page-of-{Host}";

    /// <summary>What is in this site's own file, which no other site may come to read.</summary>
    public string Secret => $"secret-of-{Host}";
}

/// <summary>
/// A guard that a test of the smoke test takes away, to see that the probes then fail: probes that cannot fail
/// prove nothing.
/// </summary>
public enum RemovedGuard
{
    None,

    /// <summary>Each site's folder is open to all: only the address keeps one site from another's files.</summary>
    FolderPermissions,

    /// <summary>Every site is assigned to the first one's user.</summary>
    OwnUsers,
}

/// <summary>What a smoke test runs: the server's place in the root, its sites, and whether each site has its own user.</summary>
/// <param name="Binary">httpd inside the root.</param>
/// <param name="Modules">Folder of shared modules inside the root, and the modules' files in it.</param>
/// <param name="Switches">The MPM serves each site as its user; else every site is the server's.</param>
public sealed record Recipe(
    string Binary,
    string Modules,
    ImmutableArray<string> ModuleFiles,
    bool Switches,
    int Port,
    Site Server,
    ImmutableArray<Site> Sites)
{
    public RemovedGuard Removed { get; init; }

    /// <summary>How the server's configuration is written.</summary>
    public Dialect Dialect { get; init; } = Dialect.Httpd20;

    /// <summary>
    /// The sites are there with TLS as well. In line 2.0, whose mod_ssl is the series'; each site on a port of its own,
    /// since there are no names in the handshake.
    /// </summary>
    public bool HasTls => Dialect == Dialect.Httpd20 && ModuleFiles.Contains("mod_ssl.so");

    /// <summary>Where a site is with TLS.</summary>
    public int SecurePort(Site site) => Port + 1 + Sites.IndexOf(site);

    /// <summary>
    /// Who may pass connections on to the sites' processes. An MPM that has such processes takes the account of this
    /// name for them; the others do not ask for it.
    /// </summary>
    public static Site Dispatcher { get; } = new("dispatcher", "mpm-itk", new ServingIds(63999, 63999, []));

    /// <summary>Where the test's files are inside the root.</summary>
    public const string Place = "/srv/smoke";

    /// <summary>The size of the file that is sent slowly: more than any socket's buffers hold (tcp(7), tcp_wmem).</summary>
    public const int BigFile = 16 << 20;
}

/// <summary>One request on a connection, as bytes of Latin-1, and what its answer must be.</summary>
/// <param name="Statuses">Allowed status codes; 0 allows that the server closes without an answer.</param>
/// <param name="Has">Must be in the body.</param>
/// <param name="Lacks">Must be nowhere in the answer.</param>
/// <param name="NoBody">The answer is a HEAD's: a length, and no body.</param>
public sealed record Exchange(string Request, ImmutableArray<int> Statuses, string? Has, ImmutableArray<string> Lacks, bool NoBody = false);

/// <summary>Something that is asked of the running server. The kinds are all there are.</summary>
/// <param name="Name">A short name that is the same in every run.</param>
/// <param name="Expected">A sentence for people.</param>
[JsonDerivedType(typeof(Talk), "talk")]
[JsonDerivedType(typeof(ServingProcess), "serving-process")]
[JsonDerivedType(typeof(SendingProcess), "sending-process")]
[JsonDerivedType(typeof(Restart), "restart")]
[JsonDerivedType(typeof(Stop), "stop")]
public abstract record Probe(string Name, string Expected)
{
    /// <summary>Requests one after the other on one connection.</summary>
    public sealed record Talk(string Name, string Expected, ImmutableArray<Exchange> Exchanges) : Probe(Name, Expected);

    /// <summary>The process that runs a site's script, looked at while the script runs.</summary>
    /// <param name="EmptyBounding">Nothing can bring a capability back either: the bounding set is empty.</param>
    public sealed record ServingProcess(string Name, string Expected, string Host, ServingIds Ids, bool EmptyBounding) : Probe(Name, Expected);

    /// <summary>The processes that hold the connection of a response that is being sent slowly.</summary>
    /// <param name="Front">Who else may hold it: the server's own unprivileged user.</param>
    /// <param name="Dispatcher">And who, with these ids alone and no capability.</param>
    public sealed record SendingProcess(string Name, string Expected, string Host, ServingIds Ids, ServingIds Front, ServingIds Dispatcher) : Probe(Name, Expected);

    /// <summary>A restart; graceful: what is in flight is finished. Then the hosts are served again.</summary>
    public sealed record Restart(string Name, string Expected, bool Graceful, ImmutableArray<string> Hosts) : Probe(Name, Expected);

    /// <summary>The server is stopped: no process is left and nobody listens.</summary>
    public sealed record Stop(string Name, string Expected) : Probe(Name, Expected);
}

/// <summary>What a probe saw.</summary>
public sealed record Verdict(string Name, string Expected, string Seen, bool Passed);

/// <summary>What the probing process is told: everything, as JSON on its standard input.</summary>
/// <param name="Init">The first process of the root's namespaces, as the machine numbers it.</param>
public sealed record ProbeOrders(int Init, int Port, int StartLimitSeconds, ImmutableArray<Probe> Probes);

/// <summary>JSON without reflection, which the published tool does not have.</summary>
[JsonSerializable(typeof(ProbeOrders))]
[JsonSerializable(typeof(Verdict))]
internal sealed partial class SmokeJson : JsonSerializerContext;
