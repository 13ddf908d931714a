using System.Collections.Immutable;

namespace PatchForge.Releases;

/// <summary>A digest that somebody published of a distfile.</summary>
/// <param name="Hex">Lower-case hexadecimal, as long as the algorithm's result.</param>
/// <param name="Source">Who published it, for people: <c>FreeBSD ports</c>.</param>
public sealed record KnownDigest(DigestAlgorithm Algorithm, string Hex, string Source);

/// <summary>All that was ever published of one distfile.</summary>
/// <param name="Size">Bytes, or null where nobody said.</param>
public sealed record PublishedFile(string Name, long? Size, ImmutableArray<KnownDigest> Digests);
