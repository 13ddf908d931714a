using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using PatchForge.Ebuilds;

namespace PatchForge.Workflows;

/// <summary>
/// What sourcing told of ebuilds in earlier runs: one file for each category, name and version, in the per-user cache, as Portage
/// keeps /var/cache/edb/dep beside what a repository ships. An answer is taken for the very same ebuild, sourced by the very same
/// scripts and the same bash with the very same eclasses, so it is what sourcing would tell again; what stands in metadata/md5-cache is not asked,
/// and an entry that somebody changed there is written anew. What does not source is not kept.
/// </summary>
/// <param name="folder">Made when there is something to keep. One that cannot be read or written costs time and nothing else.</param>
/// <param name="bash">Which bash sources them; another one may tell something else.</param>
internal sealed class SourcedBefore(string folder, string bash)
{
    private static readonly ImmutableArray<string> Scripts = ["metadata.bash", "several.bash", "sealed.bash"];
    private const string Key = "_key_=";
    private const string Eclasses = "_eclasses_=";
    private const string Seal = "_sha256_=";
    private readonly ConcurrentDictionary<string, string> _md5 = new(StringComparer.Ordinal);

    /// <summary>Null when nothing is known, or something changed since, or the file is damaged.</summary>
    public EbuildMetadata? Find(EbuildToSource ebuild, EclassSources eclasses)
    {
        if (KeptFile.Read(FileOf(ebuild)) is not { } text || Sealed(text) is not [var key, .. var values, var inherited]
            || key != Key + Of(ebuild) || !inherited.StartsWith(Eclasses, StringComparison.Ordinal))
        {
            return null;
        }

        var marks = inherited[Eclasses.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries).Chunk(2)
            .Select(pair => new EclassMark(pair[0], pair[^1])).ToImmutableArray();
        return marks.All(mark => eclasses.Find(mark.Name) is { } file && Md5(file) == mark.Md5)
            ? new EbuildMetadata(
                values.Select(line => line.Split('=', 2)).ToImmutableSortedDictionary(pair => pair[0], pair => pair[^1], StringComparer.Ordinal), marks)
            : null;
    }

    public void Keep(EbuildToSource ebuild, EbuildMetadata metadata)
    {
        var text = new StringBuilder(Key).Append(Of(ebuild)).Append('\n');
        foreach (var (key, value) in metadata.Values)
        {
            text.Append(key).Append('=').Append(value).Append('\n');
        }

        text.Append(Eclasses).AppendJoin('\t', metadata.Eclasses.Select(mark => $"{mark.Name}\t{mark.Md5}")).Append('\n');
        KeptFile.Write(FileOf(ebuild), $"{text}{Seal}{Sha256(text.ToString())}\n");
    }

    private string FileOf(EbuildToSource ebuild) => Path.Combine(folder, ebuild.Category, ebuild.FileName[..^".ebuild".Length]);

    /// <summary>All that decides what sourcing tells, but for the eclasses.</summary>
    private string Of(EbuildToSource ebuild)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{string.Join('\0', Scripts.Select(Workflows.Seal.Script))}\0{bash}\0{ebuild.Category}\0{ebuild.Package}\0{ebuild.FileName}\0"));
        hash.AppendData(ebuild.Content.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The lines before the last, when the last is their digest; empty when it is not.</summary>
    private static string[] Sealed(string text)
    {
        var end = text.LastIndexOf(Seal, StringComparison.Ordinal);
        return end > 0 && text[end..] == $"{Seal}{Sha256(text[..end])}\n" ? text[..(end - 1)].Split('\n') : [];
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private string Md5(string file) => _md5.GetOrAdd(file, static one => EbuildMetadata.Md5(File.ReadAllBytes(one)));
}
