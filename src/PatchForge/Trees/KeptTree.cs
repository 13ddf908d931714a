namespace PatchForge.Trees;

/// <summary>A tree of which each file is read once and then remembered: what was checked is what will be compared, whoever writes there meanwhile.</summary>
public sealed class KeptTree(ITree below) : ITree
{
    private readonly Dictionary<string, TreeFile?> _files = new(StringComparer.Ordinal);

    public TreeFile? Find(TreePath path)
    {
        if (!_files.TryGetValue(path.Text, out var file))
        {
            _files[path.Text] = file = below.Find(path);
        }

        return file;
    }

    public IEnumerable<TreePath> Paths() => below.Paths();

    public bool IsFolder(TreePath path) => below.IsFolder(path);

    public IEnumerable<TreePath> EmptyFolders() => below.EmptyFolders();
}
