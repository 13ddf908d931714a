using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using PatchForge.Seams;

namespace PatchForge.Host.Bench;

/// <summary>The running root by nsenter(1) and the machine's /proc.</summary>
public sealed partial class RunningRoots(IProcesses processes, IRoots roots) : IRunningRoots
{
    /// <summary>Nobody's on Debian and Gentoo.</summary>
    private const string Nobody = "65534";

    public ICpuMeter Meter(int init) => CgroupMeter.TryBegin(init) ?? new ProcMeter(init) as ICpuMeter;

    public async Task<ProcessAnswer> Beside(int init, BesideRun run, CancellationToken cancel)
    {
        ImmutableArray<string> user = await roots.Ability(cancel) is RootAbility.WithSubordinateIds ? ["--user", "--preserve-credentials"] : [];
        ImmutableArray<string> words =
        [
            "--target", init.ToString(CultureInfo.InvariantCulture), "--mount", "--net", .. user, "--wd=/", "--",

            // A generator holds thousands of connections; the limit is raised while it still may be.
            "prlimit", "--nofile=65536:65536", "--",
            "setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs", "--",
            .. run.Command,
        ];
        return await processes.Run(new ProcessRequest("nsenter", words) { OnLine = run.OnLine, TimeLimit = run.TimeLimit }, cancel);
    }

    public ImmutableArray<RootProcess> Processes(int init, bool memory, bool descriptors) =>
    [
        .. ProcFiles.Space(init).Select(process => process with
        {
            Pss = memory ? ProcFiles.Pss(process.Pid) : null,
            Descriptors = descriptors ? ProcFiles.Descriptors(process.Pid) : null,
        }),
    ];

    public int Connections(int init, int port) => ProcFiles.Established($"/proc/{init.ToString(CultureInfo.InvariantCulture)}/net/tcp", port);

    public void Signal(int init, int pid, int signal)
    {
        // The number may have become another process's since it was read; one of this root is all it can be.
        if (ProcFiles.SpaceOf(pid) == ProcFiles.SpaceOf(init))
        {
            _ = Kill(pid, signal);
        }
    }

    public void DeferAccept(int init, int port, TimeSpan patience) => ListeningSockets.DeferAccept(init, port, patience);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
