using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Series;

/// <summary>
/// Writes patches as mails that git am takes (git-format-patch(1)). DEP-3's fields become trailers of the message, so
/// that they are in the commit; the patch's name stands in a field that mail knows nothing of.
/// </summary>
public static class MailWriter
{
    /// <summary>The mail's own field with the patch's file name; read again on import.</summary>
    public const string NameField = "X-Patchforge-Patch";

    // The line that git format-patch begins each mail with; the commit is nobody's.
    private const string Separator = "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n";

    /// <param name="patch">Written for -p1 and not reversed.</param>
    /// <param name="author">Of a patch that names none.</param>
    public static byte[] Write(Patch patch, PatchName name, int place, int count, GitAuthor author)
    {
        var message = PatchMessage.Of(patch, name);
        var (who, address) = message.Author ?? (author.Name, author.Email);
        var text = new StringBuilder(Separator)
            .Append(CultureInfo.InvariantCulture, $"From: {who} <{address}>\n")
            .Append(CultureInfo.InvariantCulture, $"Date: {HeaderWriter.Mail(message.Date ?? author.When)}\n")
            .Append(CultureInfo.InvariantCulture, $"Subject: [PATCH {Padded(place, count)}/{count}] {message.Subject}\n")
            .Append(CultureInfo.InvariantCulture, $"MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n{NameField}: {name}\n\n");
        foreach (var line in message.Text)
        {
            // A line that would begin another mail (RFC 4155, "mboxo").
            text.Append(Mailbox.IsSeparator(line) ? ">" : "").Append(line).Append('\n');
        }

        text.Append(message.Text.IsEmpty ? "" : "\n").AppendJoin("", message.Fields.Select(line => line + "\n")).Append("---\n\n");
        return [.. Encoding.UTF8.GetBytes(text.ToString()), .. (patch with { Header = [], Trailer = [] }).ToBytes(), .. "-- \npatchforge\n\n"u8];
    }

    /// <summary>The name that a mail of ours says; null for another's.</summary>
    public static string? NameIn(Patch mail) => HeaderParts.Of(mail.Header).Find(NameField)?.Value;

    private static string Padded(int place, int count) =>
        place.ToString(CultureInfo.InvariantCulture).PadLeft(count.ToString(CultureInfo.InvariantCulture).Length, '0');
}
