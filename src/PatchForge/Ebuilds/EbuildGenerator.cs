using System.Collections.Immutable;
using System.Text;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Ebuilds;

/// <summary>One ebuild as it should stand in the overlay.</summary>
/// <param name="FileName"><c>apache-2.0.65.ebuild</c>.</param>
/// <param name="Distfile">The one name in its SRC_URI.</param>
public sealed record GeneratedEbuild(string Version, string FileName, string Distfile, ReadOnlyMemory<byte> Content)
{
    /// <summary>The name and version with the revision, <c>apache-2.0.65-r1</c> (PMS section 11.1, PF).</summary>
    public string Pf => FileName[..^".ebuild".Length];
}

/// <summary>
/// Writes a line's ebuilds from its template. The template holds everything that is a Gentoo matter; from the
/// settings come the names, the series in its order, and the arguments of configure, which a build without
/// Portage takes from the same place.
/// </summary>
/// <param name="template">The parsed template of <paramref name="line"/>.</param>
/// <param name="patches">The names of the series' patches in its order, relative to files/.</param>
public sealed class EbuildGenerator(
    ForgeSettings settings, LineSettings line, EbuildTemplate template, ImmutableArray<string> patches)
{
    private readonly EbuildSettings _ebuild = line.Ebuild ?? throw new InvalidOperationException($"Line {line.Line} has no ebuild.");

    public GeneratedEbuild Generate(ReleaseSettings release)
    {
        EbuildVersion.Check(release.Version, release.At);
        var revision = _ebuild.Revision == 0 ? "" : $"-r{_ebuild.Revision}";
        var text = template.Render(words => Fill(words, release));
        return new(
            release.Version,
            $"{settings.PackageName}-{release.Version}{revision}.ebuild",
            release.Distfile,
            Encoding.UTF8.GetBytes(text));
    }

    private ImmutableArray<string>? Fill(ImmutableArray<string> words, ReleaseSettings release)
    {
        var ebuild = _ebuild;
        return words switch
        {
            ["eapi"] => [ebuild.Eapi],
            ["template"] => [ebuild.Template],
            ["description"] => [BashWord.InsideQuotes(ebuild.Description)],
            ["homepage"] => [BashWord.InsideQuotes(ebuild.Homepage.OriginalString)],
            ["license"] => [BashWord.InsideQuotes(ebuild.License)],
            ["slot"] => [BashWord.InsideQuotes(ebuild.Slot)],
            ["keywords"] => [BashWord.InsideQuotes(string.Join(' ', ebuild.Keywords))],
            ["src_uri"] => [SourceAddress(release)],
            ["flags", var prefix] => [string.Join(' ', line.Build.Variants.Keys.Select(name => prefix + name))],
            ["patches"] => [.. patches.Select(name => $"\"${{FILESDIR}}\"/{BashWord.Of(name)}")],
            ["prepare"] => [.. line.Build.Prepare.Select(command => string.Join(' ', command.Select(BashWord.Of)))],
            ["prepare", var runner] => [.. line.Build.Prepare.Select(command => string.Join(' ', command.Select(BashWord.Of).Prepend(runner)))],
            ["configure"] => [.. line.Build.Configure.Select(BashWord.Of)],
            ["variants", var array, var prefix, var otherwise] => Variants(array, prefix, otherwise),
            _ => null,
        };
    }

    /// <summary>
    /// The first mirror's address with <c>${PV}</c> for the version, so that ebuilds of two releases differ in
    /// their names alone and a bump is a copy.
    /// </summary>
    private string SourceAddress(ReleaseSettings release)
    {
        if (line.Upstream.Mirrors.IsEmpty)
        {
            throw Failure.Refused($"line {line.Line} has no mirror, and an ebuild needs one for SRC_URI", at: release.At);
        }

        var folder = line.Upstream.Mirrors[0].AbsoluteUri;
        var address = BashWord.InsideQuotes(folder.EndsWith('/') ? folder : folder + "/")
            + BashWord.InsideQuotes(release.Distfile);
        return address.Replace($"-{release.Version}.", "-${PV}.", StringComparison.Ordinal);
    }

    /// <summary>USE picks one variant's arguments; no flag means <paramref name="otherwise"/>.</summary>
    private ImmutableArray<string> Variants(string array, string prefix, string otherwise)
    {
        if (!line.Build.Variants.TryGetValue(otherwise, out var fallback))
        {
            throw Failure.Refused($"line {line.Line} has no variant '{otherwise}', which its ebuild takes when no flag is set");
        }

        string Add(ImmutableArray<string> arguments) =>
            $"\t{array}+=( {string.Join(' ', arguments.Select(BashWord.Of))} )";

        var others = line.Build.Variants.Where(variant => variant.Key != otherwise).ToImmutableArray();
        if (others.IsEmpty)
        {
            return [Add(fallback)[1..]];
        }

        return
        [
            .. others.SelectMany((variant, i) => new[]
            {
                $"{(i == 0 ? "if" : "elif")} use {prefix}{variant.Key}; then",
                Add(variant.Value),
            }),
            "else",
            Add(fallback),
            "fi",
        ];
    }
}
