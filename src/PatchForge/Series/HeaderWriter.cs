using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using PatchForge.Diffs;

namespace PatchForge.Series;

/// <summary>
/// Writes a patch's header after its message was changed: what was not changed stays as it is, byte for byte. A header
/// that says nothing yet gets a <c>Subject:</c>, as git format-patch writes it.
/// </summary>
public static partial class HeaderWriter
{
    private static readonly HeaderParts None = new([], [], [], []);

    /// <summary>The header of a new patch: a mail's, which git am and DEP-3 read alike.</summary>
    public static ImmutableArray<Line> New(PatchMessage message) =>
        Lines(Whole(None, None, message with { Text = [], Fields = [], Subject = "", Author = null, Date = null }, message));

    /// <param name="before">What <paramref name="original"/> says.</param>
    /// <param name="after">What it shall say; author and date null where they are as they were or as nobody said.</param>
    /// <param name="freshDiffs">Whether the diffs are other ones, so that a diffstat would lie.</param>
    public static ImmutableArray<Line> Rewrite(ImmutableArray<Line> original, PatchMessage before, PatchMessage after, bool freshDiffs)
    {
        var parts = HeaderParts.Of(original);
        var kept = freshDiffs ? parts with { Tail = [.. parts.Tail.Where(line => !Diffstat().IsMatch(line))] } : parts;
        if (before.SaysTheSame(after) && Same(before, after))
        {
            return kept.Tail.Length == parts.Tail.Length
                ? original
                : [.. original[..^parts.Tail.Length], .. Bytes(kept.Tail, original)];
        }

        return Bytes(Whole(parts, kept, before, after), original);
    }

    private static bool Same(PatchMessage before, PatchMessage after) => before.Author == after.Author && before.Date == after.Date;

    private static IEnumerable<string> Whole(HeaderParts parts, HeaderParts kept, PatchMessage before, PatchMessage after)
    {
        var isDescription = parts.Find("Subject") is null && parts.Find("Description") is not null;
        var textChanged = !before.Text.SequenceEqual(after.Text);
        // A header of prose alone keeps its words below the subject that it gets.
        var isProse = parts.Find("Subject", "Description") is null;
        var intoDescription = isDescription && textChanged && !(parts.Find("Description") is { Raw.Length: 1 } && PatchMessage.Trimmed(parts.Text).Length > 0);
        var fields = Fields(parts, before, after, isDescription, intoDescription);
        IEnumerable<string> text = intoDescription ? [""]
            : textChanged || isProse ? Separated(after.Text)
            : parts.Text;
        return [.. kept.Prelude, .. fields, .. text, .. kept.Tail];
    }

    private static IEnumerable<string> Separated(ImmutableArray<string> text) => text.IsEmpty ? [""] : [.. text.Prepend(""), ""];

    private static List<string> Fields(HeaderParts parts, PatchMessage before, PatchMessage after, bool isDescription, bool intoDescription)
    {
        var lines = new List<string>();
        var author = before.Author == after.Author || after.Author is not { } who ? null : $"{who.Name} <{who.Email}>";
        var date = before.Date == after.Date || after.Date is not { } when ? null : Mail(when);
        var fields = parts.Fields;
        if (!isDescription)
        {
            // A mail's order: From, Date, Subject.
            lines.AddRange(author is not null && parts.Find("From", "Author") is null ? ["From: " + author] : []);
            lines.AddRange(date is not null && parts.Find("Date") is null ? ["Date: " + date] : []);
            lines.AddRange(parts.Find("Subject") is null ? ["Subject: " + after.Subject] : []);
        }

        var status = Blocks(after.Fields);
        var said = new HashSet<string>();
        foreach (var field in fields)
        {
            if (PatchMessage.IsStatus(field.Name))
            {
                var now = status.Find(one => !said.Contains(one) && one == string.Join('\n', field.Raw))
                    ?? status.Find(one => !said.Contains(one) && !fields.Any(other => one == string.Join('\n', other.Raw)) && NameOf(one).Equals(field.Name, StringComparison.OrdinalIgnoreCase));
                if (now is not null && said.Add(now))
                {
                    lines.AddRange(now.Split('\n'));
                }

                continue;
            }

            lines.AddRange(field.Name.ToLowerInvariant() switch
            {
                "from" or "author" when author is not null && field == parts.Find("From", "Author") => [$"{field.Name}: {author}"],
                "date" when date is not null => [$"{field.Name}: {date}"],
                "subject" when before.Subject != after.Subject => [$"{field.Name}: {Prefix().Match(field.Raw[0]).Value}{after.Subject}"],
                "description" when isDescription => Description(field, before, after, intoDescription),
                _ => field.Raw,
            });
        }

        lines.AddRange(isDescription && author is not null && parts.Find("From", "Author") is null ? ["Author: " + author] : []);
        lines.AddRange(status.Where(one => !said.Contains(one)).SelectMany(one => one.Split('\n')));
        return lines;
    }

    private static IEnumerable<string> Description(HeaderBlockField field, PatchMessage before, PatchMessage after, bool withText)
    {
        var isSame = before.Subject == after.Subject;
        // Where the name stands alone in its line, the subject is the line below.
        var isBelow = field.Lines.First().Length == 0;
        IEnumerable<string> first = !isSame ? [$"{field.Name}: {after.Subject}"] : isBelow ? field.Raw.Take(2) : field.Raw.Take(1);
        return first.Concat(withText ? after.Text.Select(line => line.Length == 0 ? " ." : " " + line) : field.Raw.Skip(isBelow ? 2 : 1));
    }

    /// <summary>Each field with its folded lines as one string.</summary>
    private static List<string> Blocks(ImmutableArray<string> lines)
    {
        var blocks = new List<string>();
        foreach (var line in lines)
        {
            if (blocks.Count > 0 && line is [' ' or '\t', ..])
            {
                blocks[^1] += "\n" + line;
            }
            else
            {
                blocks.Add(line);
            }
        }

        return blocks;
    }

    private static string NameOf(string block) => block[..block.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>RFC 5322, section 3.3.</summary>
    internal static string Mail(DateTimeOffset when) =>
        when.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + when.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);

    private static ImmutableArray<Line> Lines(IEnumerable<string> lines) => [.. lines.Select(line => Line.FromText(line + "\n"))];

    /// <summary>A line that the original has keeps the original's bytes, whatever their encoding.</summary>
    private static ImmutableArray<Line> Bytes(IEnumerable<string> lines, ImmutableArray<Line> original)
    {
        var known = new Dictionary<string, Line>(StringComparer.Ordinal);
        foreach (var line in original)
        {
            known.TryAdd(HeaderParts.Decoded(line), line);
        }

        return [.. lines.Select(line => known.TryGetValue(line, out var same) ? same : Line.FromText(line + "\n"))];
    }

    // What git format-patch writes between "---" and the diffs.
    [GeneratedRegex(@"^ (\S.* \|\s+(\d+ ?[+-]*|Bin .*)|\d+ files? changed(, .*)?|(create|delete) mode \d{6} .*|(rename|copy) .* \(\d+%\)|mode change .*)$")]
    private static partial Regex Diffstat();

    [GeneratedRegex(@"(?<=^Subject:\s*)\[[^\]]*PATCH[^\]]*\]\s*", RegexOptions.IgnoreCase)]
    private static partial Regex Prefix();
}
