using System.Collections.Immutable;
using PatchForge.Manifests;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>A release as far as it can be taken without building: its source, and the series on it.</summary>
/// <param name="Failure">Why it went no further; null when it went to its end.</param>
internal sealed record PreparedRelease(string Release, LineSettings Line, SourceAnswer? Source, SeriesMove? Move, Failure? Failure) : IDisposable
{
    public SourceFacts? SourceFacts => Source is null ? null : new SourceFacts(
        Source.Archive ?? Line.Releases.First(release => release.Version == Release).Distfile,
        Source.From,
        DistfileFact.Word(Source.Verdict),
        Source.Verdict.Sentence);

    public void Dispose() => Source?.Dispose();
}

/// <summary>Opens releases' sources and moves the series over them; releases side by side.</summary>
internal sealed class PrepareReleases(Outside outside, Func<string, string?> variable)
{
    public async Task<ImmutableArray<PreparedRelease>> Run(
        ForgeSettings settings,
        IReadOnlyDictionary<string, LoadedSeries> series,
        ImmutableArray<string> releases,
        SourceOptions options,
        ImmutableHashSet<PatchName> acceptFuzz,
        CancellationToken cancel)
    {
        var open = new OpenSource(outside, variable);

        // One after the other, since downloads share their mirror and unpacking its disk; the series are moved on every core.
        var sources = new List<(string Release, LineSettings Line, SourceAnswer? Source, Failure? Failure)>();
        foreach (var release in releases)
        {
            var (line, _) = settings.Release(release);
            try
            {
                sources.Add((release, line, await open.Run(settings, release, options, cancel), null));
            }
            catch (Failure failure)
            {
                sources.Add((release, line, null, failure));
            }
        }

        return [.. await Task.WhenAll(sources.Select(one => Task.Run(
            () => one.Source is { } source ? Moved(one.Release, one.Line, source, series[one.Line.Line], acceptFuzz, cancel) : new PreparedRelease(one.Release, one.Line, null, null, one.Failure),
            cancel)))];
    }

    private static PreparedRelease Moved(
        string release, LineSettings line, SourceAnswer source, LoadedSeries series, ImmutableHashSet<PatchName> acceptFuzz, CancellationToken cancel)
    {
        try
        {
            var move = MoveSeries.Run(new MoveRequest(release, source.Tree, series, acceptFuzz), cancel);
            return new PreparedRelease(release, line, source, move, ApplySeries.Problem(move));
        }
        catch (Failure failure)
        {
            return new PreparedRelease(release, line, source, null, failure);
        }
    }
}

/// <summary>What is known of a package's distfiles, for its Manifest.</summary>
internal static class DistfilesForManifest
{
    /// <summary>
    /// The facts of every distfile of an ebuild that is at hand and accepted, of <paramref name="unofficial"/>
    /// ones, which the caller gives for a scratch copy alone, and of those whose size and both digests were published.
    /// </summary>
    public static async Task<ImmutableArray<DistfileFacts>> Run(
        Outside outside, Func<string, string?> variable, ForgeSettings settings, string? distdir, IEnumerable<(string Distfile, string File)> unofficial, CancellationToken cancel, DigestsBefore? before = null)
    {
        var find = Find(outside, variable, before);
        var searches = await Task.WhenAll(settings.Lines.SelectMany(line => line.Releases).Where(release => release.Ebuild)
            .Select(release => Task.Run(() => find.Run(settings, release.Published, distdir, cancel), cancel)));
        var facts = ImmutableArray.CreateBuilder<DistfileFacts>();
        facts.AddRange(searches.Where(search => search.Best is { Verdict.IsAccepted: true }).Select(Facts));

        foreach (var (distfile, file) in unofficial.Where(one => !facts.Any(known => known.Name == one.Distfile)))
        {
            facts.Add(await Facts(distfile, file, cancel));
        }

        facts.AddRange(settings.Lines.SelectMany(line => line.Releases)
            .Where(release => release.Ebuild && !facts.Any(known => known.Name == release.Distfile))
            .Select(release => AsPublished(release.Published))
            .OfType<DistfileFacts>());
        return facts.ToImmutable();
    }

    /// <summary>For packages whose ebuilds are people's: nobody published anything of their files, so the file at hand is taken, as Portage takes it.</summary>
    public static Func<string, CancellationToken, Task<DistfileFacts?>> AtHand(Outside outside, Func<string, string?> variable, string? distdir, DigestsBefore? before = null)
    {
        var find = Find(outside, variable, before);
        return async (name, cancel) => await find.Named(name, distdir, cancel) is { } file ? await Facts(name, file, cancel, before) : null;
    }

    private static readonly ImmutableArray<DigestAlgorithm> OfALine = [DigestAlgorithm.Blake2b, DigestAlgorithm.Sha512];

    private static FindDistfile Find(Outside outside, Func<string, string?> variable, DigestsBefore? before) => new(outside, variable) { Also = OfALine, Before = before };

    private static DistfileFacts Facts(DistfileSearch search) =>
        search.Best is { Digests: var digests }
            ? new DistfileFacts(search.Wanted.Name, digests.Size, digests[DigestAlgorithm.Blake2b], digests[DigestAlgorithm.Sha512])
            : throw new InvalidOperationException();

    /// <summary>A line needs no file where all that stands in it was published: any other file would be refused anyway.</summary>
    private static DistfileFacts? AsPublished(PublishedFile file)
    {
        string? Hex(DigestAlgorithm algorithm) => file.Digests.FirstOrDefault(digest => digest.Algorithm == algorithm)?.Hex;
        return file.Size is { } size && Hex(DigestAlgorithm.Blake2b) is { } blake2b && Hex(DigestAlgorithm.Sha512) is { } sha512
            ? new DistfileFacts(file.Name, size, blake2b, sha512)
            : null;
    }

    private static async Task<DistfileFacts> Facts(string distfile, string file, CancellationToken cancel, DigestsBefore? before = null)
    {
        Task<FileDigests> Read() => FileDigests.OfFile(file, OfALine, null, cancel);
        var digests = before is null ? await Read() : await before.Of(file, OfALine, Read);
        return new DistfileFacts(distfile, digests.Size, digests[DigestAlgorithm.Blake2b], digests[DigestAlgorithm.Sha512]);
    }
}
