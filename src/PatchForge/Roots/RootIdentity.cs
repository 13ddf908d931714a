using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Roots;

/// <summary>Digests that say when a cached layer or image still fits. Lower-case hexadecimal, 32 digits.</summary>
public static class RootIdentity
{
    /// <summary>Goes up when a layer or image made by an older tool must not be used.</summary>
    private const string Format = "1";

    /// <summary>What the root is: its parts, release and installed packages, not each of its files.</summary>
    public static string Of(RootTree root) => Digest(
    [
        root.Name,
        .. root.Parts.Select(part => part.Inside),
        RootLook.Find(root, "/etc/os-release") is { } file ? File.ReadAllText(file) : "",
        RootLook.DpkgStatus(root),
        .. RootLook.GentooPackages(root),
    ]);

    public static string OfLayer(string root, PackageManager manager, ImmutableArray<string> packages) =>
        Digest([root, manager.ToString(), .. packages.Order(StringComparer.Ordinal)]);

    /// <summary>Of every file's path, mode and content.</summary>
    public static string OfTree(ITree tree) => Digest(
        tree.Paths().Select(path => tree.Find(path)).OfType<TreeFile>().Select(file =>
            string.Create(CultureInfo.InvariantCulture, $"{file.Path}\0{(int)file.Mode:x}\0{Convert.ToHexString(SHA256.HashData(file.Content.Span))}")));

    /// <summary>Each text with its length before it, so that no two lists have one digest by being cut elsewhere.</summary>
    public static string Digest(IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts.Prepend(Format))
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
