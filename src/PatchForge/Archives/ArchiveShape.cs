using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Archives;

/// <summary>
/// The tree that an archive's entries make, grown entry by entry and refusing those that would touch anything outside it. Links
/// are only remembered: they are made when every file is written, so that nothing is ever written through one.
/// </summary>
internal sealed class ArchiveShape(string archive)
{
    private readonly Dictionary<string, TarKind> _kinds = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (string Target, TarEntry Entry)> _links = new(StringComparer.Ordinal);

    /// <summary>The one folder that everything is in; null before the first entry.</summary>
    public string? Top { get; private set; }

    public IEnumerable<KeyValuePair<string, (string Target, TarEntry Entry)>> Links => _links;

    /// <summary>Takes the entry into the tree and gives its path below <see cref="Top"/>; empty for the top folder itself.</summary>
    public string Add(TarEntry entry)
    {
        var path = PathOf(entry, entry.Name);
        switch (entry.Kind)
        {
            case TarKind.Other:
                throw Wrong(entry, entry.Type switch
                {
                    '3' or '4' => "a device node",
                    '6' => "a FIFO",
                    'S' => "a sparse file",
                    _ => $"of the unknown type '{(char.IsAsciiLetterOrDigit(entry.Type) ? entry.Type : '?')}'",
                });
            case TarKind.SymbolicLink:
                Remember(path, entry);
                break;
            default:
                break;
        }

        if (path.Length == 0)
        {
            return entry.Kind == TarKind.Directory ? path : throw Wrong(entry, "a file beside the top folder; a release is one folder");
        }

        Parents(path, entry);
        if (_kinds.TryGetValue(path, out var before) && !(before == TarKind.Directory && entry.Kind == TarKind.Directory))
        {
            throw Wrong(entry, $"here for the second time, and was {Named(before)} before");
        }

        _kinds[path] = entry.Kind == TarKind.HardLink ? TarKind.File : entry.Kind;
        return path;
    }

    /// <summary>The file that a hard link names: it must be one that the archive has already.</summary>
    public string HardLinkTarget(TarEntry entry)
    {
        var target = PathOf(entry, entry.LinkTarget);
        return _kinds.TryGetValue(target, out var kind) && kind == TarKind.File && target != PathOf(entry, entry.Name)
            ? target
            : throw Wrong(entry, $"a hard link to '{Shown(entry.LinkTarget)}', which is no file that came before it");
    }

    /// <summary>Refuses every symbolic link that leads out of the tree, over other links or not.</summary>
    public void CheckLinks()
    {
        foreach (var (path, link) in _links)
        {
            var hops = 0;
            if (!Stays(path, link.Target, ref hops))
            {
                throw Wrong(link.Entry, $"a link that leads out of the tree, or in a circle: -> '{Shown(link.Target)}'");
            }
        }
    }

    private string PathOf(TarEntry entry, string name)
    {
        var trimmed = name;
        while (trimmed.StartsWith("./", StringComparison.Ordinal))
        {
            trimmed = trimmed[2..];
        }

        trimmed = trimmed.EndsWith('/') ? trimmed[..^1] : trimmed;
        if (trimmed is "." or "" && name.StartsWith('.') && entry.Kind == TarKind.Directory)
        {
            return "";
        }

        if (TreePath.Complaint(trimmed) is { } why)
        {
            throw Wrong(entry, why);
        }

        var slash = trimmed.IndexOf('/', StringComparison.Ordinal);
        var top = slash < 0 ? trimmed : trimmed[..slash];
        Top ??= top;
        if (top != Top)
        {
            throw Wrong(entry, $"outside the folder '{Top}' that the archive began with; a release is one folder");
        }

        return slash < 0 ? "" : trimmed[(slash + 1)..];
    }

    private void Parents(string path, TarEntry entry)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            var parent = path[..slash];
            if (_kinds.TryGetValue(parent, out var kind) && kind != TarKind.Directory)
            {
                throw Wrong(entry, $"below '{parent}', which is {Named(kind)}");
            }

            _kinds[parent] = TarKind.Directory;
        }
    }

    private void Remember(string path, TarEntry entry)
    {
        var target = entry.LinkTarget;
        if (target.Length is 0 or > 4095 || target.Any(char.IsControl))
        {
            throw Wrong(entry, "a link with no good target");
        }

        _links[path] = (target, entry);
    }

    // Walks as path_resolution(7) does. Looking at the text alone is not enough: 'a/../x' is inside by its text, but where a is
    // a link to the top, its '..' is outside.
    private bool Stays(string path, string target, ref int hops)
    {
        var slash = path.LastIndexOf('/');
        var at = slash < 0 ? new List<string>() : [.. path[..slash].Split('/')];
        return Walk(at, target, ref hops);
    }

    private bool Walk(List<string> at, string target, ref int hops)
    {
        if (target.StartsWith('/') || ++hops > 40)
        {
            return false;
        }

        foreach (var segment in target.Split('/'))
        {
            switch (segment)
            {
                case "" or ".":
                    break;
                case "..":
                    if (at.Count == 0)
                    {
                        return false;
                    }

                    at.RemoveAt(at.Count - 1);
                    break;
                default:
                    at.Add(segment);
                    if (_links.TryGetValue(string.Join('/', at), out var link))
                    {
                        at.RemoveAt(at.Count - 1);
                        if (!Walk(at, link.Target, ref hops))
                        {
                            return false;
                        }
                    }

                    break;
            }
        }

        return true;
    }

    private static string Named(TarKind kind) => kind switch
    {
        TarKind.Directory => "a folder",
        TarKind.SymbolicLink => "a link",
        _ => "a file",
    };

    private static string Shown(string text)
    {
        var shown = text.Length > 200 ? text[..200] + "…" : text;
        return string.Concat(shown.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));
    }

    private Failure Wrong(TarEntry entry, string why) =>
        Failure.Refused(
            $"entry {entry.Number}, '{Shown(entry.Name)}', is refused: it is {why}",
            "nothing was unpacked; a release's archive holds files, folders and links inside one folder",
            new FileLocation(archive));
}
