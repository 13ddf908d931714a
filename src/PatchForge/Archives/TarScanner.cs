using System.Globalization;
using System.Text;
using PatchForge.Seams;

namespace PatchForge.Archives;

/// <summary>An entry as the archive has it: nothing about its name is checked yet but that it is UTF-8.</summary>
/// <param name="Number">Counts from 1; extended headers do not count.</param>
/// <param name="Length">Bytes of content that follow.</param>
/// <param name="Type">The type flag, for entries of kind Other.</param>
internal sealed record TarEntry(int Number, string Name, TarKind Kind, string LinkTarget, long Length, bool Executable, DateTime Modified, char Type);

/// <summary>
/// Walks a tar archive entry by entry: v7, ustar, pax (path, linkpath, size) and GNU (long names and links).
/// System.Formats.Tar is not used to read: it takes an archive that was cut between entries for a whole one, decodes names with
/// replacement characters, and allocates an extended header's claimed size before reading it.
/// </summary>
internal sealed class TarScanner(ArchiveStream bytes, string archive, ArchiveLimits limits)
{
    private const int LongestExtendedHeader = 1 << 20;

    private readonly byte[] _block = new byte[TarHeader.Size];
    private readonly byte[] _scratch = new byte[1 << 16];
    private long _contentLeft;
    private int _padding;
    private int _number;

    /// <summary>The next entry, or null after the end-of-archive marker.</summary>
    /// <exception cref="Failure">Refused: cut short, damaged, over the limits, or a sparse file.</exception>
    public TarEntry? Next()
    {
        SkipContent();
        string? longName = null;
        string? longLink = null;
        long? longSize = null;
        while (true)
        {
            if (bytes.Read(_block) < _block.Length)
            {
                throw Cut($"it ends after entry {_number}, where another or the end marker should be");
            }

            if (!_block.AsSpan().ContainsAnyExcept((byte)0))
            {
                if (longName is not null || longLink is not null || longSize is not null)
                {
                    throw Wrong($"the extended header after entry {_number} has no entry after it");
                }

                End();
                return null;
            }

            var length = Checked();
            switch (TarHeader.Type(_block))
            {
                case 'L':
                    longName = Decoded(Extended(length).AsSpan().TrimEnd((byte)0), "a GNU long name");
                    break;
                case 'K':
                    longLink = Decoded(Extended(length).AsSpan().TrimEnd((byte)0), "a GNU long link");
                    break;
                case 'x':
                    Pax(Extended(length), ref longName, ref longLink, ref longSize);
                    break;
                case 'g':
                    Global(Extended(length));
                    break;
                default:
                    return Entry(longName, longLink, longSize ?? length);
            }
        }
    }

    /// <summary>Reads the present entry's content; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _contentLeft);
        var got = bytes.Read(buffer[..wanted]);
        if (got < wanted)
        {
            throw Cut($"entry {_number} should have {_contentLeft - got} bytes more");
        }

