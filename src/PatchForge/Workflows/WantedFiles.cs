using System.Collections.Immutable;
using PatchForge.Landing;
using PatchForge.Overlays;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>What a regeneration wants files to be, by paths relative to the overlay's root; what is wanted last is.</summary>
internal sealed class WantedFiles
{
    private readonly Dictionary<string, Wish> _wishes = new(StringComparer.Ordinal);

    /// <param name="content">Null for a file that goes.</param>
    public void Want(string path, ReadOnlyMemory<byte>? content) => _wishes[path] = new(content);

    public void Write(string path, ReadOnlyMemory<byte> content) => Want(path, content);

    public void Remove(string path) => Want(path, null);

    /// <summary>Whether anything was wanted of that path.</summary>
    public bool Has(string path) => _wishes.ContainsKey(path);

    /// <summary>Those that are not as they should be, by path.</summary>
    public ImmutableArray<FileChange> Changes(OverlayFolder overlay)
    {
        var changes = ImmutableArray.CreateBuilder<FileChange>();
        foreach (var path in _wishes.Keys.Order(StringComparer.Ordinal))
        {
            var now = overlay.Read(path);
            if (_wishes[path].Content is not { } content)
            {
                if (now is not null)
                {
                    changes.Add(FileChange.Delete(TreePath.Parse(path)));
                }
            }
            else if (now is null || !content.Span.SequenceEqual(now))
            {
                changes.Add(FileChange.Write(TreePath.Parse(path), content));
            }
        }

        return changes.ToImmutable();
    }

    /// <param name="Content">Null for a file that goes.</param>
    private sealed record Wish(ReadOnlyMemory<byte>? Content);
}
