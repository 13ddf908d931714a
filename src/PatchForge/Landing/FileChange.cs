using PatchForge.Trees;

namespace PatchForge.Landing;

/// <summary>
/// A file that shall have this content, or shall not be there (null). The path is relative to the folder of the
/// settings file. Made by name only: a null byte[] would turn into an empty file on its way to a ReadOnlyMemory.
/// </summary>
public sealed record FileChange
{
    private FileChange(TreePath path, ReadOnlyMemory<byte>? content)
    {
        Path = path;
        Content = content;
    }

    public TreePath Path { get; }

    public ReadOnlyMemory<byte>? Content { get; }

    public static FileChange Write(TreePath path, ReadOnlyMemory<byte> content) => new(path, content);

    public static FileChange Delete(TreePath path) => new(path, null);
}
