using System.Collections.Immutable;

namespace PatchForge.Manifests;

/// <summary>
/// What a line of a Manifest speaks of. DIST, MANIFEST and DATA are GLEP 74; AUX, EBUILD and MISC are the
/// thick Manifest2 of GLEP 44, deprecated there and still met in old trees.
/// </summary>
public enum ManifestKind
{
    Aux,
    Data,
    Dist,
    Ebuild,
    Manifest,
    Misc,
}

/// <param name="Algorithm">Portage's name: BLAKE2B, SHA512 (portage(5), manifest-hashes).</param>
/// <param name="Hex">Lower-case hexadecimal.</param>
public sealed record ManifestHash(string Algorithm, string Hex);

/// <summary>One file: its size in bytes and its hashes, in the order of the line they came from.</summary>
public sealed record ManifestEntry(ManifestKind Kind, string Name, long Size, ImmutableArray<ManifestHash> Hashes)
{
    public bool Equals(ManifestEntry? other) =>
        other is not null && Kind == other.Kind && Name == other.Name && Size == other.Size
        && Hashes.AsSpan().SequenceEqual(other.Hashes.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Kind, Name, Size, Hashes.Length);

    /// <summary>
    /// The line as Portage writes it, without its line feed: hashes in the order of their names
    /// (<c>Manifest2Entry.__str__</c> sorts them).
    /// </summary>
    public override string ToString() =>
        $"{Kind.ToString().ToUpperInvariant()} {Name} {Size}"
        + string.Concat(Hashes.OrderBy(hash => hash.Algorithm, StringComparer.Ordinal)
            .Select(hash => $" {hash.Algorithm} {hash.Hex}"));
}

/// <summary>
/// What is known of an official distfile: enough for a DIST line with <c>manifest-hashes = BLAKE2B SHA512</c>.
/// </summary>
/// <param name="Name">The file's name alone, as SRC_URI gives it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Blake2b">BLAKE2b-512, 128 lower-case hexadecimal digits (RFC 7693).</param>
/// <param name="Sha512">SHA-512, 128 lower-case hexadecimal digits (FIPS 180-4).</param>
public sealed record DistfileFacts(string Name, long Size, string Blake2b, string Sha512)
{
    /// <exception cref="Seams.Failure">Refused, when a name, a size or a digest cannot stand in a Manifest.</exception>
    public ManifestEntry ToEntry()
    {
        var entry = new ManifestEntry(
            ManifestKind.Dist, Name, Size, [new("BLAKE2B", Blake2b), new("SHA512", Sha512)]);
        ManifestParser.Check(entry);
        return entry;
    }
}
