using System.Text;
using System.Text.RegularExpressions;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>
/// Names as patches write them: <c>a/dir/file</c>, in C quotes when a byte is special (git-config(1),
/// core.quotePath), with a tab and a time stamp after them, or <c>/dev/null</c>.
/// </summary>
internal static partial class DiffName
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>A name and what follows its tab.</summary>
    /// <param name="Raw">The name unquoted, before any segment is stripped.</param>
    internal readonly record struct Label(string Raw, string Stamp)
    {
        public bool IsNothing => Raw == "/dev/null";
    }

    /// <summary>Reads what follows <c>--- </c> or <c>+++ </c>.</summary>
    public static Label ReadLabel(ReadOnlySpan<byte> text, FileLocation at)
    {
        if (text is [(byte)'"', ..])
        {
            var raw = Unquote(text, at, out var used);
            var rest = text[used..];
            return rest is [] or [(byte)'\t', ..]
                ? new Label(raw, Encoding.UTF8.GetString(rest).Trim())
                : throw Failure.Refused("text after a quoted name", null, at);
        }

        var tab = text.IndexOf((byte)'\t');
        var bare = Decode(tab < 0 ? text : text[..tab], at);
        if (tab < 0 && SpacedStamp().Match(bare) is { Success: true } spaced)
        {
            // Somebody's editor or clipboard made blanks of the tab; both tools know the date behind them.
            return new Label(spaced.Groups["name"].Value, spaced.Groups["stamp"].Value);
        }

        if (tab < 0 && bare.Contains(' ', StringComparison.Ordinal))
        {
            // GNU patch ends the name at the space, git apply does not: refusing is the only safe reading.
            throw Failure.Refused(
                $"a name with a space and no tab after it: '{Shown(bare)}'", "git and GNU diff end such a name with a tab", at);
        }

        return new Label(bare, tab < 0 ? "" : Encoding.UTF8.GetString(text[tab..]).Trim());
    }

    /// <summary>Reads a whole line's name that has nothing after it, as in <c>rename from</c>.</summary>
    public static string ReadWhole(ReadOnlySpan<byte> text, FileLocation at)
    {
        if (text is not [(byte)'"', ..])
        {
            return Decode(text, at);
        }

        var raw = Unquote(text, at, out var used);
        return used == text.Length ? raw : throw Failure.Refused("text after a quoted name", null, at);
    }

    /// <summary>The path inside the tree, with <paramref name="strip"/> leading segments taken off.</summary>
    /// <exception cref="Failure">Refused: absolute, with <c>..</c>, inside .git, or too few segments.</exception>
    public static TreePath ToPath(string raw, int strip, FileLocation at)
    {
        var segments = raw.Split('/');
        if (raw.StartsWith('/') || segments.Contains("..") || segments.Contains(".git"))
        {
            // Judged before stripping: a name that is hostile in front is not made harmless by -p.
            TreePath.Parse(raw, at);
        }

        if (segments.Length <= strip)
        {
            throw Failure.Refused(
                $"the name '{Shown(raw)}' has too few segments to strip {strip}", "the series' -p option does not fit this patch", at);
        }

        return TreePath.Parse(string.Join('/', segments[strip..]), at);
    }

    /// <summary>
    /// The two names of a <c>diff --git</c> line, or null when the line alone does not tell where the first
    /// ends: unquoted names with spaces that are not the same name twice (as git's own reader does it).
    /// </summary>
    public static (string Old, string New)? SplitGitLine(ReadOnlySpan<byte> text, int strip, FileLocation at)
    {
        if (text is [(byte)'"', ..])
        {
            var first = Unquote(text, at, out var used);
            return used < text.Length && text[used] == ' ' ? (first, ReadWhole(text[(used + 1)..], at)) : null;
        }

        if (text is [.., (byte)'"'] && text.IndexOf(" \""u8) is >= 0 and var quoted)
        {
            return (Decode(text[..quoted], at), ReadWhole(text[(quoted + 1)..], at));
        }

        var line = Decode(text, at);
        for (var space = line.IndexOf(' ', StringComparison.Ordinal); space >= 0; space = line.IndexOf(' ', space + 1))
        {
            if (line.Length == (2 * space) + 1 && Tail(line[..space], strip) == Tail(line[(space + 1)..], strip))
            {
                return (line[..space], line[(space + 1)..]);
            }
        }

        var only = line.IndexOf(' ', StringComparison.Ordinal);
        return only > 0 && only == line.LastIndexOf(' ') ? (line[..only], line[(only + 1)..]) : null;
    }

    /// <summary>
    /// The name in C quotes when it needs them. A space needs them too, though git writes it bare: patch ends
    /// a bare name there, and a line with two bare names cannot be told apart; both tools read the quoted form.
    /// </summary>
    public static string Quote(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        if (!bytes.Any(b => b is <= 0x20 or >= 0x7f or (byte)'"' or (byte)'\\'))
        {
            return name;
        }

        var quoted = new StringBuilder("\"");
        foreach (var b in bytes)
        {
            _ = b switch
            {
                (byte)'"' or (byte)'\\' => quoted.Append('\\').Append((char)b),
                < 0x20 or >= 0x7f => quoted.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0')),
                _ => quoted.Append((char)b),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static string Tail(string name, int strip) => string.Join('/', name.Split('/').Skip(strip));

    private static string Unquote(ReadOnlySpan<byte> text, FileLocation at, out int used)
    {
        var bytes = new List<byte>();
        for (used = 1; used < text.Length; used++)
        {
            if (text[used] == '"')
            {
                used++;
                return Decode(bytes.ToArray(), at);
            }

            bytes.Add(text[used] == '\\' ? Escaped(text, ref used, at) : text[used]);
        }

        throw Failure.Refused("a quoted name without its closing quote", null, at);
    }

    private static byte Escaped(ReadOnlySpan<byte> text, ref int at, FileLocation where)
    {
        at++;
        if (at + 2 < text.Length && text[at] is >= (byte)'0' and <= (byte)'3'
            && text[at + 1] is >= (byte)'0' and <= (byte)'7' && text[at + 2] is >= (byte)'0' and <= (byte)'7')
        {
            at += 2;
            return (byte)(((text[at - 2] - '0') << 6) | ((text[at - 1] - '0') << 3) | (text[at] - '0'));
        }

        return (at < text.Length ? (char)text[at] : '\0') switch
        {
            'a' => (byte)'\a',
            'b' => (byte)'\b',
            't' => (byte)'\t',
            'n' => (byte)'\n',
            'v' => (byte)'\v',
            'f' => (byte)'\f',
            'r' => (byte)'\r',
            '"' => (byte)'"',
            '\\' => (byte)'\\',
            _ => throw Failure.Refused("an unknown escape in a quoted name", null, where),
        };
    }

    private static string Decode(ReadOnlySpan<byte> bytes, FileLocation at)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Failure.Refused("a file name that is not UTF-8", null, at);
        }
    }

    /// <summary>A name without blanks and the time stamp of GNU diff (diffutils manual, "Example of Unified Format").</summary>
    [GeneratedRegex(@"^(?<name>[^ ]+) +(?<stamp>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)? [-+][0-9]{4})$", RegexOptions.CultureInvariant)]
    private static partial Regex SpacedStamp();

    private static string Shown(string name) => new Line(Encoding.UTF8.GetBytes(name)).ToString();
}
