using System.Security.Cryptography;
using System.Text;

namespace PatchForge.Landing;

/// <summary>Whether a folder is as it was: SHA-256 over every path, kind, executable bits and content below it.</summary>
public static class FolderFingerprint
{
    /// <summary>The fingerprint of a folder that is not there.</summary>
    public const string None = "none";

    /// <returns>64 hexadecimal digits, or <see cref="None"/>.</returns>
    public static string Of(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return None;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Entries(folder).Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(path);
            var content = info.LinkTarget is { } target ? Encoding.UTF8.GetBytes(target)
                : Directory.Exists(path) ? []
                : File.ReadAllBytes(path);
            var kind = info.LinkTarget is not null ? "link" : Directory.Exists(path) ? "folder" : "file";
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, path)}\0{kind}\0{(int)info.UnixFileMode & 0x49:x}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<string> Entries(string folder) =>
        new DirectoryInfo(folder).EnumerateFileSystemInfos().SelectMany(entry =>
            entry is DirectoryInfo && entry.LinkTarget is null ? Entries(entry.FullName).Prepend(entry.FullName) : [entry.FullName]);
}
