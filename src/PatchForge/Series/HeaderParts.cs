using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using PatchForge.Diffs;

namespace PatchForge.Series;

/// <summary>One field of a header's leading block, with its folded lines.</summary>
/// <param name="Raw">Its lines as they stand, without line feeds.</param>
internal sealed record HeaderBlockField(string Name, ImmutableArray<string> Raw)
{
    /// <summary>What follows the colon, further lines below it without their first blank (DEP-3; RFC 5322, 2.2.3).</summary>
    public IEnumerable<string> Lines => Raw.Skip(1).Select(line => line.Trim() is "." ? "" : line[1..].TrimEnd()).Prepend(Raw[0][(Name.Length + 1)..].Trim());

    public string Value => string.Join('\n', Lines);
}

/// <summary>
/// A patch's header taken apart, every line in one place: what stands before the fields (mbox's <c>From </c> line,
/// comments), the leading block of <c>Name: value</c> fields, the text, and what follows a <c>---</c> line, which is no
/// part of the message (git-am(1), DEP-3).
/// </summary>
internal sealed partial record HeaderParts(
    ImmutableArray<string> Prelude, ImmutableArray<HeaderBlockField> Fields, ImmutableArray<string> Text, ImmutableArray<string> Tail)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public HeaderBlockField? Find(params string[] names) =>
        Fields.FirstOrDefault(field => names.Any(name => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));

    public static HeaderParts Of(ImmutableArray<Line> header)
    {
        var lines = header.Select(Decoded).ToList();
        var at = 0;
        while (at < lines.Count && (at == 0 && MboxLine().IsMatch(lines[at]) || lines[at].StartsWith('#')))
        {
            at++;
        }

        // Empty lines between a comment and the fields belong to the comment.
        var fieldsAt = at;
        while (at > 0 && fieldsAt < lines.Count && lines[fieldsAt].Length == 0)
        {
            fieldsAt++;
        }

        var fields = Block(lines, fieldsAt, out var textAt);
        at = fields.IsEmpty ? at : fieldsAt;
        textAt = fields.IsEmpty ? at : textAt;
        var tailAt = lines.FindIndex(textAt, line => line == "---");
        tailAt = tailAt < 0 ? lines.Count : tailAt;
        return new HeaderParts([.. lines[..at]], fields, [.. lines[textAt..tailAt]], [.. lines[tailAt..]]);
    }

    /// <summary>Whether a text has the line that ends a header.</summary>
    internal static bool HasRule(string text) => text.Split('\n').Any(line => line.TrimEnd() == "---");

    private static ImmutableArray<HeaderBlockField> Block(List<string> lines, int at, out int after)
    {
        var fields = new List<HeaderBlockField>();
        for (; at < lines.Count; at++)
        {
            if (fields.Count > 0 && lines[at] is [' ' or '\t', ..] && lines[at].Trim().Length > 0)
            {
                fields[^1] = fields[^1] with { Raw = fields[^1].Raw.Add(lines[at]) };
            }
            else if (FieldLine().Match(lines[at]) is { Success: true } match && (fields.Count > 0 || Opening().IsMatch(match.Groups["name"].Value)))
            {
                fields.Add(new HeaderBlockField(match.Groups["name"].Value, [lines[at]]));
            }
            else
            {
                break;
            }
        }

        after = at;
        return [.. fields];
    }

    /// <summary>UTF-8, or Latin-1 where it is not: old patches say nothing of their encoding.</summary>
    internal static string Decoded(Line line)
    {
        var body = line.Body.Span.TrimEnd((byte)'\r');
        try
        {
            return Strict.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(body);
        }
    }

    [GeneratedRegex("^From [0-9a-f]{7,64} ")]
    private static partial Regex MboxLine();

    [GeneratedRegex(@"^(?<name>[A-Za-z][A-Za-z0-9-]*):(?:[ \t]|$)")]
    internal static partial Regex FieldLine();

    // A sentence may begin with a word and a colon; a block of fields begins with one of these.
    [GeneratedRegex("^(From|Author|Date|Subject|Description|Origin|Bug|Bug-.*|Forwarded|Upstream-Status|Applied-Upstream|Last-Update|Reviewed-by|Acked-by|Signed-off-by|MIME-Version|Content-.*|Message-Id|X-.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex Opening();
}
