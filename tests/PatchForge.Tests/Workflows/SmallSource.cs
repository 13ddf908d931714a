using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PatchForge.Tests.Workflows;

/// <summary>A source package as a distribution's client leaves it in a folder.</summary>
internal static class SmallSource
{
    public static void Write(string folder, string name, string version, params (string Name, byte[] Content)[] files)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in files)
        {
            File.WriteAllBytes(Path.Combine(folder, file.Name), file.Content);
        }

        File.WriteAllText(Path.Combine(folder, $"{name}_{version}.dsc"), Control(name, version, files));
    }

    public static string Control(string name, string version, params (string Name, byte[] Content)[] files)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nFormat: 3.0 (quilt)\nSource: {name}\nBinary: {name}, {name}-dev\nVersion: {version}\nPackage-List:\n {name} deb\nChecksums-Sha256:\n");
        foreach (var file in files)
        {
            text.Append(CultureInfo.InvariantCulture, $" {Convert.ToHexStringLower(SHA256.HashData(file.Content))} {file.Content.Length} {file.Name}\n");
        }

        return text.Append("Files:\n 0123 1 x\n\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n").ToString();
    }
}
