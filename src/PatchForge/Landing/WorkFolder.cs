using PatchForge.Seams;

namespace PatchForge.Landing;

/// <summary>
/// <c>.patchforge/</c> beside the settings file: the lock of a run, and new folders before they land. Git
/// ignores it (it carries its own .gitignore), and it is on the file system of what lands.
/// </summary>
public sealed class WorkFolder : IDisposable
{
    private const int WouldBlock = 11; // EWOULDBLOCK of flock(2), which .NET hands on as the exception's HResult
    private const string HolderFile = "holder";
    private readonly FileStream? _lock;

    private WorkFolder(string path, string command, FileStream? held)
    {
        Path = path;
        Command = command;
        _lock = held;
    }

    /// <summary>What is run, for those who have to wait and for the record of what landed; empty for one that only looks.</summary>
    public string Command { get; }

    public string Path { get; }

    /// <summary>Whether this run may write: it has the lock.</summary>
    public bool MayWrite => _lock is not null;

    /// <summary>Takes the lock for one run that may write. It goes with the process, however that ends.</summary>
    /// <exception cref="Failure">Refused, when another run holds it or the folder cannot be written.</exception>
    public static WorkFolder Take(string home, string command)
    {
        var path = Of(home);
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            Directory.CreateDirectory(path);
            var ignore = new FileInfo(System.IO.Path.Combine(path, ".gitignore"));
            if (ignore is not { Exists: true, Length: > 0 })
            {
                File.WriteAllText(ignore.FullName, "*\n");
            }

            // FileShare.None is flock(LOCK_EX) on Unix: the kernel lets go of it when the holder dies.
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(System.IO.Path.Combine(path, HolderFile), $"{Environment.ProcessId} {command}\n");
            return new WorkFolder(path, command, held);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw Failure.Refused(
                $"another run of patchforge is at work in {home}{Holder(path)}",
                $"wait for it, or end it and run this again: what it has not landed it has not touched; fuser {file} shows it",
                cause: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure.Refused(
                $"{path} cannot be written: {e.Message}",
                "is there room, and is the checkout yours to write? --check and --dry-run need neither",
                cause: e);
        }
    }

    /// <summary>The folder for a run that only looks (<c>--check</c>, <c>--dry-run</c>): nothing is made, locked or waited for.</summary>
    public static WorkFolder Look(string home) => new(Of(home), "", null);

    /// <summary>Leaves the folder to the checkout's owner when root made it: the owner's next run needs the lock.</summary>
    internal void Own(IFolders folders, string home)
    {
        folders.Own(Path, home);
        foreach (var file in Directory.EnumerateFiles(Path))
        {
            folders.Own(file, home);
        }
    }

    public void Dispose() => _lock?.Dispose();

    /// <summary>
    /// Who has the lock, as its holder wrote it down: <c>PID COMMAND</c>, in a file of its own, since reading the locked one asks .NET
    /// for a lock as well. Nothing where it was let go of just now.
    /// </summary>
    private static string Holder(string folder)
    {
        try
        {
            return File.ReadLines(System.IO.Path.Combine(folder, HolderFile)).FirstOrDefault()?.Split(' ', 2) is [var id, var command] ? $": {command} (process {id})" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Of(string home) => System.IO.Path.Combine(home, ".patchforge");
}
