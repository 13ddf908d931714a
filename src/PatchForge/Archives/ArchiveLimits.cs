namespace PatchForge.Archives;

/// <summary>How much an archive may ask of the machine before it is taken for a decompression bomb.</summary>
/// <param name="Bytes">Decompressed bytes in all, headers and hard-linked copies included.</param>
/// <param name="Entries">Entries of any kind.</param>
/// <param name="Ratio">Decompressed bytes for each compressed one, looked at after the first <see cref="RatioFrom"/> bytes.</param>
public sealed record ArchiveLimits(long Bytes, int Entries, int Ratio)
{
    /// <summary>Sources compress five- to tenfold; text that is all one line seldom reaches a hundred.</summary>
    public static readonly ArchiveLimits Default = new(512L << 20, 100_000, 250);

    public const long RatioFrom = 8L << 20;
}
