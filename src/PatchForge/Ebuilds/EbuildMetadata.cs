using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace PatchForge.Ebuilds;

/// <summary>An eclass as it was read: its name and the MD5 of its file, which the md5-dict format asks for.</summary>
public sealed record EclassMark(string Name, string Md5);

/// <summary>
/// What sourcing an ebuild told: PMS's metadata variables, white space normalised, and the eclasses in the order
/// in which they were inherited. Keys are those of the metadata cache (PMS section 14.2); a key with an empty
/// value is not kept.
/// </summary>
public sealed record EbuildMetadata(ImmutableSortedDictionary<string, string> Values, ImmutableArray<EclassMark> Eclasses)
{
    public string this[string key] => Values.GetValueOrDefault(key, "");

    /// <summary>
    /// The entry of <c>metadata/md5-cache</c> as Portage's egencache writes it: <c>KEY=value</c> lines in ASCII
    /// order without INHERITED, then <c>_eclasses_</c> (name and MD5, separated by tabs, by name), then
    /// <c>_md5_</c> of the ebuild (PMS section 14.3; portage.cache.flat_hash).
    /// </summary>
    public byte[] ToCacheEntry(ReadOnlySpan<byte> ebuild)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Values.Where(pair => pair.Key != "INHERITED"))
        {
            text.Append(key).Append('=').Append(value).Append('\n');
        }

        if (!Eclasses.IsEmpty)
        {
            text.Append("_eclasses_=")
                .AppendJoin('\t', Eclasses.OrderBy(mark => mark.Name, StringComparer.Ordinal).Select(mark => $"{mark.Name}\t{mark.Md5}"))
                .Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.Append("_md5_=").Append(Md5(ebuild)).Append('\n').ToString());
    }

    /// <summary>MD5 as the cache format names it; it tells a changed file, and protects against nobody.</summary>
#pragma warning disable CA5351 // PMS section 14.3 asks for MD5.
    public static string Md5(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351
}

/// <summary>A cache entry that somebody wrote, read for the two things that tell whether it is still true.</summary>
public sealed record CacheEntry(string EbuildMd5, ImmutableArray<EclassMark> Eclasses)
{
    /// <summary>The value of a key, empty when the entry does not have it.</summary>
    public static string Value(ReadOnlySpan<byte> content, string key) =>
        Encoding.UTF8.GetString(content).Split('\n')
            .FirstOrDefault(line => line.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..] ?? "";

    /// <summary>Null when these bytes are not an md5-dict entry.</summary>
    public static CacheEntry? TryParse(ReadOnlySpan<byte> content)
    {
        string? md5 = null;
        var marks = ImmutableArray<EclassMark>.Empty;
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n'))
        {
            if (line.StartsWith("_md5_=", StringComparison.Ordinal))
            {
                md5 = line["_md5_=".Length..];
            }
            else if (line.StartsWith("_eclasses_=", StringComparison.Ordinal))
            {
                var fields = line["_eclasses_=".Length..].Split('\t');
                if (fields.Length % 2 != 0)
                {
                    return null;
                }

                marks = [.. fields.Chunk(2).Select(pair => new EclassMark(pair[0], pair[1]))];
            }
        }

        return md5 is { Length: 32 } ? new(md5, marks) : null;
    }
}

/// <summary>What came of sourcing an ebuild.</summary>
public abstract record Sourced
{
    private Sourced() { }

    public sealed record Done(EbuildMetadata Metadata) : Sourced;

    /// <summary>An eclass is in none of the folders, so nobody can say what the metadata is.</summary>
    public sealed record EclassMissing(string Eclass) : Sourced;

    /// <summary>The ebuild or an eclass is broken.</summary>
    /// <param name="Why">What bash said, for people.</param>
    public sealed record Broken(string Why) : Sourced;
}
