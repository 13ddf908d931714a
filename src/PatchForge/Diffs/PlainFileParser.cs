using System.Globalization;
using System.Text.RegularExpressions;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>Reads one file of a diff without git's header: <c>---</c>, <c>+++</c>, hunks.</summary>
internal sealed partial class PlainFileParser(PatchLines lines, int strip)
{
    public FileDiff Parse(IEnumerable<Line> lead)
    {
        var at = lines.Here;
        var oldLine = lines.TakeStructure();
        var newAt = lines.Here;
        var newLine = lines.TakeStructure();
        var oldLabel = DiffName.ReadLabel(oldLine.Body.Span[4..], at);
        var newLabel = DiffName.ReadLabel(newLine.Body.Span[4..], newAt);
        if (!lines.Current.StartsWith("@@ -"u8))
        {
            throw lines.Refuse("a file's header without a hunk after it", "was the patch cut off?");
        }

        var hunks = HunkParser.ParseAll(lines);
        var creates = hunks is [{ OldCount: 0, OldStart: 0 }];
        var deletes = hunks is [{ NewCount: 0, NewStart: 0 }];
        FileChange change = (oldLabel, newLabel) switch
        {
            ({ IsNothing: true }, { IsNothing: true }) => throw Failure.Refused("a diff of /dev/null with itself", null, at),
            ({ IsNothing: true }, _) => creates
                ? new FileChange.Create(DiffName.ToPath(newLabel.Raw, strip, newAt))
                : throw Failure.Refused("a new file whose hunk has old lines", null, new FileLocation(at.File, hunks[0].AtLine)),
            (_, { IsNothing: true }) => deletes
                ? new FileChange.Delete(DiffName.ToPath(oldLabel.Raw, strip, at))
                : throw Failure.Refused("a deleted file whose hunk has new lines", null, new FileLocation(at.File, hunks[0].AtLine)),
            _ => Named(oldLabel, newLabel, at, newAt) switch
            {
                var path when creates && IsEpoch(oldLabel.Stamp) => new FileChange.Create(path),
                var path when deletes && IsEpoch(newLabel.Stamp) => new FileChange.Delete(path),
                var path => new FileChange.Edit(path),
            },
        };
        return new FileDiff(at, [.. lead, oldLine, newLine], change, null, null, hunks);
    }

    /// <summary>
    /// One file from two names: the same, or one of them with something at its end (<c>file.orig</c>,
    /// <c>file~</c>), as git apply reads them. Any other pair could mean either file and is refused.
    /// </summary>
    private TreePath Named(DiffName.Label oldLabel, DiffName.Label newLabel, FileLocation oldAt, FileLocation newAt)
    {
        var oldPath = DiffName.ToPath(oldLabel.Raw, strip, oldAt);
        var newPath = DiffName.ToPath(newLabel.Raw, strip, newAt);
        return oldPath.Text.StartsWith(newPath.Text, StringComparison.Ordinal) ? newPath
            : newPath.Text.StartsWith(oldPath.Text, StringComparison.Ordinal) ? oldPath
            : throw Failure.Refused(
                $"the diff names two files, '{oldPath}' and '{newPath}'", "a rename needs git's 'rename from' and 'rename to' lines", newAt);
    }

    /// <summary>
    /// Whether a time stamp is the epoch, which is how diff -N writes a file that is not there (GNU patch
    /// manual, "Creating and Deleting Files").
    /// </summary>
    private static bool IsEpoch(string stamp)
    {
        var match = EpochStamp().Match(stamp);
        if (!match.Success)
        {
            return false;
        }

        var minutes = (int.Parse(match.Groups["h"].Value, CultureInfo.InvariantCulture) * 60)
            + int.Parse(match.Groups["m"].Value, CultureInfo.InvariantCulture);
        var zone = (int.Parse(match.Groups["zh"].Value, CultureInfo.InvariantCulture) * 60)
            + int.Parse(match.Groups["zm"].Value, CultureInfo.InvariantCulture);
        return match.Groups["sign"].Value == "-"
            ? match.Groups["day"].Value == "1969-12-31" && minutes == (24 * 60) - zone || (zone == 0 && minutes == 0)
            : match.Groups["day"].Value == "1970-01-01" && minutes == zone;
    }

    [GeneratedRegex(@"^(?<day>1969-12-31|1970-01-01) (?<h>[0-2][0-9]):(?<m>[0-5][0-9]):00(\.0+)? (?<sign>[-+])(?<zh>[01][0-9]):?(?<zm>[0-5][0-9])$")]
    private static partial Regex EpochStamp();
}
