#pragma warning disable RS0030 // Host starts programs; sockets of a network namespace that holds nothing else.
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PatchForge.Attacks;
using PatchForge.Host.Smoke;
using PatchForge.Smoke;

namespace PatchForge.Host.Attacks;

/// <summary>Faults from outside, and a look at the process that meets the network. Only this server's own processes are touched.</summary>
internal sealed partial class FaultAttacks(Service service)
{
    private static readonly TimeSpan s_back = TimeSpan.FromSeconds(5);

    private AttackCast Cast => service.Cast;

    /// <summary>
    /// Gives a program of the root file capabilities (CAP_DAC_OVERRIDE, capabilities(7)): nobody inside may.
    /// Where this process may not either, the program is taken away and its attack says so.
    /// </summary>
    public void Prepare()
    {
        var path = $"/proc/{service.Orders.Init.ToString(CultureInfo.InvariantCulture)}/root/usr/local/bin/itk-regain-filecaps";

        // struct vfs_cap_data, revision 2, effective; the permitted and inheritable sets as two words each.
        ReadOnlySpan<uint> capability = [0x02000001, 1 << 1, 0, 0, 0];
        if (SetAttribute(path, "security.capability", MemoryMarshal.AsBytes(capability).ToArray(), (nuint)(capability.Length * sizeof(uint)), 0) != 0)
        {
            File.Delete(path);
        }
    }

    public Task<AttackSeen> Run(string id, Means.Fault fault, CancellationToken cancel) => fault.Kind switch
    {
        FaultAttack.KillWorker => KillWorker(id, cancel),
        FaultAttack.KillFront => KillFront(id, cancel),
        FaultAttack.KillSupervisor => KillSupervisor(id, cancel),
        FaultAttack.GracefulUnderLoad => Graceful(id, cancel),
        FaultAttack.FewDescriptors => FewDescriptors(id, cancel),
        FaultAttack.ProcessTable => ProcessTable(id, cancel),
        FaultAttack.FullDisk => FullDisk(id, cancel),
        _ => throw new UnreachableException(fault.Kind.ToString()),
    };

    public AttackSeen Look(string id, Means.Front look)
    {
        var supervisor = service.Inside.Server().Parent;
        var front = service.Inside.Listeners(service.Orders.Port).FirstOrDefault(process => process.Pid != supervisor);
        if (front is null)
        {
            return AttackSeen.NotRun(id, "no process but the supervisor has the listening socket");
        }

        var (complaint, seen) = look.Look switch
        {
            FrontLook.Identity => (
                front.Uids.Any(uid => uid != Cast.Front.Id) || front.Gids.Any(gid => gid != Cast.Front.Id) || (front.Permitted | front.Effective | front.Inheritable | front.Ambient) != 0
                    ? "it is more than its own unprivileged user" : null,
                front.ToString()),
            FrontLook.Root => RootOf(front.Pid),
            _ => FilterOf(front.Pid),
        };
        return new AttackSeen(id, complaint is null ? Outcome.Stopped : Outcome.Succeeded, "a look at the dispatcher", seen, complaint ?? "");
    }

