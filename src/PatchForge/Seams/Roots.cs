using System.Collections.Immutable;

namespace PatchForge.Seams;

/// <summary>What a command inside a root may do. The capability sets are in Roots.Capabilities.</summary>
public enum RootRights
{
    /// <summary>Nothing installed, nothing privileged kept but what make and install need; no network.</summary>
    Build,

    /// <summary>The root's package manager: as Build, with file capabilities, and the only one with the network.</summary>
    Packages,

    /// <summary>A server that starts as root and gives that up by itself; no network beyond loopback.</summary>
    Serve,

    /// <summary>
    /// Portage, whose own sandboxes make namespaces: all capabilities, but inside a user namespace that maps
    /// every id to itself, where they reach nothing of the machine.
    /// </summary>
    Portage,
}

/// <summary>One copy-on-write part of a root: <paramref name="Lower"/> seen at <paramref name="Inside"/>.</summary>
/// <param name="Lower">An absolute folder of the machine; nothing below it is ever written.</param>
/// <param name="Inside">Where the root shows it; <c>/</c> for the whole root.</param>
public sealed record RootPart(string Lower, string Inside);

/// <summary>A link that the root's own top folder holds: <c>/bin</c> to <c>usr/bin</c>.</summary>
public sealed record RootLink(string Inside, string Target);

/// <summary>A root that commands can run in: what it is made of, and the layers of packages put over it.</summary>
/// <param name="Name">For people and messages: <c>host</c>, or the folder.</param>
/// <param name="Layers">Finished layers' folders, the topmost first; each has a folder a part, numbered from 0.</param>
public sealed record RootTree(
    string Name,
    ImmutableArray<RootPart> Parts,
    ImmutableArray<RootLink> Links,
    ImmutableArray<string> Layers)
{
    public RootTree With(string layer) => this with { Layers = [layer, .. Layers] };
}

/// <summary>A folder or file of the machine that a run may see, at a path of the root.</summary>
public sealed record RootBind(string Outside, string Inside, bool Writable = false);

/// <summary>
/// One run inside a root: in mount, pid, ipc, uts and (but for <see cref="RootRights.Packages"/>) network
/// namespaces of its own. All that it started is dead when it ends; all that it wrote is gone, but what it
/// wrote into a writable bind and, with <see cref="KeepIn"/>, into the root.
/// </summary>
/// <param name="Command">By argument list; looked up inside the root.</param>
public sealed record RootRun(RootTree Root, RootRights Rights, ImmutableArray<string> Command)
{
    public ImmutableArray<RootBind> Binds { get; init; } = [];

    public string WorkingDirectory { get; init; } = "/";

    public ImmutableSortedDictionary<string, string> Environment { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>An empty folder that keeps what the run wrote, shaped as a layer; null throws it away.</summary>
    public string? KeepIn { get; init; }

    /// <summary>Told the process id, as the machine counts it, of the namespaces' first process.</summary>
    public Action<int>? OnStarted { get; init; }

    public Action<string>? OnLine { get; init; }

    public TimeSpan? TimeLimit { get; init; }

    /// <summary>The command is the namespaces' first process itself, and takes signals and orphans (pid_namespaces(7)).</summary>
    public bool CommandIsInit { get; init; }

    /// <summary>The user's terminal is the run's (<c>chroot enter</c>).</summary>
    public bool Interactive { get; init; }
}

/// <summary>What this machine allows the present user in the way of roots.</summary>
public abstract record RootAbility
{
    private RootAbility() { }

    /// <summary>Root: every kind of root, packages installed inside.</summary>
    public sealed record AsRoot : RootAbility;

    /// <summary>An ordinary user with subordinate ids (subuid(5)) and newuidmap(1).</summary>
    public sealed record WithSubordinateIds : RootAbility;

    /// <summary>Nothing runs; <paramref name="Why"/> is a sentence and <paramref name="Hint"/> what to do.</summary>
    public sealed record None(string Why, string Hint) : RootAbility;
}

/// <summary>The only way into a root.</summary>
public interface IRoots
{
    /// <summary>Looks once at what is there: user id, programs, kernel, subordinate ids.</summary>
    Task<RootAbility> Ability(CancellationToken cancel);

    /// <summary>This tool's own folder for roots, layers and sessions, made with mode 0700.</summary>
    string StateFolder { get; }

    /// <summary>The machine's own root as parts: what a build may see of it, and no one's home.</summary>
    RootTree Host();

    /// <summary>A ready folder as the whole root.</summary>
    RootTree Folder(string path);

    /// <exception cref="Failure">Missing, where the machine does not allow it; Refused, when the root cannot be set up.</exception>
    Task<ProcessAnswer> Run(RootRun run, CancellationToken cancel);

    /// <summary>
    /// Runs the tool itself with the network of the namespaces that <paramref name="init"/> is the first process
    /// of, for probes that ask a server inside. Files and processes are the machine's.
    /// </summary>
    Task<ProcessAnswer> RunSelf(int init, ImmutableArray<string> arguments, ReadOnlyMemory<byte> input, Action<string>? onLine, CancellationToken cancel);

    /// <summary>
    /// Unpacks a stage3 into an empty folder as root does, or as root of a user namespace: owners by number,
    /// permissions, xattrs; no device nodes, which a root gets of its own.
    /// </summary>
    /// <exception cref="Failure">Refused, when tar(1) refuses.</exception>
    Task Unpack(string archive, string folder, CancellationToken cancel);

    /// <summary>
    /// Deletes a folder that this tool made: refuses while anything is mounted below or runs in it, stays on one file system,
    /// follows no link.
    /// </summary>
    /// <exception cref="Failure">Refused, naming what is in the way; nothing is deleted then.</exception>
    Task Remove(string folder, CancellationToken cancel);

    /// <summary>Waits for an exclusive lock on a file (flock(2)); disposing gives it back.</summary>
    Task<IDisposable> Lock(string file, CancellationToken cancel);
}
