using System.Collections.Immutable;

namespace PatchForge.Seams;

/// <summary>A program of a root, run beside what runs there already.</summary>
/// <param name="Command">By argument list; looked up inside the root.</param>
public sealed record BesideRun(ImmutableArray<string> Command)
{
    public Action<string>? OnLine { get; init; }

    public TimeSpan? TimeLimit { get; init; }
}

/// <summary>One process of a running root, as the machine counts it.</summary>
/// <param name="Uid">The real user id as the machine numbers it.</param>
/// <param name="Cpu">Its own processor time and that of the children it has waited for (proc_pid_stat(5)).</param>
public sealed record RootProcess(int Pid, int Parent, string Name, int Uid, TimeSpan Cpu)
{
    /// <summary>It has ended, and nobody has waited for it yet: it holds nothing but its number.</summary>
    public bool Ended { get; init; }

    /// <summary>Bytes; what it shares with others is counted in proportion. Null where it was not asked for or not allowed.</summary>
    public long? Pss { get; init; }

    /// <summary>Open descriptors. Null where it was not asked for or not allowed.</summary>
    public int? Descriptors { get; init; }
}

/// <summary>Counts the processor time of a running root, from its first process on: also of processes long gone.</summary>
public interface ICpuMeter : IDisposable
{
    /// <summary>For reports: what the figure was read from.</summary>
    string Source { get; }

    TimeSpan Read();
}

/// <summary>
/// What measuring needs of roots that are running: <c>init</c> is what <see cref="RootRun.OnStarted"/> told.
/// Every operation throws <see cref="IOException"/> when that process is gone.
/// </summary>
public interface IRunningRoots
{
    ICpuMeter Meter(int init);

    /// <summary>
    /// Runs a program with the root's files and network, as nobody and with no capability; its processes are not
    /// among the root's, so that they are never counted with them.
    /// </summary>
    Task<ProcessAnswer> Beside(int init, BesideRun run, CancellationToken cancel);

    /// <summary>Every process of the root, its first one among them.</summary>
    ImmutableArray<RootProcess> Processes(int init, bool memory, bool descriptors);

    /// <summary>Established TCP connections whose server's end is that port, inside the root's network.</summary>
    int Connections(int init, int port);

    /// <summary>Sends a signal to a process of the root; one that is not the root's, or gone, gets none.</summary>
    void Signal(int init, int pid, int signal);

    /// <summary>
    /// Sets TCP_DEFER_ACCEPT (tcp(7)) on a listening socket of the root from outside (pidfd_getfd(2)).
    /// </summary>
    /// <exception cref="Failure">Missing, where the machine does not allow it.</exception>
    void DeferAccept(int init, int port, TimeSpan patience);
}
