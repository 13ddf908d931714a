using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Series;

/// <summary>One mail of a mailbox.</summary>
/// <param name="Bytes">All of it, its <c>From </c> line included.</param>
/// <param name="At">Where it begins.</param>
public sealed record MailboxMail(ReadOnlyMemory<byte> Bytes, FileLocation At);

/// <summary>A mailbox as git format-patch --stdout writes it and git am reads it (mbox, RFC 4155 without its quoting).</summary>
public static partial class Mailbox
{
    /// <summary>Whether a file is a mailbox: its first line is a mail's separator.</summary>
    public static bool Is(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("From "u8) && Separator().IsMatch(Encoding.Latin1.GetString(bytes[..(bytes.IndexOf((byte)'\n') is var end and >= 0 ? end : bytes.Length)]));

    /// <summary>The mails, in their order. A separator counts at the file's start and where the mail before has ended: after an empty line or a signature.</summary>
    /// <exception cref="Failure">Refused, with file and line: a mail whose transfer encoding hides the patch.</exception>
    public static ImmutableArray<MailboxMail> Split(ReadOnlyMemory<byte> bytes, string file)
    {
        var lines = Line.Split(bytes);
        var starts = Enumerable.Range(0, lines.Length)
            .Where(i => lines[i].StartsWith("From "u8) && Separator().IsMatch(Encoding.Latin1.GetString(lines[i].Body.Span)))
            .Where(i => i == 0 || lines[i - 1].Body.Length == 0)
            .ToList();
        return
        [
            .. starts.Select((start, index) =>
            {
                var mail = new MailboxMail(Line.Join(lines[start..(index + 1 < starts.Count ? starts[index + 1] : lines.Length)]), new FileLocation(file, start + 1));
                RefuseEncoded(lines, start, file);
                return mail;
            }),
        ];
    }

    internal static bool IsSeparator(string line) => Separator().IsMatch(line);

    /// <summary>The place in its series that a subject says, <c>3</c> of <c>[PATCH v2 3/12]</c>; null when it says none.</summary>
    public static int? Place(Patch patch) =>
        PatchHeader.Of(patch).Fields.FirstOrDefault(field => field.Name.Equals("Subject", StringComparison.OrdinalIgnoreCase)) is { } subject
        && Count().Match(subject.Value) is { Success: true } match
            ? int.Parse(match.Groups["n"].Value, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    private static void RefuseEncoded(ImmutableArray<Line> lines, int start, string file)
    {
        for (var i = start; i < lines.Length && lines[i].Body.Length > 0; i++)
        {
            var line = lines[i].ToString();
            if (Encoded().IsMatch(line))
            {
                throw Failure.Refused(
                    $"the mail is encoded on its way: {line.Trim()}", "take it through git: git am FILE in a repository of the source, then git format-patch", new FileLocation(file, i + 1));
            }
        }
    }

    // "From " and a sender or a commit, and a date of asctime(3) with a year.
    [GeneratedRegex(@"^From \S+ .*\d{2}:\d{2}:\d{2} \d{4}\s*$")]
    private static partial Regex Separator();

    [GeneratedRegex(@"^\[[^\]]*?(?<n>\d{1,4})/\d{1,4}[^\]]*\]")]
    private static partial Regex Count();

    [GeneratedRegex(@"^(Content-Transfer-Encoding:\s*(quoted-printable|base64)|Content-Type:\s*multipart/)", RegexOptions.IgnoreCase)]
    private static partial Regex Encoded();
}
