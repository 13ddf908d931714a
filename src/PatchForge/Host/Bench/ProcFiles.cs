using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;

namespace PatchForge.Host.Bench;

/// <summary>Files of /proc as far as measuring reads them. A process may end at any moment: it is then left out.</summary>
internal static class ProcFiles
{
    /// <summary>USER_HZ, which is 100 on every architecture that this tool is made for (time(7), "Software clock").</summary>
    private const int TicksASecond = 100;

    private const string EstablishedState = "01";

    /// <summary>Every process of the pid namespace that <paramref name="init"/> is in.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    public static ImmutableArray<RootProcess> Space(int init)
    {
        var space = SpaceOf(init) ?? throw new IOException("the root's first process is gone");
        return
        [
            .. Directory.EnumerateDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
                .Where(pid => pid > 0 && SpaceOf(pid) == space)
                .Select(Read)
                .OfType<RootProcess>(),
        ];
    }

    public static string? SpaceOf(int pid)
    {
        try
        {
            return new FileInfo(Of(pid, "ns/pid")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// One line of /proc/PID/stat. The name is in parentheses and may hold anything, parentheses too; fields are
    /// counted after the last one (proc_pid_stat(5): 3 state, 4 ppid, 14 utime to 17 cstime).
    /// </summary>
    public static RootProcess Parse(string stat, int uid)
    {
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        var close = stat.LastIndexOf(')');
        var fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var ticks = fields.AsSpan(11, 4).ToArray().Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
        return new RootProcess(
            int.Parse(stat.AsSpan(0, open).Trim(), CultureInfo.InvariantCulture),
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            stat[(open + 1)..close],
            uid,
            TimeSpan.FromSeconds((double)ticks / TicksASecond))
        {
            Ended = fields[0] is "Z" or "X",
        };
    }

    /// <summary>Null where it is not allowed (another user's process) or the process is gone.</summary>
    public static long? Pss(int pid)
    {
        var line = Text(pid, "smaps_rollup")?.Split('\n').FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.AsSpan(4).TrimEnd("kB ").Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    public static int? Descriptors(int pid)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Of(pid, "fd")).Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Counts the lines of a /proc/net/tcp whose own port is that one and whose state is ESTABLISHED (tcp_states.h).</summary>
    public static int Established(string file, int port)
    {
        var end = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return File.ReadLines(file)
            .Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields.Length > 3 && fields[1].EndsWith(end, StringComparison.Ordinal) && fields[3] == EstablishedState);
    }

    private static RootProcess? Read(int pid)
    {
        if (Text(pid, "stat") is not { Length: > 0 } stat || Text(pid, "status") is not { } status)
        {
            return null;
        }

        var uids = status.Split('\n').FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal))?.Split('\t');
        return uids is [_, var real, ..] ? Parse(stat, unchecked((int)uint.Parse(real, CultureInfo.InvariantCulture))) : null;
    }

    private static string? Text(int pid, string name)
    {
        try
        {
            return File.ReadAllText(Of(pid, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Of(int pid, string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{name}");
}
