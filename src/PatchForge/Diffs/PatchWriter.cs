using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>
/// Writes patches: a parsed one exactly as it was, and the lines of a new one in git's form without anything
/// that changes from run to run: no time stamps, no <c>index</c> lines, no function names after <c>@@</c>.
/// </summary>
internal static class PatchWriter
{
    public static readonly Line NoLineFeed = Line.FromText("\\ No newline at end of file\n");

    public static byte[] ToBytes(Patch patch)
    {
        using var bytes = new MemoryStream();
        Put(patch.Header);
        foreach (var file in patch.Files)
        {
            Put(file.Lead);
            foreach (var hunk in file.Hunks)
            {
                bytes.Write(hunk.Heading.Span);
                foreach (var line in hunk.Lines)
                {
                    PutLine(line);
                }
            }
        }

        Put(patch.Trailer);
        return bytes.ToArray();

        void Put(ImmutableArray<Line> lines)
        {
            foreach (var line in lines)
            {
                bytes.Write(line.Span);
            }
        }

        void PutLine(HunkLine line)
        {
            if (!line.Bare)
            {
                bytes.WriteByte(line.Kind switch { LineKind.Context => (byte)' ', LineKind.Removed => (byte)'-', _ => (byte)'+' });
            }

            bytes.Write(line.Text.Span);
            if (!line.Marker.IsEmpty)
            {
                bytes.WriteByte((byte)'\n');
                bytes.Write(line.Marker.Span);
            }
        }
    }

    /// <summary>The header lines of one file, in the order git writes them.</summary>
    /// <param name="strip">0 writes bare names, 1 names with <c>a/</c> and <c>b/</c>.</param>
    public static ImmutableArray<Line> Lead(FileChange change, TreeMode? oldMode, TreeMode? newMode, bool hasHunks, int strip)
    {
        if (strip > 1)
        {
            throw Failure.Refused($"a patch is not written with {strip} leading segments", "only -p0 and -p1 are");
        }

        var from = change is FileChange.Rename rename ? rename.From : change is FileChange.Copy copy ? copy.From : change.Path;
        var oldName = DiffName.Quote((strip == 0 ? "" : "a/") + from.Text);
        var newName = DiffName.Quote((strip == 0 ? "" : "b/") + change.Path.Text);
        var lines = new List<string> { $"diff --git {oldName} {newName}" };
        switch (change)
        {
            case FileChange.Create:
                lines.Add($"new file mode {Octal(newMode ?? TreeMode.Regular)}");
                break;
            case FileChange.Delete:
                lines.Add($"deleted file mode {Octal(oldMode ?? TreeMode.Regular)}");
                break;
            default:
                if (oldMode is { } was && newMode is { } now && was != now)
                {
                    lines.Add($"old mode {Octal(was)}");
                    lines.Add($"new mode {Octal(now)}");
                }

                break;
        }

        if (change is FileChange.Rename or FileChange.Copy)
        {
            var verb = change is FileChange.Rename ? "rename" : "copy";
            lines.Add($"{verb} from {DiffName.Quote(from.Text)}");
            lines.Add($"{verb} to {DiffName.Quote(change.Path.Text)}");
        }

        if (hasHunks)
        {
            lines.Add("--- " + (change is FileChange.Create ? "/dev/null" : oldName));
            lines.Add("+++ " + (change is FileChange.Delete ? "/dev/null" : newName));
        }

        return [.. lines.Select(line => Line.FromText(line + "\n"))];
    }

    public static Line Heading(int oldStart, int oldCount, int newStart, int newCount) =>
        Line.FromText($"@@ -{Range(oldStart, oldCount)} +{Range(newStart, newCount)} @@\n");

    // As GNU diff and git write it: a count of one is left out.
    private static string Range(int start, int count) =>
        count == 1 ? start.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{start},{count}");

    private static string Octal(TreeMode mode) => Convert.ToString((int)mode, 8);
}
