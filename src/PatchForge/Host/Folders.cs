using System.Runtime.InteropServices;
using PatchForge.Seams;

namespace PatchForge.Host;

public sealed partial class Folders : IFolders
{
    private const int AtFdcwd = -100;         // <fcntl.h>
    private const int AtSymlinkNofollow = 0x100; // <fcntl.h>
    private const uint StatxUidGid = 0x8 | 0x10; // <linux/stat.h>
    private const uint StatxMark = 0x40 | 0x80 | 0x100 | 0x200; // STATX_MTIME, _CTIME, _INO, _SIZE
    private const uint RenameExchange = 1 << 1; // <linux/fs.h>
    private const int ReadOnlyDirectoryCloexec = 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC, x86-64 and asm-generic
    private const int ReadOnlyDirectoryCloexecArm = 0x4000 | 0x80000;

    public void Exchange(string one, string other)
    {
        if (RenameAt2(AtFdcwd, one, AtFdcwd, other, RenameExchange) != 0)
        {
            throw new IOException($"renameat2({one}, {other}, RENAME_EXCHANGE): {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    public void Sync(string folder)
    {
        var flags = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? ReadOnlyDirectoryCloexecArm : ReadOnlyDirectoryCloexec;
        var descriptor = Open(folder, flags);
        if (descriptor < 0)
        {
            throw new IOException($"open({folder}): {Marshal.GetLastPInvokeErrorMessage()}");
        }

        // Some file systems answer EINVAL to fsync on a folder and are durable by other means (fsync(2)).
        _ = Fsync(descriptor);
        _ = Close(descriptor);
    }

    public void Own(string path, string like)
    {
        Span<byte> status = stackalloc byte[256]; // struct statx, statx(2): the same layout on every architecture
        if (Environment.IsPrivilegedProcess && StatX(AtFdcwd, like, AtSymlinkNofollow, StatxUidGid, ref MemoryMarshal.GetReference(status)) == 0)
        {
            // A file system without owners says no, and then there is nobody to take the file from.
            _ = LChown(path, MemoryMarshal.Read<uint>(status[20..]), MemoryMarshal.Read<uint>(status[24..]));
        }
    }

    public FileMark? Mark(string path)
    {
        Span<byte> status = stackalloc byte[256];
        if (StatX(AtFdcwd, path, 0, StatxMark, ref MemoryMarshal.GetReference(status)) != 0)
        {
            return null;
        }

        return new FileMark(
            MemoryMarshal.Read<long>(status[40..]), MemoryMarshal.Read<ulong>(status[32..]), Nanoseconds(status[112..]), Nanoseconds(status[96..]));
    }

    /// <summary>struct statx_timestamp, statx(2). As a whole number: DateTime knows hundreds of nanoseconds alone.</summary>
    private static Int128 Nanoseconds(ReadOnlySpan<byte> time) => ((Int128)MemoryMarshal.Read<long>(time) * 1_000_000_000) + MemoryMarshal.Read<uint>(time[8..]);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatX(int folder, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LChown(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAt2(int oneFolder, string one, int otherFolder, string other, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
