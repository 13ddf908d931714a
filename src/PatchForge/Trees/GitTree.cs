using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Trees;

/// <summary>A release put together from the commits of several repositories, each below a folder of its own.</summary>
public sealed class GitTree : ITree
{
    private readonly ImmutableSortedDictionary<TreePath, (IGitSnapshot From, GitEntry Entry)> _files;

    /// <param name="parts">Each commit and the folder its files go to; empty for the tree's root.</param>
    /// <exception cref="Failure">Refused: a name that would leave the tree, or two parts with the same file.</exception>
    public GitTree(IEnumerable<(IGitSnapshot Snapshot, string Folder)> parts)
    {
        var files = ImmutableSortedDictionary.CreateBuilder<TreePath, (IGitSnapshot, GitEntry)>();
        foreach (var (snapshot, folder) in parts)
        {
            foreach (var entry in snapshot.Entries.Where(entry => Enum.IsDefined((TreeMode)entry.Mode)))
            {
                var path = TreePath.Parse(entry.Path, new FileLocation("commit " + snapshot.Commit)).Under(folder);
                if (!files.TryAdd(path, (snapshot, entry)))
                {
                    throw Failure.Refused($"{path} comes from two repositories", "the paths of the components must be folders that the others do not have");
                }
            }
        }

        _files = files.ToImmutable();
    }

    public TreeFile? Find(TreePath path) =>
        _files.TryGetValue(path, out var file) ? new TreeFile(path, (TreeMode)file.Entry.Mode, file.From.Read(file.Entry.Id)) : null;

    public IEnumerable<TreePath> Paths() => _files.Keys;
}
