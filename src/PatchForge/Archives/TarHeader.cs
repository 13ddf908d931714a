using System.Text;

namespace PatchForge.Archives;

internal enum TarKind
{
    File,
    Directory,
    SymbolicLink,
    HardLink,
    Other,
}

/// <summary>
/// One 512-byte header as POSIX.1-2017 (pax, "ustar Interchange Format") and the GNU tar manual ("Basic Tar Format")
/// lay it out. Every field is bytes; numbers are octal, or base-256 where the first bit is set (GNU).
/// </summary>
internal static class TarHeader
{
    public const int Size = 512;

    public static bool HasGoodChecksum(ReadOnlySpan<byte> block)
    {
        if (Number(block.Slice(148, 8)) is not { } wanted)
        {
            return false;
        }

        // The sum takes its own field as blanks. Old tars summed signed characters; both sums are known to be about.
        long unsigned = 0;
        long signed = 0;
        for (var i = 0; i < Size; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        return wanted == unsigned || wanted == signed;
    }

    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> block) => Text(block[..100]);

    public static ReadOnlySpan<byte> LinkName(ReadOnlySpan<byte> block) => Text(block.Slice(157, 100));

    /// <summary>The first part of a long name; only POSIX has it, GNU keeps times there.</summary>
    public static ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> block) =>
        block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(345, 155)) : [];

    public static char Type(ReadOnlySpan<byte> block) => (char)block[156];

    public static long? Mode(ReadOnlySpan<byte> block) => Number(block.Slice(100, 8));

    public static long? Length(ReadOnlySpan<byte> block) => Number(block.Slice(124, 12));

    public static long? ModifiedSeconds(ReadOnlySpan<byte> block) => Number(block.Slice(136, 12));

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>Null when the field is no number or one that does not fit into 63 bits or is negative.</summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            value = field[0] & 0x7f;
            foreach (var b in field[1..])
            {
                if (value > long.MaxValue >> 8)
                {
                    return null;
                }

                value = (value << 8) | b;
            }

            return value;
        }

        var digits = Encoding.Latin1.GetString(field).Trim(' ', '\0');
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return null;
            }

            value = (value << 3) | (long)(digit - '0'); // twelve octal digits are 36 bits
        }

        return value;
    }
}
