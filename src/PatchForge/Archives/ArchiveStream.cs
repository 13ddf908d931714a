using System.Buffers.Binary;
using System.IO.Compression;
using PatchForge.Seams;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Xz;

namespace PatchForge.Archives;

/// <summary>
/// The tar bytes inside an archive, whatever compresses them: gzip (RFC 1952), bzip2, xz, or nothing. Which it is
/// is seen from the first bytes, never from the name. Counts what comes out against <see cref="ArchiveLimits"/>, and turns
/// whatever a decompressor throws at broken data into one <see cref="Failure"/>.
/// </summary>
internal sealed class ArchiveStream : IDisposable
{
    private enum Format
    {
        Plain,
        Gzip,
        Bzip2,
        Xz,
    }

    private readonly string _archive;
    private readonly ArchiveLimits _limits;
    private readonly Stream _file;
    private readonly Format _format;
    private readonly Stream _bytes;

    /// <param name="file">The archive; it must be seekable and is not closed.</param>
    /// <exception cref="Failure">Refused: it is none of the formats.</exception>
    public ArchiveStream(Stream file, string archive, ArchiveLimits limits)
    {
        (_archive, _limits, _file) = (archive, limits, file);
        Span<byte> start = stackalloc byte[512];
        var got = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        _format = Detect(start[..got]) ?? throw Failure.Refused(
            "this is not a tar archive, plain or compressed with gzip, bzip2 or xz",
            got == 0 ? "the file is empty" : $"it begins with the bytes {Convert.ToHexStringLower(start[..Math.Min(got, 8)])}; was a web page saved under its name?",
            new FileLocation(archive));
        file.Position = 0;
        _bytes = Guarded(Decompressor);
    }

    /// <summary>Bytes of tar read so far.</summary>
    public long Count { get; private set; }

    /// <summary>Compressed bytes read so far, for progress.</summary>
    public long Consumed => _file.Position;

    public long Length => _file.Length;

    /// <summary>Fills as much of the buffer as there is: less than asked for means the end.</summary>
    public int Read(Span<byte> buffer)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var got = ReadSome(buffer[done..]);
            if (got == 0)
            {
                break;
            }

            done += got;
        }

        return done;
    }

    /// <summary>Called at the end of the tar bytes: refuses a file that was cut short or that goes on after its end.</summary>
    public void Finish()
    {
        if (_format == Format.Gzip)
        {
            // The library takes a cut member for a whole one and bytes after it for nothing. RFC 1952 section 2.3.1:
            // the last four bytes are the length of the data modulo 2^32.
            Span<byte> trailer = stackalloc byte[4];
            _file.Position = Math.Max(0, _file.Length - 4);
            if (_file.Length < 18 || _file.ReadAtLeast(trailer, 4, false) < 4 || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != (uint)Count)
            {
                throw Broken("the gzip data is cut short, or something follows it", null);
            }
        }
        else if (_format == Format.Xz && _file.Position != _file.Length)
        {
            throw Broken($"{_file.Length - _file.Position} bytes follow the end of the xz data", null);
        }
    }

    public void Dispose() => _bytes.Dispose();

    private int ReadSome(Span<byte> buffer)
    {
        int got;
        try
        {
            got = _bytes.Read(buffer);
        }
        catch (Exception wrong) when (IsBadData(wrong))
        {
            throw Broken($"the {Name} data is damaged or cut short ({wrong.Message.TrimEnd('.')})", wrong);
        }

        Count += got;
        if (Count > _limits.Bytes)
        {
            throw Bomb($"it unpacks to more than {_limits.Bytes >> 20} MiB");
        }

        return Count > ArchiveLimits.RatioFrom && Count / Math.Max(1, _file.Position) > _limits.Ratio
            ? throw Bomb($"it unpacks to more than {_limits.Ratio} times its size")
            : got;
    }

    private Stream Decompressor() => _format switch
    {
        Format.Gzip => new GZipStream(_file, CompressionMode.Decompress, leaveOpen: true),
        Format.Bzip2 => BZip2Stream.Create(_file, SharpCompress.Compressors.CompressionMode.Decompress, decompressConcatenated: true, leaveOpen: true, tolerateTruncatedStream: false),
        Format.Xz => new XZStream(_file),
        _ => new BufferedStream(_file, 1 << 16),
    };

    private string Name => _format == Format.Plain ? "tar" : _format.ToString().ToLowerInvariant();

    private Stream Guarded(Func<Stream> open)
    {
        try
        {
            return open();
        }
        catch (Exception wrong) when (IsBadData(wrong))
        {
            throw Broken($"the {Name} data is damaged or cut short ({wrong.Message.TrimEnd('.')})", wrong);
        }
    }

    /// <summary>
    /// The decompressors meet damaged data with exceptions of a dozen types, IndexOutOfRangeException among them; apart
    /// from the machine's own troubles every one says that the data is bad.
    /// </summary>
    private static bool IsBadData(Exception wrong) =>
        wrong is not (Failure or OutOfMemoryException or OperationCanceledException or UnauthorizedAccessException or ObjectDisposedException);

    private Failure Broken(string what, Exception? cause) =>
        Failure.Refused(what, "fetch it again, and compare its size and digests with the published ones", new FileLocation(_archive), cause);

    private Failure Bomb(string what) =>
        Failure.Refused($"the archive is refused as a decompression bomb: {what}", "no release of sources is like that", new FileLocation(_archive));

    private static Format? Detect(ReadOnlySpan<byte> start) =>
        start switch
        {
            [0x1f, 0x8b, 8, ..] => Format.Gzip,
            [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', ..] => Format.Bzip2,
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => Format.Xz,
            _ => start.Length == 512 && TarHeader.HasGoodChecksum(start) ? Format.Plain : null,
        };
}
