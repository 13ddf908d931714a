using System.Globalization;
using PatchForge.Seams;

namespace PatchForge.Host.Bench;

/// <summary>
/// A cgroup of the root's own (cgroup-v2.rst, cpu.stat): exact to the microsecond, and a process that lived and
/// died between two readings is in it. Needs a writable cgroup2 file system, which root mostly has.
/// </summary>
internal sealed class CgroupMeter : ICpuMeter
{
    private readonly string _folder;
    private readonly string _outer;

    private CgroupMeter(string folder, string outer)
    {
        _folder = folder;
        _outer = outer;
    }

    public string Source => "cpu.stat of a cgroup (usage_usec)";

    /// <summary>Null where the machine has no cgroup2 that this user may write.</summary>
    public static CgroupMeter? TryBegin(int init)
    {
        try
        {
            if (Outer() is not { } outer)
            {
                return null;
            }

            var folder = Path.Combine(outer, string.Create(CultureInfo.InvariantCulture, $"patchforge-bench-{Environment.ProcessId}-{init}"));
            Directory.CreateDirectory(folder);
            var meter = new CgroupMeter(folder, outer);
            try
            {
                _ = meter.Read();
                return meter.TakeAll(init) ? meter : Given(meter);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                meter.Dispose();
                return null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Moves every process of the root there; what they start later is born there. One that is forked between the
    /// look and its parent's move is found by the next look: only when a look finds no stranger is it done.
    /// </summary>
    private bool TakeAll(int init)
    {
        var procs = Path.Combine(_folder, "cgroup.procs");
        for (var look = 0; look < 20; look++)
        {
            var there = File.ReadAllLines(procs).ToHashSet(StringComparer.Ordinal);
            var strangers = ProcFiles.Space(init)
                .Where(process => !process.Ended)
                .Select(process => process.Pid.ToString(CultureInfo.InvariantCulture))
                .Where(pid => !there.Contains(pid))
                .ToArray();
            if (strangers.Length == 0)
            {
                return true;
            }

            foreach (var pid in strangers)
            {
                Move(procs, pid);
            }
        }

        return false;
    }

    private static void Move(string procs, string pid)
    {
        try
        {
            File.WriteAllText(procs, pid);
        }
        catch (IOException) when (!Directory.Exists("/proc/" + pid))
        {
            // It has ended in between (ESRCH).
        }
    }

    private static CgroupMeter? Given(CgroupMeter meter)
    {
        meter.Dispose();
        return null;
    }

    public TimeSpan Read()
    {
        var line = File.ReadLines(Path.Combine(_folder, "cpu.stat")).FirstOrDefault(line => line.StartsWith("usage_usec ", StringComparison.Ordinal))
            ?? throw new IOException($"{_folder}/cpu.stat has no usage_usec");
        return TimeSpan.FromMicroseconds(long.Parse(line.AsSpan(11), CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        try
        {
            // A cgroup with a process in it stays: those that will not end at once go back to where they came from.
            foreach (var pid in File.ReadAllLines(Path.Combine(_folder, "cgroup.procs")))
            {
                File.WriteAllText(Path.Combine(_outer, "cgroup.procs"), pid);
            }

            Directory.Delete(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty cgroup left behind costs nothing, and the measuring is done.
        }
    }

    /// <summary>This process's own cgroup in the cgroup2 hierarchy: <c>0::/path</c> below its mount point.</summary>
    private static string? Outer()
    {
        var mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields is [_, _, "cgroup2", ..])?[1];
        var own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal))?[4..];
        return mount is null || own is null ? null : Path.Combine(mount, own);
    }
}

/// <summary>
/// The sum over /proc/PID/stat of what each process used itself and of what the children it waited for had used:
/// a forked process that is gone is in its parent's. In steps of 10 ms a process.
/// </summary>
internal sealed class ProcMeter(int init) : ICpuMeter
{
    public string Source => "/proc/PID/stat of every process (utime, stime, cutime, cstime)";

    public TimeSpan Read() => ProcFiles.Space(init).Aggregate(TimeSpan.Zero, (sum, process) => sum + process.Cpu);

    public void Dispose()
    {
    }
}
