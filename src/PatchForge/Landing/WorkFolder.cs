using PatchForge.Seams;

namespace PatchForge.Landing;

/// <summary>
/// <c>.patchforge/</c> beside the settings file: the lock of a run, and new folders before they land. Git
/// ignores it (it carries its own .gitignore), and it is on the file system of what lands.
/// </summary>
public sealed class WorkFolder : IDisposable
{
    private readonly FileStream _lock;

    private WorkFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    /// <summary>Takes the lock for one run that may write. It goes with the process, however that ends.</summary>
    /// <exception cref="Failure">Refused, when another run holds it.</exception>
    public static WorkFolder Take(string home, string command)
    {
        var path = System.IO.Path.Combine(home, ".patchforge");
        Directory.CreateDirectory(path);
        var ignore = System.IO.Path.Combine(path, ".gitignore");
        if (!File.Exists(ignore))
        {
            File.WriteAllText(ignore, "*\n");
        }

        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            // FileShare.None is flock(LOCK_EX) on Unix: the kernel lets go of it when the holder dies.
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            held.SetLength(0);
            held.Write(System.Text.Encoding.UTF8.GetBytes($"{Environment.ProcessId} {command}\n"));
            held.Flush();
            return new WorkFolder(path, held);
        }
        catch (IOException e)
        {
            throw Failure.Refused(
                $"another run of patchforge is at work in {home}",
                $"wait for it, or look who holds {file} (fuser {file})",
                cause: e);
        }
    }

    public void Dispose() => _lock.Dispose();
}
