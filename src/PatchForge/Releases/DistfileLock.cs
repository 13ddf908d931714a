using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Seams;

namespace PatchForge.Releases;

/// <summary>Why a distfile without a published digest was accepted.</summary>
public abstract record LockedAcceptance
{
    private LockedAcceptance()
    {
    }

    /// <param name="Fingerprint">Of the primary key, upper-case hexadecimal.</param>
    public sealed record BySignature(string Fingerprint, string UserId) : LockedAcceptance;

    /// <summary><c>--trust-first-use</c>.</summary>
    public sealed record FirstUse : LockedAcceptance;
}

/// <summary>What was recorded of a distfile when it was accepted without a published digest.</summary>
public sealed record LockedDistfile(string File, long Size, string Blake2b, string Sha512, LockedAcceptance Accepted);

/// <summary>
/// The file <c>patchforge.lock</c> beside patchforge.yaml. One line a distfile, in order of its name, fields separated by one blank:
/// <code>FILE SIZE BLAKE2B hex SHA512 hex first-use</code>
/// <code>FILE SIZE BLAKE2B hex SHA512 hex signed FINGERPRINT user id to the end of the line</code>
/// Lines that begin with # are comments. There is no date in it and nothing of the machine, so the same files make the same bytes.
/// </summary>
public sealed record DistfileLock(ImmutableSortedDictionary<string, LockedDistfile> Files)
{
    public const string FileName = "patchforge.lock";

    private const string Heading =
        "# Distfiles that were accepted without a published digest; patchforge wrote this, and a later file must be the same.\n";

    public static readonly DistfileLock Empty = new(ImmutableSortedDictionary.Create<string, LockedDistfile>(StringComparer.Ordinal));

    public LockedDistfile? Find(string file) => Files.GetValueOrDefault(file);

    public DistfileLock With(LockedDistfile entry) => new(Files.SetItem(entry.File, entry));

    /// <exception cref="Failure">Refused, with file and line.</exception>
    public static DistfileLock Parse(string file, string text)
    {
        var result = Empty;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var entry = Entry(line) ?? throw Failure.Refused(
                "this is not a line of a lock file",
                "restore it from version control; a line is: FILE SIZE BLAKE2B hex SHA512 hex, then first-use, or signed FINGERPRINT and who",
                new FileLocation(file, number));
            if (result.Find(entry.File) is not null)
            {
                throw Failure.Refused($"{entry.File} is here for the second time", "keep the line whose file is the right one", new FileLocation(file, number));
            }

            result = result.With(entry);
        }

        return result;
    }

    /// <summary>The whole file as it is written; empty when nothing is recorded.</summary>
    public string Text
    {
        get
        {
            if (Files.IsEmpty)
            {
                return "";
            }

            var text = new StringBuilder(Heading);
            foreach (var entry in Files.Values)
            {
                text.Append(CultureInfo.InvariantCulture, $"{entry.File} {entry.Size} BLAKE2B {entry.Blake2b} SHA512 {entry.Sha512} ");
                text.Append(entry.Accepted switch
                {
                    LockedAcceptance.BySignature signed => $"signed {signed.Fingerprint} {OneLine(signed.UserId)}",
                    _ => "first-use",
                }).Append('\n');
            }

            return text.ToString();
        }
    }

    private static LockedDistfile? Entry(string line)
    {
        var fields = line.Split(' ', 9);
        if (fields.Length < 7
            || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || fields[2] != "BLAKE2B" || DigestAlgorithm.Blake2b.Complaint(fields[3]) is not null
            || fields[4] != "SHA512" || DigestAlgorithm.Sha512.Complaint(fields[5]) is not null)
        {
            return null;
        }

        LockedAcceptance? accepted = fields switch
        {
            [_, _, _, _, _, _, "first-use"] => new LockedAcceptance.FirstUse(),
            [_, _, _, _, _, _, "signed", { Length: > 0 } fingerprint, var who] => new LockedAcceptance.BySignature(fingerprint, who),
            _ => null,
        };
        return accepted is null ? null : new LockedDistfile(fields[0], size, fields[3], fields[5], accepted);
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
