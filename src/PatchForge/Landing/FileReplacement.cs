using System.IO.Hashing;
using PatchForge.Trees;

namespace PatchForge.Landing;

/// <summary>A file of a source tree that shall become another one. Null: there is none.</summary>
/// <param name="Before">What was read; the file is replaced only while it is still that.</param>
public sealed record FileReplacement(TreePath Path, TreeFile? Before, TreeFile? After)
{
    /// <summary>What a print is where there is no file.</summary>
    internal const string None = "none";

    /// <summary>
    /// Kind and content of a file as one word: <c>regular-</c>, <c>executable-</c> or <c>link-</c> and 32 hexadecimal digits of XXH128.
    /// It tells a file that changed from one that did not and guards against nobody: whoever could make two files with one print can write both.
    /// </summary>
    internal static string Print(TreeFile? file) => file is null ? None : file.Mode switch
    {
        TreeMode.Executable => "executable-",
        TreeMode.Link => "link-",
        _ => "regular-",
    } + Convert.ToHexStringLower(XxHash128.Hash(file.Content.Span));
}
