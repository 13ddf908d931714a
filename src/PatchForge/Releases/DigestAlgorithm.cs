using System.Collections.Immutable;

namespace PatchForge.Releases;

/// <summary>A digest by the name that Portage gives it (portage(5), manifest-hashes; GLEP 74).</summary>
/// <param name="Name"><c>MD5</c>, <c>SHA1</c>, <c>RMD160</c>, <c>SHA256</c>, <c>SHA512</c> or <c>BLAKE2B</c> (BLAKE2b-512).</param>
/// <param name="Bits">Length of the result.</param>
public sealed record DigestAlgorithm(string Name, int Bits)
{
    public static readonly DigestAlgorithm Md5 = new("MD5", 128);
    public static readonly DigestAlgorithm Sha1 = new("SHA1", 160);
    public static readonly DigestAlgorithm Rmd160 = new("RMD160", 160);
    public static readonly DigestAlgorithm Sha256 = new("SHA256", 256);
    public static readonly DigestAlgorithm Sha512 = new("SHA512", 512);
    public static readonly DigestAlgorithm Blake2b = new("BLAKE2B", 512);

    /// <summary>All of them, weakest first.</summary>
    public static readonly ImmutableArray<DigestAlgorithm> All = [Md5, Sha1, Rmd160, Sha256, Sha512, Blake2b];

    public int HexDigits => Bits / 4;

    public static DigestAlgorithm? Find(string name) => All.FirstOrDefault(algorithm => algorithm.Name == name);

    /// <summary>Null when <paramref name="hex"/> is a result of this algorithm in lower-case hexadecimal, else why not.</summary>
    public string? Complaint(string hex)
    {
        if (hex.Length != HexDigits)
        {
            return $"{Name} has {HexDigits} hexadecimal digits and this has {hex.Length} characters";
        }

        foreach (var c in hex)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return $"'{c}' is not a lower-case hexadecimal digit";
            }
        }

        return null;
    }

    public override string ToString() => Name;
}
