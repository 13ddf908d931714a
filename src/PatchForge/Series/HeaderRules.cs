using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Series;

/// <summary>Something in a patch's header that does not say what its field is for.</summary>
public sealed record HeaderFinding(FileLocation At, string Sentence)
{
    public override string ToString() => $"{At}: {Sentence}";
}

/// <summary>
/// What DEP-3 (Patch Tagging Guidelines), git's mail form and OpenEmbedded's <c>Upstream-Status</c> ask of a header. A
/// finding changes nothing and stops nothing.
/// </summary>
public static partial class HeaderRules
{
    private static readonly string[] Names =
        ["Subject", "Description", "From", "Author", "Date", "Origin", "Bug", "Forwarded", "Upstream-Status", "Applied-Upstream", "Last-Update", "Reviewed-by", "Acked-by", "Signed-off-by"];

    private static readonly string[] Once = ["Subject", "Description", "Date", "Origin", "Forwarded", "Upstream-Status", "Applied-Upstream", "Last-Update"];

    /// <summary>In the order of the lines.</summary>
    public static ImmutableArray<HeaderFinding> Check(Patch patch)
    {
        var header = PatchHeader.Of(patch);
        // Upstream-Status counts wherever it stands (OpenEmbedded); "From:" in a text is only a text.
        var parts = HeaderParts.Of(patch.Header);
        var block = patch.Header.Length - parts.Text.Length - parts.Tail.Length;
        header = header with { Fields = [.. header.Fields.Where(field => field.Line <= block || field.Name.Equals("Upstream-Status", StringComparison.OrdinalIgnoreCase))] };
        var findings = header.Fields.Select(field => Complaint(field) is { } why ? new HeaderFinding(new FileLocation(patch.Name, field.Line), why) : null)
            .Concat(Repeated(patch, header))
            .Concat(Misspelt(patch, parts))
            .OfType<HeaderFinding>()
            .ToList();
        if (PatchMessage.Trimmed(patch.Header.Select(line => line.ToString())).All(line => line.StartsWith('#')))
        {
            findings.Insert(0, new HeaderFinding(new FileLocation(patch.Name, 1), "nothing says what the patch is for: begin it with 'Subject: …' and a text (DEP-3)"));
        }

        return [.. findings.OrderBy(finding => finding.At.Line)];
    }

    private static string? Complaint(HeaderField field)
    {
        var value = field.Value.Trim();
        return field.Name.ToLowerInvariant() switch
        {
            var name when value.Length == 0 && name is not "description" => $"{field.Name} is empty",
            "upstream-status" => UpstreamStatus(value),
            "last-update" when !DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) => $"Last-Update is a date such as 2026-01-31 (DEP-3), not '{value}'",
            "date" when !PatchMessage.IsDate(value) => $"Date cannot be read: '{value}' (RFC 5322, section 3.3)",
            "bug" when !Address().IsMatch(value) => $"Bug is the address of a report in upstream's tracker (DEP-3), not '{value}'",
            "forwarded" when value is not ("no" or "not-needed" or "yes") && !Address().IsMatch(value) => $"Forwarded is no, not-needed, yes or an address (DEP-3), not '{value}'",
            "origin" when !Origin().IsMatch(value) => $"Origin is upstream, backport, vendor or other, with an address or commit, or one of those alone (DEP-3), not '{value}'",
            "from" or "author" when !value.Contains('@', StringComparison.Ordinal) => $"{field.Name} has no mail address: '{value}'",
            _ => null,
        };
    }

    private static string? UpstreamStatus(string value)
    {
        var match = Status().Match(value);
        return !match.Success ? $"Upstream-Status is Pending, Submitted, Backport, Denied, Inappropriate or Inactive-Upstream (OpenEmbedded), not '{value}'"
            : match.Groups["word"].Value is "Submitted" or "Backport" or "Inappropriate" && !match.Groups["why"].Success
                ? $"Upstream-Status: {match.Groups["word"].Value} wants to say {(match.Groups["word"].Value == "Inappropriate" ? "why" : "where")}, in brackets: [ … ]"
            : null;
    }

    private static IEnumerable<HeaderFinding> Repeated(Patch patch, PatchHeader header) =>
        header.Fields.Where(field => Once.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            .GroupBy(field => field.Name, StringComparer.OrdinalIgnoreCase)
            .Where(group => group.Skip(1).Any())
            .Select(group => new HeaderFinding(new FileLocation(patch.Name, group.ElementAt(1).Line), $"{group.Key} is said twice, first in line {group.First().Line}"));

    /// <summary>A field that nobody knows and that is one letter away from one that is known.</summary>
    private static IEnumerable<HeaderFinding> Misspelt(Patch patch, HeaderParts parts) =>
        parts.Fields.Where(field => !Names.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            .Select(field => (Field: field, Known: Array.Find(Names, name => IsOneLetterAway(name.ToLowerInvariant(), field.Name.ToLowerInvariant()))))
            .Where(pair => pair.Known is not null)
            .Select(pair => new HeaderFinding(new FileLocation(patch.Name, LineOf(patch, pair.Field.Raw[0])), $"nothing knows the field '{pair.Field.Name}': is {pair.Known} meant?"));

    private static int LineOf(Patch patch, string raw) => patch.Header.Select(HeaderParts.Decoded).TakeWhile(line => line != raw).Count() + 1;

    private static bool IsOneLetterAway(string one, string other)
    {
        var (shorter, longer) = one.Length <= other.Length ? (one, other) : (other, one);
        if (longer.Length - shorter.Length > 1 || one == other)
        {
            return false;
        }

        var head = shorter.Zip(longer).TakeWhile(pair => pair.First == pair.Second).Count();
        return shorter.Length == longer.Length
            ? shorter[(head + 1)..] == longer[(head + 1)..] || (head + 2 <= shorter.Length && shorter[head] == longer[head + 1] && shorter[head + 1] == longer[head] && shorter[(head + 2)..] == longer[(head + 2)..])
            : shorter[head..] == longer[(head + 1)..];
    }

    [GeneratedRegex(@"^(?<word>Pending|Submitted|Backport|Denied|Inappropriate|Inactive-Upstream)(\s+(?<why>[\[(].*))?\s*$")]
    private static partial Regex Status();

    [GeneratedRegex(@"^[<(]?(https?|ftp|git|ssh|mailto|bug|news)[:+]|^[<(]?www\.|^#[0-9]+$|@", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    [GeneratedRegex(@"^(upstream|backport|vendor|other)\b|^(https?|ftp|git|commit)[:+]|[A-Za-z]+://|^commit\b|^[0-9a-f]{7,64}\b", RegexOptions.IgnoreCase)]
    private static partial Regex Origin();
}
