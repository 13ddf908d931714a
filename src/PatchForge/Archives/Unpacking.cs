using PatchForge.Seams;

namespace PatchForge.Archives;

/// <param name="Top">The archive's one top folder, such as <c>httpd-2.0.65</c>; it is not part of the unpacked paths.</param>
/// <param name="Files">Files and links written.</param>
/// <param name="Bytes">Their content in all.</param>
public sealed record UnpackedArchive(string Top, int Files, long Bytes);

/// <summary>
/// Unpacks a release's archive: all of it or nothing. Modes become 0644, 0755 for what its owner may execute, and 0755
/// for folders, so the result does not depend on umask and has no setuid bit; times of files are kept because make looks at
/// them. Owners, times of folders and extended attributes are not.
/// </summary>
public static class Unpacking
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Unpacks to a folder that is made for it.</summary>
    /// <param name="archive">A tar archive, plain or compressed with gzip, bzip2 or xz.</param>
    /// <param name="folder">Must not exist; what is above it must.</param>
    /// <exception cref="Failure">Refused, with the archive's name and the entry's number and name; the folder does not exist then.</exception>
    public static UnpackedArchive ToFolder(string archive, string folder, ArchiveLimits limits, IStepProgress? progress, CancellationToken cancel)
    {
        if (Path.Exists(folder))
        {
            throw Failure.Refused($"{folder} exists already", "unpack to a folder that does not, or remove it first");
        }

        var beside = Path.GetFullPath(folder) + ".unpacking-" + Guid.NewGuid().ToString("N")[..8];
        try
        {
            var unpacked = Fill(archive, beside, limits, progress, cancel);
            cancel.ThrowIfCancellationRequested();
            Directory.Move(beside, folder);
            return unpacked;
        }
        finally
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }
    }

    /// <summary>Unpacks into a new folder, which is left half full when this fails.</summary>
    internal static UnpackedArchive Fill(string archive, string folder, ArchiveLimits limits, IStepProgress? progress, CancellationToken cancel)
    {
        using var file = Opened(archive);
        using var bytes = new ArchiveStream(file, archive, limits);
        var tar = new TarScanner(bytes, archive, limits);
        var shape = new ArchiveShape(archive);
        var buffer = new byte[1 << 16];
        var (files, total) = (0, 0L);
        Directory.CreateDirectory(folder, Executable);
        while (tar.Next() is { } entry)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(bytes.Consumed, bytes.Length);
            var path = shape.Add(entry);
            var target = Path.Combine(folder, path);
            switch (entry.Kind)
            {
                case TarKind.Directory:
                    Directory.CreateDirectory(target, Executable);
                    break;
                case TarKind.HardLink:
                    (files, total) = (files + 1, Within(archive, total + Copy(Path.Combine(folder, shape.HardLinkTarget(entry)), target, entry), limits));
                    break;
                case TarKind.File:
                    (files, total) = (files + 1, Within(archive, total + entry.Length, limits));
                    Write(tar, target, entry, buffer, cancel);
                    break;
                default:
                    files++; // a link, which is made at the end
                    break;
            }
        }

        MakeLinks(folder, shape);
        return new UnpackedArchive(
            shape.Top ?? throw Failure.Refused("the archive is empty", "a release is one folder of files", new FileLocation(archive)),
            files,
            total);
    }

    private static FileStream Opened(string archive)
    {
        try
        {
            return new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception wrong) when (wrong is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failure.Missing($"there is no archive {archive}", cause: wrong);
        }
        catch (UnauthorizedAccessException wrong)
        {
            throw Failure.Refused($"{archive} cannot be read: {wrong.Message}", cause: wrong);
        }
    }

    private static void Write(TarScanner tar, string target, TarEntry entry, byte[] buffer, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!, Executable); // a target is below the folder
        using (var file = New(target, entry))
        {
            int got;
            while ((got = tar.Read(buffer)) > 0)
            {
                cancel.ThrowIfCancellationRequested();
                file.Write(buffer, 0, got);
            }
        }

        File.SetLastWriteTimeUtc(target, entry.Modified);
    }

    private static long Copy(string from, string target, TarEntry entry)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!, Executable); // a target is below the folder
        using (var source = File.OpenRead(from))
        using (var file = New(target, entry))
        {
            source.CopyTo(file);
        }

        File.SetLastWriteTimeUtc(target, entry.Modified);
        return new FileInfo(target).Length;
    }

    // CreateNew is O_EXCL, which follows no link and opens nothing that is there (open(2)).
    private static FileStream New(string target, TarEntry entry)
    {
        var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        File.SetUnixFileMode(file.SafeFileHandle, entry.Executable ? Executable : Plain);
        return file;
    }

    private static long Within(string archive, long total, ArchiveLimits limits) =>
        total <= limits.Bytes
            ? total
            : throw Failure.Refused($"the archive is refused as a decompression bomb: its files have more than {limits.Bytes >> 20} MiB", at: new FileLocation(archive));

    private static void MakeLinks(string folder, ArchiveShape shape)
    {
        shape.CheckLinks();
        foreach (var (path, link) in shape.Links)
        {
            var target = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!, Executable); // a target is below the folder
            File.CreateSymbolicLink(target, link.Target);
        }
    }
}
