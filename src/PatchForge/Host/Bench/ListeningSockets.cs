using System.Globalization;
using System.Runtime.InteropServices;
using PatchForge.Seams;

namespace PatchForge.Host.Bench;

/// <summary>
/// A socket option set on somebody else's socket: the option is the socket's, not the descriptor's, so that a
/// borrowed descriptor (pidfd_open(2), pidfd_getfd(2); Linux 5.6) is enough and the server stays as it was built.
/// </summary>
internal static partial class ListeningSockets
{
    // asm-generic/unistd.h; the same on x86-64 and arm64.
    private const int PidfdOpen = 434;
    private const int PidfdGetfd = 438;
    private const int IpprotoTcp = 6;
    private const int TcpDeferAccept = 9;
    private const string Listening = "0A";

    public static void DeferAccept(int init, int port, TimeSpan patience)
    {
        var inodes = Inodes(init, port).Select(inode => $"socket:[{inode}]").ToHashSet(StringComparer.Ordinal);
        foreach (var process in ProcFiles.Space(init))
        {
            foreach (var entry in Entries(process.Pid))
            {
                if (entry.LinkTarget is { } target && inodes.Remove(target))
                {
                    Set(process.Pid, int.Parse(entry.Name, CultureInfo.InvariantCulture), (int)patience.TotalSeconds);
                }
            }
        }

        if (inodes.Count > 0)
        {
            throw Failure.Missing("no process of the root that this user may look into holds the listening socket", "run the bench as root, or without the variant that needs it");
        }
    }

    private static IEnumerable<string> Inodes(int init, int port)
    {
        var end = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{init}/net/");
        return new[] { "tcp", "tcp6" }
            .Where(name => File.Exists(folder + name))
            .SelectMany(name => File.ReadLines(folder + name).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(end, StringComparison.Ordinal) && fields[3] == Listening)
            .Select(fields => fields[9]);
    }

    private static FileInfo[] Entries(int pid)
    {
        try
        {
            return new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).GetFiles();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void Set(int pid, int descriptor, int seconds)
    {
        var process = Syscall(PidfdOpen, pid, 0, 0);
        var socket = process < 0 ? -1 : Syscall(PidfdGetfd, process, descriptor, 0);
        var done = socket < 0 ? -1 : SetOption((int)socket, IpprotoTcp, TcpDeferAccept, ref seconds, sizeof(int));
        var why = Marshal.GetLastPInvokeErrorMessage();
        foreach (var open in new[] { socket, process }.Where(open => open >= 0))
        {
            _ = Close((int)open);
        }

        if (done != 0)
        {
            throw Failure.Missing($"TCP_DEFER_ACCEPT could not be set on the server's socket: {why}", "it needs pidfd_getfd(2) (Linux 5.6) and CAP_SYS_PTRACE");
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Syscall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int socket, int level, int name, ref int value, int length);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