    private static (string? Complaint, string Seen) RootOf(int pid)
    {
        var entries = Directory.GetFileSystemEntries($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/root/").Length;
        return (entries > 0 ? "it sees files" : null, string.Create(CultureInfo.InvariantCulture, $"{entries} entries in its root"));
    }

    private static (string? Complaint, string Seen) FilterOf(int pid)
    {
        var line = File.ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/status").FirstOrDefault(text => text.StartsWith("Seccomp:", StringComparison.Ordinal)) ?? "Seccomp: none";
        return (line.EndsWith('2') ? null : "no filter is on", line.Replace('\t', ' '));
    }

    private async Task<AttackSeen> KillWorker(string id, CancellationToken cancel)
    {
        await using var pulse = new Pulse(service, Cast.Victim.Host, cancel);
        await using var busy = await service.Wire.Connect(cancel);
        await busy.Send($"GET /itk-victim?seconds=5 HTTP/1.1\r\nHost: {Cast.Attacker.Host}\r\n\r\n", cancel);
        await busy.ReadSome(cancel);
        var killed = Killed(process => process.Uids.Length == 4 && process.Uids[1] == Cast.Attacker.Id);
        var back = await service.Serves(Cast.Attacker.Host, s_back, cancel);
        var complaint = await pulse.Complaint() ?? (killed == 0 ? "no worker was found" : back ? null : "the pool was not served again");
        return Seen(id, complaint, $"kill -9 of {killed} workers", pulse.Told);
    }

    private async Task<AttackSeen> KillFront(string id, CancellationToken cancel)
    {
        var user = service.Orders.HasFront ? Cast.Front.Id : Cast.Server.Id;
        var killed = Killed(process => process.Uids.Length == 4 && process.Uids[0] == user && process.Pid != service.Inside.Server().Parent);
        var clock = Stopwatch.StartNew();
        var back = await service.BothServe(s_back, cancel);
        return Seen(
            id,
            killed == 0 ? "no such process was found" : back ? null : "not served again within five seconds",
            string.Create(CultureInfo.InvariantCulture, $"kill -9 of {killed} processes"),
            string.Create(CultureInfo.InvariantCulture, $"served again after {clock.Elapsed.TotalSeconds:f1} s"));
    }

    private async Task<AttackSeen> KillSupervisor(string id, CancellationToken cancel)
    {
        var parent = service.Inside.Server().Parent;
        var killed = Killed(process => process.Pid == parent);
        var quiet = await Service.Until(() => service.Inside.Listeners(service.Orders.Port).IsEmpty, TimeSpan.FromSeconds(10), cancel);
        var left = service.Inside.Server().All;
        await service.Again(cancel);
        return Seen(
            id,
            killed == 0 ? "no such process was found" : quiet ? null : "somebody went on to listen without it",
            "kill -9 of the root process",
            string.Create(CultureInfo.InvariantCulture, $"{left} processes were left; started again"));
    }

    private async Task<AttackSeen> Graceful(string id, CancellationToken cancel)
    {
        await using var one = new Pulse(service, Cast.Victim.Host, cancel);
        await using var other = new Pulse(service, Cast.Attacker.Host, cancel);
        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(700, cancel);
            service.Inside.Signal(Signals.User1);
        }

        await Task.Delay(1500, cancel);
        var complaint = await one.Complaint() ?? await other.Complaint();
        return Seen(id, complaint, "three graceful restarts", one.Told);
    }

    private async Task<AttackSeen> FewDescriptors(string id, CancellationToken cancel)
    {
        var many = new List<Connection>();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                many.Add(await service.Wire.Connect(cancel));
                await many[^1].Send("GET /index.html HTTP/1.1\r\nHost: ", cancel);
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The queue of the socket is full: what was wanted.
        }

        await Task.Delay(1000, cancel);
        foreach (var connection in many)
        {
            await connection.DisposeAsync();
        }

