using System.Collections.Immutable;
using System.Text;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Series;

/// <summary>A line of somebody else's series file.</summary>
/// <param name="Path">The patch below the series' folder, sub-folders included; null for a comment or an empty line.</param>
/// <param name="Comment">The comment behind the options, from its <c>#</c>; the whole line where there is no patch.</param>
public sealed record ForeignLine(TreePath? Path, int Strip, bool Reverse, string Comment, FileLocation At);

/// <summary>
/// A series file as quilt reads it (quilt(1), "series file"), which is more than ours may be: patches in sub-folders,
/// names without an ending, any <c>-pN</c>.
/// </summary>
public static class ForeignSeries
{
    /// <exception cref="Failure">Refused, with file and line: an unknown option, a name that leaves the folder.</exception>
    public static ImmutableArray<ForeignLine> Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        // Latin-1 keeps every byte of a comment, as in SeriesFile.
        var lines = Encoding.Latin1.GetString(bytes.Span).Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var end = lines is [.., ""] ? lines.Length - 1 : lines.Length;
        return [.. lines.Take(end).Select((line, index) => Parse(line, new FileLocation(file, index + 1)))];
    }

    /// <summary>The name that a patch gets in a series of ours: folders become part of it, odd characters a dash.</summary>
    public static PatchName NameOf(string path, IReadOnlySet<PatchName> taken)
    {
        var stem = path.EndsWith(".patch", StringComparison.Ordinal) || path.EndsWith(".diff", StringComparison.Ordinal) ? path : path + ".patch";
        var plain = string.Concat(stem.Select(c => c is > ' ' and < '\x7f' and not ('/' or '\\' or '"' or '\'' or '#' or '*' or '?') ? c : '-')).TrimStart('.', '-');
        plain = plain.Length > 200 ? plain[..150] + plain[^50..] : plain;
        for (var count = 1; ; count++)
        {
            var dot = plain.LastIndexOf('.');
            var name = PatchName.Parse(count == 1 ? plain : $"{plain[..dot]}-{count}{plain[dot..]}");
            if (!taken.Contains(name))
            {
                return name;
            }
        }
    }

    private static ForeignLine Parse(string line, FileLocation at)
    {
        // A '#' begins a comment at the line's start or after a blank.
        var hash = Enumerable.Range(0, line.Length).Where(i => line[i] == '#' && (i == 0 || line[i - 1] is ' ' or '\t')).Append(line.Length).First();
        var words = line[..hash].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return new ForeignLine(null, 1, false, line.TrimEnd(), at);
        }

        var (strip, reverse) = (1, false);
        for (var i = 1; i < words.Length; i++)
        {
            var option = words[i] == "-p" && i + 1 < words.Length ? "-p" + words[++i] : words[i];
            switch (option)
            {
                case "-pab":
                    strip = 1;
                    break;
                case ['-', 'p', >= '0' and <= '9'] or ['-', 'p', >= '0' and <= '9', >= '0' and <= '9']:
                    strip = int.Parse(option.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case "-R" or "--reverse":
                    reverse = true;
                    break;
                default:
                    throw Failure.Refused($"an unknown option '{string.Concat(option.Take(60).Where(c => !char.IsControl(c)))}'", "-pN, -pab and -R are known; a comment begins with ' #'", at);
            }
        }

        return new ForeignLine(TreePath.Parse(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(words[0])), at), strip, reverse, line[hash..].TrimEnd(), at);
    }
}
