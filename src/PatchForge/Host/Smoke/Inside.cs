#pragma warning disable RS0030 // Stopwatch: how long to wait for a process to appear.
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PatchForge.Smoke;

namespace PatchForge.Host.Smoke;

internal enum Signals
{
    HangUp = 1,
    User1 = 10,
    User2 = 12,
    Kill = 9,
    WindowChange = 28,
}

/// <summary>The server's processes: the parent is the one that the namespaces' first process is the parent of.</summary>
internal sealed record ServerProcesses(int Parent, ImmutableArray<int> Children, int All);

/// <summary>The processes of a root's pid namespace, seen from the machine's /proc.</summary>
internal sealed partial class Inside(int init)
{
    private readonly string _space = SpaceOf(init) ?? throw new IOException("the root's first process is gone");

    public ProcessIdentity? Identity(int pid)
    {
        try
        {
            return SpaceOf(pid) == _space ? ProcessIdentity.Parse(File.ReadAllText($"/proc/{pid}/status")) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public ServerProcesses Server()
    {
        // The server's name is its binary's: httpd, or apache2 where Gentoo builds it; nothing else daemonizes here.
        var all = Processes().Where(process => process.Name is "httpd" or "apache2").ToImmutableArray();
        var parent = all.FirstOrDefault(process => process.Parent == init);
        return new ServerProcesses(
            parent?.Pid ?? 0,
            [.. all.Where(process => process.Parent == parent?.Pid).Select(process => process.Pid).Order()],
            all.Length);
    }

    /// <summary>Waits for the process that runs a script of that path.</summary>
    public async Task<ProcessIdentity> Script(string path, TimeSpan patience, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < patience)
        {
            var found = Processes().FirstOrDefault(process => CommandLine(process.Pid).Split('\0').Any(word => word.EndsWith(path, StringComparison.Ordinal)));
            if (found is not null)
            {
                return found;
            }

            await Task.Delay(20, cancel);
        }

        throw new TimeoutException($"no process runs {path}");
    }

    /// <summary>Who has the server's end of a connection open: its inode by /proc/net/tcp, then every process's descriptors.</summary>
    public ImmutableArray<ProcessIdentity> Holders(int clientPort, int serverPort)
    {
        var ends = string.Create(CultureInfo.InvariantCulture, $"0100007F:{serverPort:X4} 0100007F:{clientPort:X4}");
        var inode = File.ReadLines("/proc/self/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && $"{fields[1]} {fields[2]}" == ends)
            .Select(fields => fields[9])
            .FirstOrDefault() ?? throw new IOException("the connection is not in /proc/net/tcp");
        return [.. Processes().Where(process => Holds(process.Pid, $"socket:[{inode}]"))];
    }

    /// <summary>Sends a signal to the namespaces' first process, which turns it into a command of the server's.</summary>
    public void Signal(Signals signal)
    {
        if (Kill(init, (int)signal) != 0)
        {
            throw new IOException($"kill({init}, {signal}): {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Kills a process of this space, and no other.</summary>
    public void End(ProcessIdentity process)
    {
        if (Identity(process.Pid) is { } there && there.InnerPid == process.InnerPid && there.Name == process.Name)
        {
            _ = Kill(process.Pid, (int)Signals.Kill);
        }
    }

    /// <summary>The server's processes, whoever they are.</summary>
    public ImmutableArray<ProcessIdentity> ServerAll() => [.. Processes().Where(process => process.Name is "httpd" or "apache2" && process.Permitted != ulong.MaxValue)];

    /// <summary>Those of the server's that have a file with this inode mapped shared.</summary>
    public ImmutableArray<ProcessIdentity> Sharers(string inode) => [.. ServerAll().Where(process => Maps(process.Pid).Any(line =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 4 } fields && fields[1].EndsWith('s') && fields[4] == inode))];

    private static string[] Maps(int pid)
    {
        try
        {
            return File.ReadAllLines($"/proc/{pid}/maps");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Those of the server's that have a listening socket of this port open.</summary>
    public ImmutableArray<ProcessIdentity> Listeners(int port)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"0100007F:{port:X4}");
        var inodes = File.ReadLines("/proc/self/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1] == end && fields[3] == "0A")
            .Select(fields => $"socket:[{fields[9]}]")
            .ToImmutableArray();
        return [.. ServerAll().Where(process => inodes.Any(inode => Holds(process.Pid, inode)))];
    }

    private IEnumerable<ProcessIdentity> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0)
        .Select(Identity)
        .OfType<ProcessIdentity>();

    private static bool Holds(int pid, string link)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Any(entry => new FileInfo(entry).LinkTarget == link);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string? SpaceOf(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/pid").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
