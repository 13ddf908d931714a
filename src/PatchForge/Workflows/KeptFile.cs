namespace PatchForge.Workflows;

/// <summary>A file of the per-user cache that saves work when it is there and says nothing when it is not.</summary>
internal static class KeptFile
{
    /// <summary>Null when there is none, or none that may be read.</summary>
    public static string? Read(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>All or nothing, by a rename; of two writers the last one's stays. Where nothing can be written nothing is kept.</summary>
    public static void Write(string file, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "");
            var beside = $"{file}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.new";
            File.WriteAllText(beside, text);
            File.Move(beside, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is only time that was to be saved.
        }
    }
}
