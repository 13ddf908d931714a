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
            "--target", init.ToString(CultureInfo.InvariantCulture), "--mount", "--net", .. user, "--",

            // setns(2) has made the root's top the working folder; nsenter's own --wd would be one of the machine.
            // A generator holds thousands of connections: all the descriptors that it may have.
            "sh", "-c", "ulimit -n \"$(ulimit -H -n)\" && exec \"$@\"", "sh",
            "setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs", "--",
            .. run.Command,
        ];
        return await processes.Run(new ProcessRequest("nsenter", words) { OnLine = run.OnLine, TimeLimit = run.TimeLimit }, cancel);
    }

    public ImmutableArray<RootProcess> Processes(int init, bool memory, bool descriptors)
    {
        var found = ImmutableArray.CreateBuilder<RootProcess>();
        foreach (var process in ProcFiles.Space(init))
        {
            var seen = process with
            {
                Pss = !memory ? null : process.Ended ? 0 : ProcFiles.Pss(process.Pid),
                Descriptors = !descriptors ? null : process.Ended ? 0 : ProcFiles.Descriptors(process.Pid),
            };

            // One that went away between two looks is not there; one that may not be looked into is.
            if ((!memory || seen.Pss is not null) && (!descriptors || seen.Descriptors is not null) || ProcFiles.SpaceOf(process.Pid) is not null)
            {
                found.Add(seen);
            }
        }

        return found.ToImmutable();
    }

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