        _contentLeft -= got;
        return got;
    }

    private long Checked()
    {
        if (!TarHeader.HasGoodChecksum(_block))
        {
            throw Wrong($"the header after entry {_number} is damaged (its checksum is wrong)");
        }

        return TarHeader.Length(_block) is { } length && length <= long.MaxValue / 2
            ? length
            : throw Wrong($"the header after entry {_number} has a size that is no number");
    }

    private TarEntry Entry(string? longName, string? longLink, long length)
    {
        if (++_number > limits.Entries)
        {
            throw Wrong($"it has more than {limits.Entries} entries");
        }

        var prefix = TarHeader.Prefix(_block);
        var name = longName ?? (prefix.IsEmpty ? "" : Decoded(prefix, "a name") + "/") + Decoded(TarHeader.Name(_block), "a name");
        var type = TarHeader.Type(_block);
        var kind = type switch
        {
            '0' or '\0' or '7' => name.EndsWith('/') ? TarKind.Directory : TarKind.File,
            '1' => TarKind.HardLink,
            '2' => TarKind.SymbolicLink,
            '5' => TarKind.Directory,
            _ => TarKind.Other,
        };

        // POSIX: of these types only a regular file has content, whatever the size field says of a link.
        if (kind is TarKind.SymbolicLink or TarKind.HardLink or TarKind.Directory && length != 0)
        {
            throw Wrong($"entry {_number} is no file and has {length} bytes of content");
        }

        if (length > limits.Bytes)
        {
            throw Wrong($"entry {_number} says that it has {length} bytes, more than the {limits.Bytes >> 20} MiB allowed for all");
        }

        Content(length);
        var seconds = Math.Min(TarHeader.ModifiedSeconds(_block) ?? 0, uint.MaxValue);
        return new TarEntry(
            _number,
            name,
            kind,
            kind is TarKind.SymbolicLink or TarKind.HardLink ? longLink ?? Decoded(TarHeader.LinkName(_block), "a link target") : "",
            length,
            ((TarHeader.Mode(_block) ?? 0) & 0b001_000_000) != 0,
            DateTime.UnixEpoch.AddSeconds(seconds),
            type);
    }

    private void Content(long length)
    {
        _contentLeft = length;
        _padding = (int)(-length & (TarHeader.Size - 1));
    }

    private void SkipContent()
    {
        while (Read(_scratch) > 0)
        {
        }

        if (bytes.Read(_scratch.AsSpan(0, _padding)) < _padding)
        {
            throw Cut($"the padding of entry {_number} is not whole");
        }

        _padding = 0;
    }

    private byte[] Extended(long length)
    {
        if (length > LongestExtendedHeader)
        {
            throw Wrong($"an extended header after entry {_number} says that it has {length} bytes");
        }

        Content(length);
        var content = new byte[length];
        Read(content);
        SkipContent();
        return content;
    }

    // POSIX.1-2017, pax, "pax Extended Header": records "%d %s=%s\n", the number counting the whole record.
    private void Pax(ReadOnlySpan<byte> records, ref string? name, ref string? link, ref long? size)
    {
        while (!records.IsEmpty)
        {
            var (key, value) = Record(ref records);
            switch (key)
            {
                case "path":
                    name = Decoded(value, "a pax path");
                    break;
                case "linkpath":
                    link = Decoded(value, "a pax linkpath");
                    break;
                case "size":
                    size = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue / 2
                        ? number
                        : throw Wrong($"a pax header after entry {_number} has a size that is no number");
                    break;
                case var sparse when sparse.StartsWith("GNU.sparse.", StringComparison.Ordinal):
                    throw Wrong($"entry {_number + 1} is a sparse file, which no release has");
                default:
                    break; // times, owners, comments: of no use here
            }
        }
    }

    private void Global(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            var (key, _) = Record(ref records);
            if (key is "path" or "linkpath" or "size" || key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
            {
                throw Wrong($"a global pax header after entry {_number} sets '{key}' for all entries that follow");
            }
        }
    }

    private (string Key, byte[] Value) Record(ref ReadOnlySpan<byte> records)
    {
        var blank = records.IndexOf((byte)' ');
        if (blank is < 1 or > 7
            || !int.TryParse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length <= blank + 1 || length > records.Length || records[length - 1] != '\n')
        {
            throw Wrong($"a pax header after entry {_number} is damaged");
        }

        var record = records[(blank + 1)..(length - 1)];
        records = records[length..];
        var equals = record.IndexOf((byte)'=');
        return equals < 1
            ? throw Wrong($"a pax header after entry {_number} has a record without '='")
            : (Decoded(record[..equals], "a pax key"), record[(equals + 1)..].ToArray());
    }

    // POSIX: the archive ends with two blocks of zeros; tar fills its last record with more of them.
    private void End()
    {
        if (bytes.Read(_block) < _block.Length || _block.AsSpan().ContainsAnyExcept((byte)0))
        {
            throw Cut("the end marker of two empty blocks is not whole");
        }

        int got;
        while ((got = bytes.Read(_scratch)) > 0)
        {
            if (_scratch.AsSpan(0, got).ContainsAnyExcept((byte)0))
            {
                throw Wrong("something follows its end marker");
            }
        }

        bytes.Finish();
    }

    private string Decoded(ReadOnlySpan<byte> text, string what)
    {
        if (text.Contains((byte)0))
        {
            throw Wrong($"{what} of entry {_number + 1} has a NUL in it");
        }

        return System.Text.Unicode.Utf8.IsValid(text)
            ? Encoding.UTF8.GetString(text)
            : throw Wrong($"{what} of entry {_number + 1} is not UTF-8: '{Shown(text)}'");
    }

    private static string Shown(ReadOnlySpan<byte> text)
    {
        var shown = new StringBuilder();
        foreach (var b in text[..Math.Min(text.Length, 100)])
        {
            shown.Append(b is >= 0x20 and < 0x7f ? ((char)b).ToString() : $"\\x{b:x2}");
        }

        return shown.ToString();
    }

    private Failure Cut(string what) =>
        Failure.Refused($"the archive is cut short: {what}", "fetch it again, and compare its size with the published one", new FileLocation(archive));

    private Failure Wrong(string what) =>
        Failure.Refused($"the archive is refused: {what}", "fetch it again, and compare its digests with the published ones", new FileLocation(archive));
}
