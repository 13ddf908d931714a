namespace PatchForge.Trees;

/// <summary>
/// A tree on disk that this tool unpacked itself. No link is followed: a link is a file whose content is its
/// target, and a directory that is a link holds nothing.
/// </summary>
public sealed class DirectoryTree(string root) : ITree
{
    public string Root { get; } = Path.GetFullPath(root);

    public TreeFile? Find(TreePath path)
    {
        var parent = Root;
        var segments = path.Text.Split('/');
        foreach (var segment in segments.AsSpan(0, segments.Length - 1))
        {
            parent = Path.Combine(parent, segment);
            if (new DirectoryInfo(parent) is not { Exists: true, LinkTarget: null })
            {
                return null;
            }
        }

        var info = new FileInfo(Path.Combine(parent, segments[^1]));
        if (info.LinkTarget is { } target)
        {
            return new TreeFile(path, TreeMode.Link, System.Text.Encoding.UTF8.GetBytes(target));
        }

        if (!info.Exists)
        {
            return null;
        }

        var mode = (info.UnixFileMode & UnixFileMode.UserExecute) != 0 ? TreeMode.Executable : TreeMode.Regular;
        return new TreeFile(path, mode, File.ReadAllBytes(info.FullName));
    }

    public bool IsFolder(TreePath path)
    {
        var directory = Root;
        foreach (var segment in path.Text.Split('/'))
        {
            directory = Path.Combine(directory, segment);
            if (new DirectoryInfo(directory) is not { Exists: true, LinkTarget: null })
            {
                return false;
            }
        }

        return true;
    }

    public IEnumerable<TreePath> Paths() => Below(Root, "").Order();

    public IEnumerable<TreePath> EmptyFolders() => EmptyBelow(Root, "").Order();

    private static IEnumerable<TreePath> EmptyBelow(string directory, string prefix)
    {
        foreach (var folder in new DirectoryInfo(directory).EnumerateDirectories().Where(folder => folder.LinkTarget is null))
        {
            var name = prefix + folder.Name;
            if (!folder.EnumerateFileSystemInfos().Any())
            {
                if (TreePath.TryParse(name, out var path))
                {
                    yield return path;
                }
            }
            else
            {
                foreach (var path in EmptyBelow(folder.FullName, name + "/"))
                {
                    yield return path;
                }
            }
        }
    }

    private static IEnumerable<TreePath> Below(string directory, string prefix)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            var name = prefix + entry.Name;
            if (entry is DirectoryInfo && entry.LinkTarget is null)
            {
                foreach (var path in Below(entry.FullName, name + "/"))
                {
                    yield return path;
                }
            }
            else if (TreePath.TryParse(name, out var path))
            {
                yield return path;
            }
        }
    }
}
