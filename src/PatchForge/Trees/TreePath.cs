using PatchForge.Seams;

namespace PatchForge.Trees;

/// <summary>
/// A path inside a source tree: relative, '/'-separated, no empty, <c>.</c> or <c>..</c> segment, no NUL and
/// no control character, at most 4,096 bytes of UTF-8 (PATH_MAX, limits.h). Making one is the check that a
/// name from a patch or an archive cannot leave the tree by its text; links are checked where they are made.
/// </summary>
public readonly record struct TreePath : IComparable<TreePath>
{
    private readonly string? _text;

    private TreePath(string text) => _text = text;

    public string Text => _text ?? throw new InvalidOperationException("A default TreePath is not a path.");

    public string Name => Text[(Text.LastIndexOf('/') + 1)..];

    /// <summary>Null when <paramref name="text"/> is a path inside a tree, else why it is not.</summary>
    public static string? Complaint(string text)
    {
        if (text.Length == 0)
        {
            return "an empty name";
        }

        if (System.Text.Encoding.UTF8.GetByteCount(text) > 4096)
        {
            return "a name longer than 4096 bytes";
        }

        if (text[0] == '/')
        {
            return "an absolute name";
        }

        foreach (var c in text)
        {
            if (char.IsControl(c) || c == '\\')
            {
                return "a name with a control character or a backslash";
            }
        }

        foreach (var segment in text.Split('/'))
        {
            switch (segment)
            {
                case "":
                    return "a name with an empty segment";
                case ".":
                    return "a name with a '.' segment";
                case "..":
                    return "a name with a '..' segment";
                case ".git":
                    return "a name inside .git";
                default:
                    break;
            }
        }

        return null;
    }

    /// <exception cref="Failure">Refused, naming the path and <paramref name="at"/>.</exception>
    public static TreePath Parse(string text, FileLocation? at = null) =>
        Complaint(text) is { } why
            ? throw Failure.Refused($"{why} is refused: {Quoted(text)}", "names in patches and archives must stay inside the source tree", at)
            : new TreePath(text);

    public static bool TryParse(string text, out TreePath path)
    {
        path = Complaint(text) is null ? new TreePath(text) : default;
        return path._text is not null;
    }

    /// <summary>The folders this path lies in, outermost first.</summary>
    public IEnumerable<TreePath> Parents()
    {
        var text = Text;
        for (var slash = text.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = text.IndexOf('/', slash + 1))
        {
            yield return new TreePath(text[..slash]);
        }
    }

    public TreePath Under(string directory) => Parse(directory.Length == 0 ? Text : directory + "/" + Text);

    /// <summary>Byte order of the UTF-8 form for ASCII names: the order that git, Manifests and archives use.</summary>
    public int CompareTo(TreePath other) => string.CompareOrdinal(_text, other._text);

    public override string ToString() => _text ?? "";

    private static string Quoted(string text)
    {
        var shown = text.Length > 200 ? text[..200] + "…" : text;
        return "'" + string.Concat(shown.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString())) + "'";
    }
}
