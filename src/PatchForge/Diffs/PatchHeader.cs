using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace PatchForge.Diffs;

/// <param name="Name">As DEP-3 and the mail header spell it: <c>Bug-Gentoo</c>, <c>Forwarded</c>.</param>
/// <param name="Line">Its line in the patch file, from 1.</param>
public sealed record HeaderField(string Name, string Value, int Line);

/// <summary>
/// What the text before a patch's diffs says about it: the fields of DEP-3 (Patch Tagging Guidelines), of a
/// mail of git format-patch (RFC 5322, RFC 2047) and of OpenEmbedded's <c>Upstream-Status</c>, wherever they
/// stand in it. Reading never fails: a header without fields is a header without fields.
/// </summary>
public sealed partial record PatchHeader(ImmutableArray<HeaderField> Fields)
{
    /// <summary>The first line of the description: <c>Subject</c> without its <c>[PATCH …]</c>, or <c>Description</c>.</summary>
    public string? Subject =>
        First("Subject") is { } subject ? SubjectPrefix().Replace(subject, "") : First("Description")?.Split('\n')[0];

    /// <summary>All of <c>Description</c>, its further lines below the first.</summary>
    public string? Description => First("Description") ?? First("Subject");

    public string? Author => First("Author") ?? First("From");

    public string? Origin => First("Origin");

    public ImmutableArray<HeaderField> Bugs =>
        [.. Fields.Where(said => said.Name.Equals("Bug", StringComparison.OrdinalIgnoreCase) || said.Name.StartsWith("Bug-", StringComparison.OrdinalIgnoreCase))];

    /// <summary>A URL, or <c>no</c>, <c>not-needed</c>, <c>yes</c>; null when nothing is said, which DEP-3 reads as "no".</summary>
    public string? Forwarded => First("Forwarded");

    public string? UpstreamStatus => First("Upstream-Status");

    public string? AppliedUpstream => First("Applied-Upstream");

    /// <summary>The date as it is written, ISO 8601 by DEP-3.</summary>
    public string? LastUpdate => First("Last-Update");

    public static PatchHeader Of(Patch patch)
    {
        var fields = new List<(string Name, StringBuilder Value, int Line)>();
        var open = false;
        for (var i = 0; i < patch.Header.Length; i++)
        {
            var text = Encoding.UTF8.GetString(patch.Header[i].Body.Span).TrimEnd('\r');
            // "---" ends the header proper (DEP-3; git format-patch puts the diffstat below it).
            if (text == "---")
            {
                break;
            }

            var comment = text.StartsWith("# ", StringComparison.Ordinal) ? text[2..] : text;
            if (KnownField().Match(comment) is { Success: true } match)
            {
                fields.Add((match.Groups["name"].Value, new StringBuilder(match.Groups["value"].Value.Trim()), i + 1));
                open = true;
            }
            else if (open && text is [' ' or '\t', ..] && text.Trim() is { Length: > 0 } more)
            {
                Continue(fields[^1].Name, fields[^1].Value, more);
            }
            else
            {
                open = false;
            }
        }

        return new PatchHeader([.. fields.Select(field => new HeaderField(field.Name, Decoded(field.Value.ToString()), field.Line))]);
    }

    // A description keeps its lines, a lone dot being an empty one (DEP-3); every other field is folded (RFC 5322, 2.2.3).
    private static void Continue(string name, StringBuilder value, string more) =>
        _ = name.Equals("Description", StringComparison.OrdinalIgnoreCase)
            ? value.Append('\n').Append(more == "." ? "" : more)
            : value.Append(value.Length == 0 ? "" : " ").Append(more);

    private string? First(string name) =>
        Fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value;

    private static string Decoded(string value) =>
        EncodedWord().Replace(BetweenWords().Replace(value, ""), word =>
        {
            try
            {
                var text = word.Groups["text"].Value;
                var bytes = word.Groups["how"].Value is "b" or "B" ? Convert.FromBase64String(text) : Quoted(text);
                return (word.Groups["set"].Value.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : Encoding.Latin1).GetString(bytes);
            }
            catch (FormatException)
            {
                return word.Value;
            }
        });

    private static byte[] Quoted(string text) =>
        Encoding.Latin1.GetBytes(HexByte().Replace(text.Replace('_', ' '), hex => ((char)Convert.ToByte(hex.Value[1..], 16)).ToString()));

    [GeneratedRegex(@"^(?<name>Subject|Description|Author|From|Origin|Bug|Bug-[A-Za-z0-9]+|Forwarded|Upstream-Status|Applied-Upstream|Last-Update|Date|Reviewed-by|Acked-by|Signed-off-by|Co-authored-by):(?<value>.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex KnownField();

    [GeneratedRegex(@"^\s*\[[^\]]*PATCH[^\]]*\]\s*", RegexOptions.IgnoreCase)]
    private static partial Regex SubjectPrefix();

    [GeneratedRegex(@"=\?(?<set>utf-8|iso-8859-1|us-ascii)\?(?<how>[qb])\?(?<text>[^?]*)\?=", RegexOptions.IgnoreCase)]
    private static partial Regex EncodedWord();

    // White space between two encoded words is not part of the text (RFC 2047, 6.2).
    [GeneratedRegex(@"(?<=\?=)\s+(?==\?)")]
    private static partial Regex BetweenWords();

    [GeneratedRegex("=[0-9A-Fa-f]{2}")]
    private static partial Regex HexByte();
}
