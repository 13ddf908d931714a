using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using PatchForge.Seams;
using PatchForge.Trees;
using SharpCompress.Compressors.BZip2;

namespace PatchForge.Archives;

/// <param name="Path">As the archive has it, checked to stay inside.</param>
public sealed record TarballFile(TreePath Path, ReadOnlyMemory<byte> Content);

/// <summary>Tarballs of patches: Gentoo's, and our own, which are the same bytes for the same patches.</summary>
public static class PatchTarball
{
    // A patch of a series is read by people.
    private const int Limit = 16 << 20;

    /// <summary>Whether a file begins as a tar archive does, plain or compressed.</summary>
    public static bool Is(ReadOnlySpan<byte> start) =>
        start is [0x1f, 0x8b, ..] or [(byte)'B', (byte)'Z', (byte)'h', ..] or [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..]
        || (start.Length >= 512 && TarHeader.HasGoodChecksum(start[..512]));

    /// <summary>The regular files whose names <paramref name="wanted"/> takes, in the archive's order.</summary>
    /// <exception cref="Failure">Refused, with the archive's name: damaged, a bomb, a name that leaves it, a file larger than a patch may be.</exception>
    public static ImmutableArray<TarballFile> Read(string archive, Func<TreePath, bool> wanted, CancellationToken cancel)
    {
        using var file = File.OpenRead(archive);
        using var bytes = new ArchiveStream(file, archive, ArchiveLimits.Default);
        var tar = new TarScanner(bytes, archive, ArchiveLimits.Default);
        var files = ImmutableArray.CreateBuilder<TarballFile>();
        while (tar.Next() is { } entry)
        {
            cancel.ThrowIfCancellationRequested();
            if (entry.Kind != TarKind.File)
            {
                continue;
            }

            var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
            var path = TreePath.Parse(name, new FileLocation(archive));
            if (!wanted(path))
            {
                continue;
            }

            if (entry.Length > Limit)
            {
                throw Failure.Refused($"{path} is larger than {Limit >> 20} MiB", "is this really a patch?", new FileLocation(archive));
            }

            var content = new byte[entry.Length];
            for (var at = 0; at < content.Length;)
            {
                at += tar.Read(content.AsSpan(at));
            }

            files.Add(new TarballFile(path, content));
        }

        return files.ToImmutable();
    }

    /// <summary>The time of its newest file: when it was made, whatever became of the archive's own time since.</summary>
    /// <exception cref="Failure">Refused: it is no archive.</exception>
    public static DateTime Newest(string archive, CancellationToken cancel)
    {
        using var file = File.OpenRead(archive);
        using var bytes = new ArchiveStream(file, archive, ArchiveLimits.Default);
        var tar = new TarScanner(bytes, archive, ArchiveLimits.Default);
        var newest = DateTime.UnixEpoch;
        while (tar.Next() is { } entry)
        {
            cancel.ThrowIfCancellationRequested();
            newest = entry.Modified > newest ? entry.Modified : newest;
        }

        return newest;
    }

    /// <summary>
    /// The archive's bytes, a function of the files and the time alone: ustar, in path order, mode 0644, owner and group
    /// 0 without names.
    /// </summary>
    /// <param name="name">Its end says how it is compressed: .tar, .tar.gz, .tgz or .tar.bz2.</param>
    /// <param name="top">The one folder that everything lies in.</param>
    /// <exception cref="Failure">CommandLine: another ending.</exception>
    public static byte[] Write(string name, string top, IEnumerable<TarballFile> files, DateTimeOffset time)
    {
        var compress = Compression(name);
        var bytes = new MemoryStream(); // its bytes are there after whatever writes to it has closed it
        using (var packed = compress(bytes))
        using (var tar = new TarWriter(packed, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var file in files.OrderBy(file => file.Path))
            {
                using var content = new MemoryStream(file.Content.ToArray(), writable: false);
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{top}/{file.Path}")
                {
                    DataStream = content,
                    ModificationTime = time,
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                    Uid = 0,
                    Gid = 0,
                });
            }
        }

        return bytes.ToArray();
    }

    private static Func<Stream, Stream> Compression(string name) =>
        name.EndsWith(".tar.bz2", StringComparison.Ordinal) ? to => BZip2Stream.Create(to, SharpCompress.Compressors.CompressionMode.Compress, decompressConcatenated: false, leaveOpen: true)
        : name.EndsWith(".tar.gz", StringComparison.Ordinal) || name.EndsWith(".tgz", StringComparison.Ordinal) ? to => new GZipStream(to, CompressionLevel.SmallestSize, leaveOpen: true)
        : name.EndsWith(".tar", StringComparison.Ordinal) ? to => to
        : throw new Failure(FailureKind.CommandLine, $"'{Path.GetFileName(name)}' says no way to compress a tarball", "end its name in .tar.bz2, .tar.gz or .tar");
}