        var back = await service.BothServe(TimeSpan.FromSeconds(AttackConf.Timeout + 5), cancel);
        return Seen(id, back ? null : "not served again", string.Create(CultureInfo.InvariantCulture, $"{many.Count} connections where 64 descriptors are allowed"), "served afterwards");
    }

    /// <summary>By a control group of this server's own: limits of a user do not bind root, and nothing of the machine's is used up.</summary>
    private async Task<AttackSeen> ProcessTable(string id, CancellationToken cancel)
    {
        // The first generation has a tree for each kind of limit (cgroups(7)).
        var top = Directory.Exists("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
        var group = $"{top}/patchforge-attack-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            Directory.CreateDirectory(group);
            if (!File.Exists(Path.Combine(group, "pids.max")))
            {
                Directory.Delete(group);
                return AttackSeen.Skipped(id, "this machine gives no control group with a limit of processes");
            }

            var own = service.Inside.ServerAll();
            foreach (var process in own)
            {
                try
                {
                    await File.WriteAllTextAsync(Path.Combine(group, "cgroup.procs"), process.Pid.ToString(CultureInfo.InvariantCulture), cancel);
                }
                catch (IOException) when (service.Inside.Identity(process.Pid) is null)
                {
                    // It has ended meanwhile.
                }
            }

            await File.WriteAllTextAsync(Path.Combine(group, "pids.max"), own.Length.ToString(CultureInfo.InvariantCulture), cancel);
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => service.Ask(Cast.Attacker.Host, "/itk-victim?seconds=1", TimeSpan.FromSeconds(3), cancel)));
            await File.WriteAllTextAsync(Path.Combine(group, "pids.max"), "max", cancel);
            var back = await service.BothServe(s_back, cancel);
            return Seen(id, back ? null : "not served again", "20 requests while no process may be made", "served afterwards");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return AttackSeen.Skipped(id, "this machine gives no control group: " + e.Message);
        }
        finally
        {
            await LeaveGroup(group, cancel);
        }
    }

    private async Task LeaveGroup(string group, CancellationToken cancel)
    {
        if (!Directory.Exists(group))
        {
            return;
        }

        await service.Stop(cancel);
        await Service.Until(
            () =>
            {
                try
                {
                    Directory.Delete(group);
                }
                catch (IOException)
                {
                    return false;
                }

                return true;
            },
            TimeSpan.FromSeconds(3),
            cancel);
        await service.Start(cancel);
    }

    /// <summary>A file system of 64 KiB over the logs' folder, in the root's own mount namespace, and filled.</summary>
    private async Task<AttackSeen> FullDisk(string id, CancellationToken cancel)
    {
        const string logs = AttackFiles.Place + "/logs";
        await service.Stop(cancel);
        if (await InRoot(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "none", logs], cancel) != 0)
        {
            await service.Start(cancel);
            return AttackSeen.Skipped(id, "nothing can be mounted in the root");
        }

        try
        {
            await service.Start(cancel);
            await InRoot(["dd", "if=/dev/zero", "of=" + logs + "/filler", "bs=1k", "count=100"], cancel);
            await using var pulse = new Pulse(service, Cast.Victim.Host, cancel);
            for (var i = 0; i < 50; i++)
            {
                await service.Ask(Cast.Attacker.Host, "/no-such-file", Pulse.Patience, cancel);
            }

            await service.Ask(Cast.Attacker.Host, "/itk-attack?name=shout&number=1", TimeSpan.FromSeconds(5), cancel);
            return Seen(id, await pulse.Complaint(), "logs on a full disk of 64 KiB", pulse.Told);
        }
        finally
        {
            await service.Stop(cancel);
            await InRoot(["umount", "-l", logs], cancel);
            await service.Start(cancel);
        }
    }

    private async Task<int> InRoot(ImmutableArray<string> command, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("nsenter") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in new[] { "--target", service.Orders.Init.ToString(CultureInfo.InvariantCulture), "--mount", "--" }.Concat(command))
        {
            start.ArgumentList.Add(word);
        }

        using var process = Process.Start(start) ?? throw new IOException("nsenter did not start");
        await process.WaitForExitAsync(cancel);
        return process.ExitCode;
    }

    private int Killed(Func<ProcessIdentity, bool> whom)
    {
        var all = service.Inside.ServerAll().Where(whom).ToArray();
        foreach (var process in all)
        {
            service.Inside.End(process);
        }

        return all.Length;
    }

    private static AttackSeen Seen(string id, string? complaint, string tried, string evidence) =>
        new(id, complaint is null ? Outcome.Stopped : Outcome.Succeeded, tried, "", complaint ?? evidence);

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAttribute(string path, string name, byte[] value, nuint size, int flags);
}
