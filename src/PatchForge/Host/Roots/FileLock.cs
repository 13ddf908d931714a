namespace PatchForge.Host.Roots;

/// <summary>An exclusive lock on a file: .NET takes flock(2) for FileShare.None, and the kernel gives it back when the process dies.</summary>
internal static class FileLock
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    public static async Task<IDisposable> Wait(string file, CancellationToken cancel)
    {
        while (true)
        {
            if (Try(file) is { } held)
            {
                return held;
            }

            await Task.Delay(s_pause, cancel);
        }
    }

    /// <summary>Null when another process, or another part of this one, holds it.</summary>
    public static FileStream? Try(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(file))
        {
            return null;
        }
    }
}
