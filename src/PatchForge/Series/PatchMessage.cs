using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Series;

/// <summary>
/// What a patch's header says as a commit says it: a subject, a text, and the fields of DEP-3 and OpenEmbedded as
/// trailers (git-interpret-trailers(1)); author and date beside it.
/// </summary>
/// <param name="Text">The lines below the subject without its fields; no empty line at either end.</param>
/// <param name="Fields">DEP-3's and OpenEmbedded's, as whole lines <c>Name: value</c>; a folded one with its further lines. Others, such as a mail's, stay in the file alone.</param>
/// <param name="Author">Null where the header names none.</param>
/// <param name="Date">Null where the header has none that can be read.</param>
public sealed partial record PatchMessage(
    string Subject, ImmutableArray<string> Text, ImmutableArray<string> Fields, (string Name, string Email)? Author, DateTimeOffset? Date)
{
    /// <summary>The trailer that ties a commit to its patch. It survives amending and rebasing, and no patch file has it.</summary>
    public const string NameTrailer = "Patchforge-Patch";

    /// <param name="name">Whose name serves as a subject where the header has none.</param>
    public static PatchMessage Of(Patch patch, PatchName name)
    {
        var parts = HeaderParts.Of(patch.Header);
        var said = PatchHeader.Of(patch);
        var description = parts.Find("Description");
        var text = Trimmed((description?.Lines.Skip(1) ?? []).Append("").Concat(parts.Text));
        var subject = parts.Find("Subject") is not null ? said.Subject : description?.Lines.First();
        if (string.IsNullOrWhiteSpace(subject))
        {
            subject = text.FirstOrDefault() ?? PatchNaming.Words(name);
            text = Trimmed(text.Skip(1));
        }

        return new PatchMessage(
            Shown(subject),
            text,
            [.. parts.Fields.Where(field => IsStatus(field.Name)).SelectMany(field => field.Raw)],
            said.Author is { } author ? Person(author) : null,
            parts.Find("Date") is { } date ? Read(date.Value) : null);
    }

    /// <summary>The commit's message, with the trailer.</summary>
    public string ToCommit(PatchName name)
    {
        var message = new StringBuilder(Subject).Append("\n\n");
        foreach (var line in Text)
        {
            message.Append(line).Append('\n');
        }

        message.Append(Text.IsEmpty ? "" : "\n");
        foreach (var line in Fields)
        {
            message.Append(line).Append('\n');
        }

        return message.Append(CultureInfo.InvariantCulture, $"{NameTrailer}: {name}\n").ToString();
    }

    /// <summary>Reads a commit's message again.</summary>
    /// <param name="names">The values of <see cref="NameTrailer"/>.</param>
    public static PatchMessage OfCommit(GitCommit commit, out ImmutableArray<string> names)
    {
        // Wherever they stand: a squashed commit has those of all that went into it.
        var all = commit.Message.Split('\n').ToLookup(line => line.StartsWith(NameTrailer + ":", StringComparison.Ordinal));
        names = [.. all[true].Select(line => line[(NameTrailer.Length + 1)..].Trim())];
        var lines = Trimmed(all[false]);
        var subject = lines.FirstOrDefault() ?? "";
        lines = Trimmed(lines.Skip(1));
        var last = lines.LastIndexOf("") + 1;
        var (fields, rest) = (new List<string>(), new List<string>());
        var isBlock = lines.Length > 0 && lines.Skip(last).All(line => line is [' ' or '\t', ..] || HeaderParts.FieldLine().IsMatch(line));
        var into = rest;
        foreach (var line in isBlock ? lines.Skip(last) : [])
        {
            // Only DEP-3's own go into the patch's fields; "Signed-off-by" and its like stay in the message (git-am(1)).
            into = line is [' ' or '\t', ..] ? into : IsStatus(HeaderParts.FieldLine().Match(line).Groups["name"].Value) ? fields : rest;
            into.Add(line);
        }

        var text = isBlock ? Trimmed(lines.Take(last).Concat(rest)) : lines;
        return new PatchMessage(subject, text, [.. fields], (commit.Author.Name, commit.Author.Email), commit.Author.When);
    }

    /// <summary>Whether two messages say the same, apart from empty lines and blanks at lines' ends, which git strips.</summary>
    public bool SaysTheSame(PatchMessage other) => Collapsed(this) == Collapsed(other);

    internal static ImmutableArray<string> Trimmed(IEnumerable<string> lines)
    {
        var all = lines.Select(line => line.TrimEnd()).SkipWhile(line => line.Length == 0).ToList();
        var end = all.FindLastIndex(line => line.Length > 0) + 1;
        return [.. all[..end]];
    }

    /// <summary>Fields that say what has become of the patch (DEP-3, OpenEmbedded's Upstream-Status).</summary>
    internal static bool IsStatus(string name) => StatusField().IsMatch(name);

    private static string Collapsed(PatchMessage message) =>
        EmptyLines().Replace(string.Join('\n', message.Text.Prepend("").Prepend(message.Subject.Trim()).Concat(message.Fields.Select(line => line.TrimEnd()).Order(StringComparer.Ordinal))), "\n");

    private static string Shown(string subject) => string.Concat(subject.Select(c => char.IsControl(c) ? ' ' : c)).Trim();

    /// <summary>The first of the authors; git knows one a commit, and neither of its parts may be empty there.</summary>
    private static (string Name, string Email)? Person(string author)
    {
        var match = Mailbox().Match(author);
        var name = string.Concat((match.Success ? match.Groups["name"].Value : author).Where(c => c is not ('<' or '>') && !char.IsControl(c))).Trim();
        var email = match.Success ? match.Groups["email"].Value.Trim() : "";
        return (name, email) is ("", "") ? null
            : (name.Length == 0 ? email : name, email.Length == 0 ? NoEmail : email);
    }

    /// <summary>Stands for an address that nobody gave (RFC 2606, section 2).</summary>
    public const string NoEmail = "unknown@patchforge.invalid";

    internal static bool IsDate(string text) => Read(text) is not null;

    private static DateTimeOffset? Read(string date) =>
        DateTimeOffset.TryParseExact(
            Comment().Replace(date, "").Trim(),
            ["ddd, d MMM yyyy HH:mm:ss zzz", "d MMM yyyy HH:mm:ss zzz", "ddd, d MMM yyyy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy zzz", "yyyy-MM-dd HH:mm:ss zzz", "yyyy-MM-ddTHH:mm:sszzz", "yyyy-MM-dd"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces,
            out var read) && read.Year is >= 1970 and < 2100
            ? read
            : null;

    [GeneratedRegex("^(Origin|Bug|Bug-[A-Za-z0-9-]+|Forwarded|Upstream-Status|Applied-Upstream|Last-Update|Reviewed-by|Acked-by|CVE)$", RegexOptions.IgnoreCase)]
    private static partial Regex StatusField();

    [GeneratedRegex("""^\s*"?(?<name>[^"<,]*?)"?\s*<(?<email>[^<>\s]*)>""")]
    private static partial Regex Mailbox();

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\n{2,}")]
    private static partial Regex EmptyLines();
}
