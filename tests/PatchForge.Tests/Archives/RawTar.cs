using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace PatchForge.Tests.Archives;

/// <summary>Writes tar archives block by block, so that a test can say what no tar program would.</summary>
internal sealed class RawTar
{
    private readonly List<byte> _bytes = [];

    public RawTar Folder(string name) => Entry('5', name);

    public RawTar File(string name, string content, string mode = "0000644") => Entry('0', name, content: Encoding.UTF8.GetBytes(content), mode: mode);

    public RawTar Link(string name, string target) => Entry('2', name, target);

    public RawTar HardLink(string name, string target) => Entry('1', name, target);

    public RawTar Pax(char type, params string[] records)
    {
        var text = string.Concat(records.Select(Record));
        return Entry(type, "pax", content: Encoding.UTF8.GetBytes(text));
    }

    public RawTar Entry(
        char type, string name, string target = "", byte[]? content = null, string mode = "0000644", string? size = null, byte[]? rawName = null, string prefix = "", bool badSum = false)
    {
        var block = new byte[512];
        (rawName ?? Encoding.UTF8.GetBytes(name)).AsSpan().CopyTo(block);
        Put(block, 100, mode);
        Put(block, 108, "0000000");
        Put(block, 116, "0000000");
        Put(block, 124, size ?? Convert.ToString(content?.Length ?? 0, 8).PadLeft(11, '0'));
        Put(block, 136, "07451402100"); // some second of 2002
        block[156] = (byte)type;
        Put(block, 157, target);
        Put(block, 257, "ustar\0" + "00");
        Put(block, 345, prefix);
        block.AsSpan(148, 8).Fill((byte)' ');
        var sum = block.Sum(b => b) + (badSum ? 1 : 0);
        Put(block, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        _bytes.AddRange(block);
        _bytes.AddRange(content ?? []);
        _bytes.AddRange(new byte[-(content?.Length ?? 0) & 511]);
        return this;
    }

    /// <summary>The archive with its end marker.</summary>
    public byte[] Whole() => [.. _bytes, .. new byte[1024]];

    public byte[] Cut() => [.. _bytes];

    public static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    public static byte[] Bzip2(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var bzip2 = SharpCompress.Compressors.BZip2.BZip2Stream.Create(packed, SharpCompress.Compressors.CompressionMode.Compress, false, leaveOpen: true))
        {
            bzip2.Write(bytes);
        }

        return packed.ToArray();
    }

    private static string Record(string record)
    {
        var length = record.Length + 3;
        while (length != Encoding.UTF8.GetByteCount(record) + 2 + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length++;
            if (length > record.Length * 4 + 10)
            {
                throw new InvalidOperationException("no length fits");
            }
        }

        return $"{length} {record}\n";
    }

    private static void Put(byte[] block, int at, string text) => Encoding.Latin1.GetBytes(text).AsSpan().CopyTo(block.AsSpan(at));
}
