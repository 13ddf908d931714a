using System.Globalization;

namespace PatchForge.Seams;

/// <summary>What tells two states of a file apart without reading it: the file that a path leads to, through links (statx(2)).</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Inode">Another file that takes the name has another one, as a rule.</param>
/// <param name="Modified">mtime in nanoseconds since 1970; touch(1) sets it at will.</param>
/// <param name="Changed">ctime in nanoseconds since 1970; nothing sets it but the kernel, to its clock, whenever content, times, mode, owner or names change.</param>
public sealed record FileMark(long Size, ulong Inode, Int128 Modified, Int128 Changed)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Size} {Inode} {Modified} {Changed}");
}
