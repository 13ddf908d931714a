using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;

namespace PatchForge.Releases;

/// <summary>A file that a source package is made of.</summary>
/// <param name="Sha256">Lower-case hexadecimal.</param>
public sealed record SourceFile(string Name, long Size, string Sha256);

/// <summary>
/// A distribution's source control file, NAME_VERSION.dsc (Debian policy 5.4), as far as it says which files belong
/// to the package and what they must be. Who signed it is not asked here: the archive's signed list has its digest.
/// </summary>
public sealed record SourceControl(string Source, string Version, ImmutableArray<SourceFile> Files)
{
    /// <summary>The version without the epoch, which file names lack as well (Debian policy 5.6.12).</summary>
    public string PlainVersion => Version[(Version.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <exception cref="Failure">Refused, with file and line.</exception>
    public static SourceControl Parse(string file, string text)
    {
        var fields = Fields(file, text);
        string Field(string name) => fields.GetValueOrDefault(name)?.Text is { Length: > 0 } value
            ? value
            : throw Failure.Refused($"the source control file has no field {name}", "fetch the source package again", new FileLocation(file));
        var files = fields.GetValueOrDefault("Checksums-Sha256")?.Lines.Select(line => File(file, line.Number, line.Text)).ToImmutableArray() ?? [];
        return files.IsEmpty
            ? throw Failure.Refused("the source control file lists no files with SHA256", "a distribution that still signs with MD5 alone is not used", new FileLocation(file))
            : new SourceControl(Field("Source"), Field("Version"), files);
    }

    /// <summary>Null when <paramref name="have"/> is what <paramref name="wanted"/> says, else how it differs.</summary>
    public static string? Complaint(SourceFile wanted, FileDigests have) =>
        have.Size != wanted.Size ? string.Create(CultureInfo.InvariantCulture, $"{wanted.Name} has {have.Size} bytes, and the source control file says {wanted.Size}")
        : have[DigestAlgorithm.Sha256] != wanted.Sha256 ? $"{wanted.Name} has SHA256 {have[DigestAlgorithm.Sha256]}, and the source control file says {wanted.Sha256}"
        : null;

    private sealed record Field(string Text, List<(int Number, string Text)> Lines);

    /// <summary>The fields of the first paragraph; the lines around a clear signature are not fields (RFC 9580 section 7).</summary>
    private static Dictionary<string, Field> Fields(string file, string text)
    {
        var fields = new Dictionary<string, Field>(StringComparer.Ordinal);
        Field? last = null;
        var number = 0;
        var armour = false;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd();
            if (line.StartsWith("-----BEGIN PGP SIGNATURE", StringComparison.Ordinal))
            {
                break;
            }

            if (line.StartsWith("-----", StringComparison.Ordinal) || armour)
            {
                armour = line.Length > 0; // armour headers end at the first empty line
            }
            else if (line.Length == 0)
            {
                last = null;
            }
            else if (line[0] is ' ' or '\t')
            {
                last?.Lines.Add((number, line.Trim()));
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && !fields.ContainsKey(line[..colon]))
            {
                last = new Field(line[(colon + 1)..].Trim(), []);
                fields.Add(line[..colon], last);
            }
            else
            {
                throw Failure.Refused("this is no field of a source control file, or one that is here twice", "fetch the source package again", new FileLocation(file, number));
            }
        }

        return fields;
    }

    private static SourceFile File(string file, int number, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var digest, var size, var name]
            && DigestAlgorithm.Sha256.Complaint(digest) is null
            && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            && !name.Contains('/', StringComparison.Ordinal) && name is not ("." or "..")
            ? new SourceFile(name, bytes, digest)
            : throw Failure.Refused($"this is no line of Checksums-Sha256: '{line}'", "it is: digest, size, name without folders", new FileLocation(file, number));
    }
}
