namespace PatchForge.Landing;

/// <summary>A file that is on the disk when the call is over; its folder's entry is the caller's to sync.</summary>
internal static class DurableFile
{
    /// <summary>Writes a new file even over a present one, so that a hard link elsewhere keeps its content.</summary>
    public static void Write(string file, ReadOnlySpan<byte> content)
    {
        File.Delete(file);
        using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }
}
