using System.Collections.Immutable;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Series;

/// <summary>What a patch was made on.</summary>
/// <param name="Text">The blob id of the patch file this was recorded for; another text needs another record.</param>
/// <param name="Release">The release whose tree it was, with the patches before it applied.</param>
/// <param name="Files">Each file the patch changes, as it was before; files that the patch makes have no base.</param>
public sealed record PatchBase(PatchName Name, BlobId Text, string Release, ImmutableSortedDictionary<TreePath, BlobId> Files);

/// <summary>
/// The file <c>bases</c> beside a series (docs/adr/0003): for each patch the blob ids of the files it was made
/// on, so that a three-way merge onto another release can find the common ancestor, in a tarball as in git.
/// </summary>
/// <remarks>
/// <code>
/// patch NAME BLOB-OF-THE-PATCH RELEASE
/// base BLOB PATH
/// </code>
/// A <c>patch</c> line, then its <c>base</c> lines in path order; the path is the rest of the line. Lines that
/// begin with <c>#</c> and empty lines are skipped on reading; written in the series' order, each byte is a
/// function of the records.
/// </remarks>
public static class BasesFile
{
    public const string FileName = "bases";

    private const string Heading = "# The git blob ids of the files that each patch was made on; written by patchforge.\n";

    /// <exception cref="Failure">Refused, with file and line: a line that is none of the two forms.</exception>
    public static ImmutableArray<PatchBase> Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        var records = new List<PatchBase>();
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(bytes.Span).Split('\n'))
        {
            var at = new FileLocation(file, ++number);
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            switch (line.Split(' ', 2)[0])
            {
                case "patch" when line.Split(' ') is [_, var name, var text, var release] && BlobId.TryParse(text, out var id):
                    records.Add(new PatchBase(PatchName.Parse(name, at), id, release, ImmutableSortedDictionary<TreePath, BlobId>.Empty));
                    break;
                case "base" when records.Count > 0 && line.Split(' ', 3) is [_, var text, var path] && BlobId.TryParse(text, out var id):
                    records[^1] = records[^1] with { Files = records[^1].Files.SetItem(TreePath.Parse(path, at), id) };
                    break;
                default:
                    throw Failure.Refused("not a line of a bases file", "delete the file; the next refresh records the bases again", at);
            }
        }

        return [.. records];
    }

    public static byte[] ToBytes(IEnumerable<PatchBase> records)
    {
        var text = new StringBuilder(Heading);
        foreach (var record in records)
        {
            text.Append('\n').Append("patch ").Append(record.Name).Append(' ').Append(record.Text).Append(' ').Append(record.Release).Append('\n');
            foreach (var (path, id) in record.Files)
            {
                text.Append("base ").Append(id).Append(' ').Append(path).Append('\n');
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
