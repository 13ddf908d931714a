using System.Collections.Immutable;

namespace PatchForge.Releases;

/// <summary>
/// Decides what a distfile is from its digests, from what was published and from what was recorded. Every published digest
/// must match, the weak ones too: one that does not is a sign that something is wrong, whatever the others say.
/// </summary>
public static class DistfileJudge
{
    /// <summary>
    /// The digests that <see cref="Judge"/> looks at, and SHA512, which names cache entries. A file of another size than the published
    /// one is wrong already, and its digests are not worth the time.
    /// </summary>
    public static ImmutableArray<DigestAlgorithm> Needed(PublishedFile published, long size, LockedDistfile? locked) =>
        published.Size is { } wanted && wanted != size
            ? [DigestAlgorithm.Sha512]
            : [.. published.Digests.Select(digest => digest.Algorithm)
                .Append(DigestAlgorithm.Sha512)
                .Concat(locked is null ? [] : [DigestAlgorithm.Blake2b])
                .Distinct()];

    public static DistfileVerdict Judge(PublishedFile published, FileDigests have, LockedDistfile? locked)
    {
        var differences = ImmutableArray.CreateBuilder<DistfileDifference>();
        if (published.Size is { } size && size != have.Size)
        {
            return new DistfileVerdict.Wrong([new DistfileDifference("size", Decimal(size), Decimal(have.Size), "what was published")]);
        }

        foreach (var digest in published.Digests)
        {
            Compare(differences, digest.Algorithm.Name, digest.Hex, have, digest.Source);
        }

        if (locked is not null)
        {
            const string Recorded = DistfileLock.FileName;
            Compare(differences, "size", Decimal(locked.Size), have, Recorded);
            Compare(differences, DigestAlgorithm.Blake2b.Name, locked.Blake2b, have, Recorded);
            Compare(differences, DigestAlgorithm.Sha512.Name, locked.Sha512, have, Recorded);
        }

        if (differences.Count > 0)
        {
            return new DistfileVerdict.Wrong(differences.ToImmutable());
        }

        return !published.Digests.IsEmpty
            ? new DistfileVerdict.Official(published.Digests)
            : locked?.Accepted switch
            {
                LockedAcceptance.BySignature signed => new DistfileVerdict.BySignature(signed.Fingerprint, signed.UserId),
                LockedAcceptance.FirstUse => new DistfileVerdict.FirstUse(),
                _ => new DistfileVerdict.Unknown(),
            };
    }

    private static string Decimal(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void Compare(ImmutableArray<DistfileDifference>.Builder differences, string what, string want, FileDigests have, string source)
    {
        var found = what == "size" ? Decimal(have.Size) : have.Hex.GetValueOrDefault(what, "not computed");
        if (want != found)
        {
            differences.Add(new DistfileDifference(what, want, found, source));
        }
    }
}
