using System.Collections.Immutable;

namespace PatchForge.Trees;

/// <summary>The modes git records for a file (git-fast-import(1), "filemodify").</summary>
public enum TreeMode
{
    Regular = 0x81A4,    // 0100644
    Executable = 0x81ED, // 0100755
    Link = 0xA000,       // 0120000; the content is the target
}

/// <summary>One file of a tree. The content is the bytes; for a link it is the target.</summary>
public sealed record TreeFile(TreePath Path, TreeMode Mode, ReadOnlyMemory<byte> Content);

/// <summary>
/// A source tree that can be read: an unpacked release on disk, a git tag, or either with patches applied.
/// Files are read when asked for, so that a series that touches ten files costs ten reads.
/// </summary>
public interface ITree
{
    TreeFile? Find(TreePath path);

    /// <summary>Every file's path, in <see cref="TreePath"/> order.</summary>
    IEnumerable<TreePath> Paths();

    /// <summary>Whether any file lies below this path. A tree that can tell without listing itself overrides this.</summary>
    bool IsFolder(TreePath path) =>
        Paths().Any(file => file.Text.StartsWith(path.Text + "/", StringComparison.Ordinal));

    /// <summary>Folders that hold nothing. An archive can have them, and a build may want them; git has none, and no patch says anything of them.</summary>
    IEnumerable<TreePath> EmptyFolders() => [];
}

/// <summary>A tree held in memory, optionally over another one: what applying patches makes.</summary>
public sealed class LayeredTree : ITree
{
    private readonly ITree? _below;
    private readonly ImmutableSortedDictionary<TreePath, TreeFile?> _changes;

    /// <summary>The changed files' folders: how many files each has been given, and how many it has lost.</summary>
    private readonly ImmutableDictionary<TreePath, (int Written, int Deleted)> _folders;

    public LayeredTree(ITree? below = null)
        : this(below, ImmutableSortedDictionary<TreePath, TreeFile?>.Empty, ImmutableDictionary<TreePath, (int, int)>.Empty)
    {
    }

    private LayeredTree(ITree? below, ImmutableSortedDictionary<TreePath, TreeFile?> changes, ImmutableDictionary<TreePath, (int, int)> folders) =>
        (_below, _changes, _folders) = (below, changes, folders);

    /// <summary>Files written or deleted (null) over the tree below.</summary>
    public ImmutableSortedDictionary<TreePath, TreeFile?> Changes => _changes;

    public LayeredTree With(TreeFile file) => new(_below, _changes.SetItem(file.Path, file), Counted(file.Path, 1, 0));

    public LayeredTree Without(TreePath path) =>
        _below?.Find(path) is null ? new(_below, _changes.Remove(path), Counted(path, 0, 0)) : new(_below, _changes.SetItem(path, null), Counted(path, 0, 1));

    /// <summary>The folders' counts once this path counts as that, whatever it counted as before.</summary>
    private ImmutableDictionary<TreePath, (int Written, int Deleted)> Counted(TreePath path, int written, int deleted)
    {
        if (_changes.TryGetValue(path, out var before))
        {
            written -= before is null ? 0 : 1;
            deleted -= before is null ? 1 : 0;
        }

        var folders = _folders;
        if (written != 0 || deleted != 0)
        {
            foreach (var parent in path.Parents())
            {
                var had = folders.GetValueOrDefault(parent);
                folders = folders.SetItem(parent, (had.Written + written, had.Deleted + deleted));
            }
        }

        return folders;
    }

    public TreeFile? Find(TreePath path) =>
        _changes.TryGetValue(path, out var file) ? file : _below?.Find(path);

    public bool IsFolder(TreePath path)
    {
        var (written, deleted) = _folders.GetValueOrDefault(path);
        return written > 0
            || (_below is not null && _below.IsFolder(path)
                && (deleted == 0 || Paths().Any(file => file.Text.StartsWith(path.Text + "/", StringComparison.Ordinal))));
    }

    public IEnumerable<TreePath> Paths() =>
        (_below?.Paths() ?? [])
            .Where(path => !_changes.ContainsKey(path))
            .Concat(_changes.Where(change => change.Value is not null).Select(change => change.Key))
            .Order();

    public IEnumerable<TreePath> EmptyFolders() =>
        (_below?.EmptyFolders() ?? []).Where(folder => _folders.GetValueOrDefault(folder).Written == 0 && _changes.GetValueOrDefault(folder) is null);
}
