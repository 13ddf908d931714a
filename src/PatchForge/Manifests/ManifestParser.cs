using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Seams;

namespace PatchForge.Manifests;

/// <summary>
/// Reads Manifest2 as GLEP 74 describes it and as Portage writes it: <c>TYPE name size HASH hex [HASH hex …]</c>,
/// one space between fields, a line feed after every line. Stricter than Portage, which skips what it does not
/// understand: a line that is skipped is a file that nobody checks.
/// </summary>
internal static class ManifestParser
{
    /// <summary>Hexadecimal digits of each hash that Portage can name (portage.checksum); null for others.</summary>
    private static int? Digits(string hash) => hash switch
    {
        "MD5" => 32,
        "RMD160" or "SHA1" => 40,
        "BLAKE2S" or "SHA256" or "SHA3_256" or "STREEBOG256" => 64,
        "BLAKE2B" or "SHA3_512" or "SHA512" or "STREEBOG512" or "WHIRLPOOL" => 128,
        _ => null,
    };

    private static ManifestKind? Kind(string type) => type switch
    {
        "AUX" => ManifestKind.Aux,
        "DATA" => ManifestKind.Data,
        "DIST" => ManifestKind.Dist,
        "EBUILD" => ManifestKind.Ebuild,
        "MANIFEST" => ManifestKind.Manifest,
        "MISC" => ManifestKind.Misc,
        _ => null,
    };

    internal static ImmutableArray<ManifestLine> Parse(ReadOnlySpan<byte> content, string file)
    {
        var text = Decode(content, file);
        if (text.Length == 0)
        {
            return [];
        }

        if (text[^1] != '\n')
        {
            throw Refused("there is no line feed at the end of the file", new(file, text.Count(c => c == '\n') + 1));
        }

        var armour = new ArmourFrame();
        var lines = ImmutableArray.CreateBuilder<ManifestLine>();
        var seen = new Dictionary<(ManifestKind, string), int>();
        var number = 0;
        foreach (var line in text[..^1].Split('\n'))
        {
            var at = new FileLocation(file, ++number);
            if (line.Contains('\r', StringComparison.Ordinal))
            {
                throw Refused("a carriage return in a Manifest; lines end with a line feed alone", at);
            }

            if (armour.Takes(line, at))
            {
                lines.Add(new ManifestLine.Armour(line));
                continue;
            }

            var parsed = ParseLine(line, at);
            if (parsed is ManifestLine.File { Entry: var entry } && !seen.TryAdd((entry.Kind, entry.Name), number))
            {
                throw Refused($"{entry.Name} is listed twice, first on line {seen[(entry.Kind, entry.Name)]}", at);
            }

            lines.Add(parsed);
        }

        armour.MustBeClosed(new(file, number));
        return lines.ToImmutable();
    }

    /// <summary>That an entry made by us could be read again.</summary>
    internal static void Check(ManifestEntry entry) => ParseLine(entry.ToString(), new FileLocation("Manifest"));

    private static string Decode(ReadOnlySpan<byte> content, string file)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException)
        {
            var line = 1;
            foreach (var range in content.Split((byte)'\n'))
            {
                if (!System.Text.Unicode.Utf8.IsValid(content[range]))
                {
                    break;
                }

                line++;
            }

            throw Refused("bytes that are not UTF-8", new(file, line));
        }
    }

    private static ManifestLine ParseLine(string line, FileLocation at)
    {
        var fields = line.Split(' ');
        if (fields[0] is "TIMESTAMP" or "IGNORE")
        {
            return fields.Length == 2 && fields[1].Length > 0
                ? new ManifestLine.Directive(line)
                : throw Refused($"{fields[0]} takes one value", at);
        }

        if (Kind(fields[0]) is not { } kind)
        {
            throw Refused(line.Length == 0
                ? "an empty line"
                : $"'{Shown(fields[0])}' is not a type of Manifest line (DIST, AUX, EBUILD, MISC, DATA, MANIFEST)", at);
        }

        if (fields.Any(field => field.Length == 0))
        {
            throw Refused("fields are separated by one space, and none stands at the end", at);
        }

        if (fields.Length < 2)
        {
            throw Refused($"a {fields[0]} line without a name", at);
        }

        CheckName(kind, fields[1], at);
        if (fields.Length < 3 || !long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            throw Refused($"the size of {Shown(fields[1])} is missing or not a number of bytes", at);
        }

        return new ManifestLine.File(line, new ManifestEntry(kind, fields[1], size, Hashes(fields, at)));
    }

    private static void CheckName(ManifestKind kind, string name, FileLocation at)
    {
        if (kind == ManifestKind.Dist && name.Contains('/', StringComparison.Ordinal))
        {
            throw Refused($"a DIST line names a file, not a path: '{Shown(name)}'", at);
        }

        if (Trees.TreePath.Complaint(name) is { } why)
        {
            throw Refused($"{why}: '{Shown(name)}'", at);
        }
    }

    private static ImmutableArray<ManifestHash> Hashes(string[] fields, FileLocation at)
    {
        if (fields.Length < 5 || fields.Length % 2 == 0)
        {
            throw Refused($"{Shown(fields[1])} needs pairs of a hash's name and its value", at);
        }

        var hashes = ImmutableArray.CreateBuilder<ManifestHash>();
        for (var i = 3; i < fields.Length; i += 2)
        {
            var (name, hex) = (fields[i], fields[i + 1]);
            if (Digits(name) is not { } digits)
            {
                throw Refused($"'{Shown(name)}' is not a hash that this tool knows", at);
            }

            if (hashes.Any(hash => hash.Algorithm == name))
            {
                throw Refused($"{name} stands twice on one line", at);
            }

            if (hex.Length != digits || !hex.All(char.IsAsciiHexDigitLower))
            {
                throw Refused($"{name} is {digits} lower-case hexadecimal digits, and these are not ({hex.Length} characters)", at);
            }

            hashes.Add(new(name, hex));
        }

        return hashes.ToImmutable();
    }

    private static string Shown(string text)
    {
        var cut = text.Length > 80 ? text[..80] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));
    }

    private static Failure Refused(string sentence, FileLocation at) =>
        Failure.Refused($"this Manifest cannot be read: {sentence}", "restore it from git, or delete it and regenerate", at);

    /// <summary>Which lines belong to the clear-sign frame: the header, its Hash lines, and the signature.</summary>
    private sealed class ArmourFrame
    {
        private enum State { Before, Header, Text, Signature, After }

        private State _state = State.Before;

        internal bool Takes(string line, FileLocation at)
        {
            switch (_state)
            {
                case State.Before when line == "-----BEGIN PGP SIGNED MESSAGE-----":
                    _state = at.Line == 1 ? State.Header : throw Refused("a clear-sign header that is not the first line", at);
                    return true;
                case State.Header:
                    _state = line.Length == 0 ? State.Text : State.Header;
                    return true;
                case State.Text when line == "-----BEGIN PGP SIGNATURE-----":
                    _state = State.Signature;
                    return true;
                case State.Signature:
                    _state = line == "-----END PGP SIGNATURE-----" ? State.After : State.Signature;
                    return true;
                case State.After:
                    throw Refused("something follows the signature", at);
                default:
                    return false;
            }
        }

        internal void MustBeClosed(FileLocation at)
        {
            if (_state is State.Header or State.Text or State.Signature)
            {
                throw Refused("the clear-sign frame does not end", at);
            }
        }
    }
}
