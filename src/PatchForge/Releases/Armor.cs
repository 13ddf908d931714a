using System.Collections.Immutable;
using System.Text;

namespace PatchForge.Releases;

/// <summary>One armored block of a text, or why it could not be read.</summary>
/// <param name="Line">The line of its BEGIN, counted from 1.</param>
internal sealed record ArmorBlock(string Kind, int Line, byte[] Bytes, string? Complaint);

/// <summary>
/// OpenPGP's ASCII armor (RFC 9580 section 6, RFC 4880 section 6). Blocks are found in whatever text stands around them and
/// each is read on its own, so that a damaged one does not take the next with it.
/// </summary>
internal static class Armor
{
    private const string Begin = "-----BEGIN PGP ";
    private const string End = "-----END PGP ";
    private const string Dashes = "-----";

    public static ImmutableArray<ArmorBlock> Blocks(ReadOnlySpan<byte> text)
    {
        var lines = Encoding.Latin1.GetString(text).Split('\n'); // armor is ASCII; what is around it does not matter
        var blocks = ImmutableArray.CreateBuilder<ArmorBlock>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (Marker(lines[i], Begin) is { } kind)
            {
                var start = i + 1;
                while (++i < lines.Length && Marker(lines[i], End) != kind && Marker(lines[i], Begin) is null)
                {
                }

                var whole = i < lines.Length && Marker(lines[i], End) == kind;
                blocks.Add(Decode(kind, start, lines.AsSpan(start, i - start), whole));
                i -= whole ? 0 : 1; // a BEGIN inside a block is where the next one begins
            }
        }

        return blocks.ToImmutable();
    }

    /// <summary>What kind a BEGIN or END line is of, or null when it is neither.</summary>
    private static string? Marker(string line, string prefix)
    {
        var trimmed = line.TrimEnd(' ', '\t', '\r');
        return trimmed.StartsWith(prefix, StringComparison.Ordinal) && trimmed.EndsWith(Dashes, StringComparison.Ordinal) && trimmed.Length > prefix.Length + Dashes.Length
            ? trimmed[prefix.Length..^Dashes.Length]
            : null;
    }

    private static ArmorBlock Decode(string kind, int line, ReadOnlySpan<string> lines, bool whole)
    {
        if (!whole)
        {
            return new ArmorBlock(kind, line, [], "it has no END line");
        }

        var at = 0;
        while (at < lines.Length && lines[at].Trim().Length > 0 && lines[at].Contains(": ", StringComparison.Ordinal))
        {
            at++; // Version, Comment, Hash
        }

        var base64 = new StringBuilder();
        string? checksum = null;
        foreach (var raw in lines[at..])
        {
            var data = raw.Trim();
            if (data.Length == 5 && data[0] == '=')
            {
                checksum = data[1..];
            }
            else
            {
                base64.Append(data);
            }
        }

        try
        {
            var bytes = Convert.FromBase64String(base64.ToString());
            return checksum is not null && Crc24(bytes) != Convert.ToHexString(Convert.FromBase64String(checksum))
                ? new ArmorBlock(kind, line, [], "its checksum is wrong")
                : new ArmorBlock(kind, line, bytes, bytes.Length == 0 ? "it is empty" : null);
        }
        catch (FormatException)
        {
            return new ArmorBlock(kind, line, [], "it is not base64");
        }
    }

    // RFC 9580 section 6.1.1.
    private static string Crc24(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xB704CEu;
        foreach (var b in bytes)
        {
            crc ^= (uint)b << 16;
            for (var i = 0; i < 8; i++)
            {
                crc = (crc & 0x800000) != 0 ? (crc << 1) ^ 0x864CFB : crc << 1;
            }
        }

        return (crc & 0xFFFFFF).ToString("X6", System.Globalization.CultureInfo.InvariantCulture);
    }
}
