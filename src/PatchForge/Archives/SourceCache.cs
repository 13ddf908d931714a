using System.Globalization;
using System.Text;
using PatchForge.Seams;

namespace PatchForge.Archives;

/// <summary>
/// Unpacked releases by the digest of their archive: <c>sources/&lt;16 digits of SHA512&gt;-&lt;archive's name&gt;/</c> with the
/// files in <c>tree/</c> and a file <c>complete</c> that says what they are. An entry is filled beside its place and renamed
/// into it, so one that stands there is whole; it is looked over cheaply (the top folder's names and sizes) before use.
/// </summary>
/// <param name="folder">The per-user cache, <c>~/.cache/patchforge</c>.</param>
public sealed class SourceCache(string folder)
{
    private const int WouldBlock = 11; // EAGAIN of Linux, what flock(2) answers when another has the lock

    public string Folder { get; } = Path.Combine(folder, "sources");

    /// <summary>The folder of the archive's unpacked files, unpacked now if it is not there yet.</summary>
    /// <param name="sha512">The archive's SHA512 in lower-case hexadecimal, as computed a moment ago.</param>
    /// <exception cref="Failure">Refused, by the archive; nothing is in the cache of it then.</exception>
    public string Open(string archive, string sha512, ArchiveLimits limits, IStepProgress? progress, CancellationToken cancel)
    {
        var entry = Path.Combine(Folder, sha512[..16] + "-" + Path.GetFileName(archive));
        if (IsWhole(entry, sha512))
        {
            return Path.Combine(entry, "tree");
        }

        try
        {
            Directory.CreateDirectory(Folder);
            using var turn = Turn(entry + ".lock", cancel);
            if (!IsWhole(entry, sha512))
            {
                Fill(entry, archive, sha512, limits, progress, cancel);
            }

            return Path.Combine(entry, "tree");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw Failure.Refused($"{archive} cannot be unpacked into {Folder}: {wrong.Message}", "is there room, and is the cache yours? XDG_CACHE_HOME moves it", cause: wrong);
        }
    }

    /// <summary>Whether the archive of this digest is unpacked already.</summary>
    public bool Has(string archive, string sha512) =>
        IsWhole(Path.Combine(Folder, sha512[..16] + "-" + Path.GetFileName(archive)), sha512);

    private static void Fill(string entry, string archive, string sha512, ArchiveLimits limits, IStepProgress? progress, CancellationToken cancel)
    {
        var beside = entry + ".unpacking"; // of a run that was killed, if it is there: the lock says that nobody is at it
        Remove(beside);
        Remove(entry);
        try
        {
            Directory.CreateDirectory(beside);
            Unpacking.Fill(archive, Path.Combine(beside, "tree"), limits, progress, cancel);
            File.WriteAllText(Path.Combine(beside, "complete"), Marker(Path.Combine(beside, "tree"), sha512));
            cancel.ThrowIfCancellationRequested();
            Directory.Move(beside, entry);
        }
        catch
        {
            Remove(beside);
            throw;
        }
    }

    private static bool IsWhole(string entry, string sha512)
    {
        try
        {
            return File.ReadAllText(Path.Combine(entry, "complete")) == Marker(Path.Combine(entry, "tree"), sha512);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return false; // not there, or not ours: it is unpacked anew, and then the same trouble is told
        }
    }

    private static string Marker(string tree, string sha512)
    {
        var text = new StringBuilder().Append("sha512 ").Append(sha512).Append('\n');
        foreach (var info in new DirectoryInfo(tree).EnumerateFileSystemInfos().OrderBy(info => info.Name, StringComparer.Ordinal))
        {
            var size = info is FileInfo { LinkTarget: null } file ? file.Length.ToString(CultureInfo.InvariantCulture) : "-";
            text.Append(size).Append(' ').Append(info.Name).Append('\n');
        }

        return text.ToString();
    }

    private static FileStream Turn(string file, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                // FileShare.None is flock(2) here: the kernel lets go of it when the process ends, however it ends.
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException busy) when (busy.HResult == WouldBlock)
            {
                // Another run is unpacking the same archive; a release takes seconds.
                cancel.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
