using System.Collections.Immutable;

namespace PatchForge.Releases;

/// <summary>Where a file differs from what was published or recorded of it.</summary>
/// <param name="What"><c>size</c> or the digest's name.</param>
/// <param name="Source">Who published what was wanted.</param>
public sealed record DistfileDifference(string What, string Want, string Have, string Source);

/// <summary>What a distfile is worth. The family is closed: every user of it decides about each of these.</summary>
public abstract record DistfileVerdict
{
    private DistfileVerdict()
    {
    }

    /// <summary>Every published digest, and the size where one was published, is the file's.</summary>
    public sealed record Official(ImmutableArray<KnownDigest> Matched) : DistfileVerdict
    {
        public override string Sentence =>
            $"official: {string.Join(", ", Matched.Select(digest => digest.Algorithm.Name))} as published by {string.Join("; ", Matched.Select(digest => digest.Source).Distinct())}";
    }

    /// <summary>
    /// The upstream archive of a distribution's source package, with the digests that the settings have of it. It is used as a distfile
    /// is; in a Manifest, which names the distfile, it never stands.
    /// </summary>
    /// <param name="Package">Name and version of the source package.</param>
    public sealed record Distribution(string Package, ImmutableArray<KnownDigest> Matched) : DistfileVerdict
    {
        public override string Sentence =>
            $"the upstream archive of the source package {Package}: {string.Join(", ", Matched.Select(digest => digest.Algorithm.Name))} as published by {string.Join("; ", Matched.Select(digest => digest.Source).Distinct())}";
    }

    /// <summary>No digest was published; a signature of a key in KEYS is good.</summary>
    /// <param name="Fingerprint">Of the primary key, upper-case hexadecimal.</param>
    public sealed record BySignature(string Fingerprint, string UserId) : DistfileVerdict
    {
        public override string Sentence => $"signed by {UserId} ({Fingerprint})";
    }

    /// <summary>No digest was published and nobody signed; the user trusted it once and it is still that file.</summary>
    public sealed record FirstUse : DistfileVerdict
    {
        public override string Sentence => "trusted on first use, and the same file since";
    }

    /// <summary>Not the published file, or not known to be; used for work because the user said so, and never in a Manifest.</summary>
    public sealed record Unofficial(string Why) : DistfileVerdict
    {
        public override string Sentence => "UNOFFICIAL: " + Why;
    }

    /// <summary>It is not the file that was published or recorded.</summary>
    public sealed record Wrong(ImmutableArray<DistfileDifference> Differences) : DistfileVerdict
    {
        public override string Sentence =>
            "not the published file: " + string.Join("; ", Differences.Select(d => $"{d.What} is {d.Have} and {d.Source} says {d.Want}"));
    }

    /// <summary>Nothing was published of it that it could be compared with.</summary>
    public sealed record Unknown : DistfileVerdict
    {
        public override string Sentence => "no digest of it was ever published, and no signature is at hand";
    }

    /// <summary>What it is, for people; digests in full.</summary>
    public abstract string Sentence { get; }

    /// <summary>Whether the file may be used without <c>--unofficial</c>, and what is made of it may reach the overlay.</summary>
    public bool IsAccepted => this is Official or Distribution or BySignature or FirstUse;
}
