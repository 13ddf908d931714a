using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>
/// Digests that tell whether two machines worked with the same: the settings (with the ebuilds' templates) and, by
/// release, the series that its builds and attacks are made with. The source's is <see cref="SourceFacts.Tree"/>.
/// </summary>
internal sealed record MadeOf(string Settings, ImmutableSortedDictionary<string, string> Series)
{
    /// <exception cref="Failure">As <see cref="ReadSeries.Run"/>, or a template that cannot be read.</exception>
    public static async Task<MadeOf> Read(ForgeSettings settings, ImmutableArray<string> releases, CancellationToken cancel)
    {
        var series = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var line in settings.Lines)
        {
            ImmutableArray<string> chosen = [.. line.Releases.Select(release => release.Version).Where(releases.Contains)];
            if (chosen.IsEmpty)
            {
                continue;
            }

            var own = ReadSeries.Run(settings.Home, line, cancel);
            var lab = line.Lab is { } more ? ReadSeries.Lab(settings.Home, more, cancel).Patches : [];
            foreach (var release in chosen)
            {
                series[release] = RootIdentity.Digest(own.For(release).Patches.Concat(lab).SelectMany(Texts));
            }
        }

        return new MadeOf(
            RootIdentity.Digest(settings.Lines.Select(line => line.Ebuild?.Template).OfType<string>().Distinct().Select(settings.PathOf).Prepend(settings.File).Select(Hash)),
            series.ToImmutable());
    }

    private static IEnumerable<string> Texts(LoadedPatch patch) =>
        [patch.Name.ToString(), patch.IsAbsent ? "absent" : Convert.ToHexString(SHA256.HashData(patch.Bytes.Span)), string.Create(CultureInfo.InvariantCulture, $"{patch.Plan.Entry.Strip} {patch.Plan.Entry.Reverse}")];

    private static string Hash(string file)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        }
        catch (Exception wrong) when (wrong is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failure.Missing($"there is no {file}", "the settings name it", cause: wrong);
        }
    }
}
