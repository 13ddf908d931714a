using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PatchForge.Diffs;

/// <summary>
/// The id that git gives a file's content: SHA-1 over <c>blob</c>, the length, a NUL and the content
/// (gitformat-loose(5)). It names a content, so that it can be found again in a tarball or a clone; it
/// protects nothing.
/// </summary>
public readonly record struct BlobId
{
    private readonly string? _hex;

    private BlobId(string hex) => _hex = hex;

    /// <summary>40 lower-case hexadecimal digits.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("A default BlobId is no id.");

    public static BlobId Of(ReadOnlySpan<byte> content)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0"));
#pragma warning disable CA5350 // SHA-1 is git's format here, not a protection.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(head);
        hash.AppendData(content);
        return new BlobId(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    public static bool TryParse(string text, out BlobId id)
    {
        var whole = text.Length == 40 && text.All(char.IsAsciiHexDigitLower);
        id = whole ? new BlobId(text) : default;
        return whole;
    }

    public override string ToString() => _hex ?? "";
}
