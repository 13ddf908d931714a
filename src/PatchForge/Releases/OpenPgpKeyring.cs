using System.Buffers.Binary;
using System.Collections.Immutable;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace PatchForge.Releases;

/// <summary>
/// The keys of a KEYS file: any number of armored blocks with text between them, or a binary keyring. Such files grow for decades
/// and hold keys of every age; each key is read on its own, and one that cannot be read is told in <see cref="Complaints"/>
/// and takes nothing else with it.
/// </summary>
public sealed class OpenPgpKeyring
{
    private const int PublicKeyPacket = 6; // RFC 9580 section 5

    private OpenPgpKeyring(ImmutableArray<OpenPgpKey> keys, ImmutableArray<string> complaints)
    {
        Keys = keys;
        Complaints = complaints;
    }

    /// <summary>How many primary keys could be read.</summary>
    public int Count => Keys.Length;

    /// <summary>One sentence for each key or block that could not be read, with its line.</summary>
    public ImmutableArray<string> Complaints { get; }

    internal ImmutableArray<OpenPgpKey> Keys { get; }

    /// <summary>Reads what can be read; a text without any key makes an empty keyring.</summary>
    public static OpenPgpKeyring Read(ReadOnlySpan<byte> bytes)
    {
        var keys = ImmutableArray.CreateBuilder<OpenPgpKey>();
        var complaints = ImmutableArray.CreateBuilder<string>();
        if (!bytes.IsEmpty && (bytes[0] & 0x80) != 0)
        {
            ReadBlock(bytes, "the keyring", keys, complaints);
            return new OpenPgpKeyring(keys.ToImmutable(), complaints.ToImmutable());
        }

        foreach (var block in Armor.Blocks(bytes).Where(block => block.Kind == "PUBLIC KEY BLOCK"))
        {
            var where = $"the key block in line {block.Line}";
            if (block.Complaint is { } why)
            {
                complaints.Add($"{where}: {why}");
            }
            else
            {
                ReadBlock(block.Bytes, where, keys, complaints);
            }
        }

        return new OpenPgpKeyring(keys.ToImmutable(), complaints.ToImmutable());
    }

    private static void ReadBlock(ReadOnlySpan<byte> block, string where, ImmutableArray<OpenPgpKey>.Builder keys, ImmutableArray<string>.Builder complaints)
    {
        var start = -1;
        var at = 0;
        while (at < block.Length)
        {
            var (tag, next) = Packet(block, at);
            if (next < 0)
            {
                complaints.Add($"{where} is cut short or damaged at byte {at}");
                break;
            }

            if (tag == PublicKeyPacket)
            {
                Add(block, start, at, where, keys, complaints);
                start = at;
            }

            at = next;
        }

        Add(block, start, Math.Min(at, block.Length), where, keys, complaints);
    }

    private static void Add(ReadOnlySpan<byte> block, int start, int end, string where, ImmutableArray<OpenPgpKey>.Builder keys, ImmutableArray<string>.Builder complaints)
    {
        if (start < 0)
        {
            return;
        }

        try
        {
            keys.Add(new OpenPgpKey(new PgpPublicKeyRing(block[start..end].ToArray())));
        }
        catch (Exception wrong) when (OpenPgp.IsBadData(wrong))
        {
            complaints.Add($"a key in {where} cannot be read: {wrong.Message}");
        }
    }

    /// <summary>Tag of the packet and where the next begins; -1 when the packet is not whole (RFC 9580 section 4.2).</summary>
    private static (int Tag, int Next) Packet(ReadOnlySpan<byte> bytes, int at)
    {
        var head = bytes[at++];
        var isNew = (head & 0x40) != 0;
        var tag = isNew ? head & 0x3f : (head >> 2) & 0x0f;
        if ((head & 0x80) == 0 || at >= bytes.Length)
        {
            return (tag, -1);
        }

        int first = bytes[at];
        var width = isNew
            ? first < 192 ? 1 : first < 224 ? 2 : first == 255 ? 5 : 0
            : (head & 3) switch { 0 => 1, 1 => 2, 2 => 4, _ => 0 };
        if (width == 0 || at + width > bytes.Length)
        {
            return (tag, -1); // partial and indeterminate lengths are not for keys
        }

        long length = (isNew, width) switch
        {
            (_, 1) => first,
            (true, 2) => ((first - 192) << 8) + bytes[at + 1] + 192,
            (true, _) => BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 1)..]),
            (false, 2) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]),
        };
        var next = at + width + length;
        return (tag, next <= bytes.Length ? (int)next : -1);
    }
}
