using System.Collections.Immutable;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>A distfile that is on this machine, and what it is worth.</summary>
public sealed record FoundDistfile(string File, DistfilePlace Place, FileDigests Digests, DistfileVerdict Verdict);

/// <param name="Wanted">What was looked for: a release's distfile, or a source package's archive.</param>
/// <param name="Found">The files of that name, in order of the places, up to the first accepted one.</param>
public sealed record DistfileSearch(PublishedFile Wanted, ImmutableArray<DistfilePlace> Places, ImmutableArray<FoundDistfile> Found)
{
    /// <summary>The accepted one, else the first, else null.</summary>
    public FoundDistfile? Best => Found.FirstOrDefault(file => file.Verdict.IsAccepted) ?? Found.FirstOrDefault();
}

/// <summary>
/// Looks for a distfile in <c>--distdir</c>, <c>$DISTDIR</c>, Portage's own folder and the per-user cache, and judges what it
/// finds by size and digests. Nothing is downloaded or written.
/// </summary>
/// <param name="variable">Reads the environment.</param>
public sealed class FindDistfile(Outside outside, Func<string, string?> variable)
{
    private readonly Lock _gate = new();
    private Task<string?>? _portage;

    /// <summary>Digests that the caller wants of what is found, besides those that judge it: one reading gives all.</summary>
    public ImmutableArray<DigestAlgorithm> Also { get; init; } = [];

    /// <summary>What earlier runs computed; null where every file is to be read.</summary>
    internal DigestsBefore? Before { get; init; }

    public async Task<DistfileSearch> Run(ForgeSettings settings, PublishedFile wanted, string? distdir, CancellationToken cancel)
    {
        var locked = LockFile.Read(settings).Find(wanted.Name);
        var places = ImmutableArray.CreateBuilder<DistfilePlace>();
        var found = ImmutableArray.CreateBuilder<FoundDistfile>();
        await foreach (var place in Places(distdir, cancel))
        {
            places.Add(place);
            var file = Path.Combine(place.Folder, wanted.Name);
            if (File.Exists(file) && !found.Any(other => other.Verdict.IsAccepted))
            {
                found.Add(await Judged(file, place, wanted, locked, cancel));
                if (found[^1].Verdict.IsAccepted)
                {
                    break;
                }
            }
        }

        return new DistfileSearch(wanted, places.ToImmutable(), found.ToImmutable());
    }

    /// <summary>A release's distfile, or where there is none, the archive of its source package; of neither, the search for the distfile.</summary>
    public async Task<DistfileSearch> Release(ForgeSettings settings, ReleaseSettings release, string? distdir, CancellationToken cancel)
    {
        var search = await Run(settings, release.Published, distdir, cancel);
        if (search.Best is not null || release.SourcePackage is not { } package)
        {
            return search;
        }

        var other = await Run(settings, package.Published, distdir, cancel);
        return other.Best is null ? search : other with { Found = [.. other.Found.Select(file => file with { Verdict = FetchArchive.Verdict(package, file) })] };
    }

    /// <summary>The first file of that name, of which nobody published anything; null when no place has one.</summary>
    public async Task<string?> Named(string name, string? distdir, CancellationToken cancel)
    {
        await foreach (var place in Places(distdir, cancel))
        {
            if (Path.Combine(place.Folder, name) is var file && File.Exists(file))
            {
                return file;
            }
        }

        return null;
    }

    /// <summary>The per-user cache's folder of distfiles.</summary>
    public DistfilePlace OwnPlace => new(Path.Combine(UserCache.Folder(variable), "distfiles"), "the tool's cache");

    /// <exception cref="Failure">Refused: the file cannot be read.</exception>
    internal async Task<FoundDistfile> Judged(string file, DistfilePlace place, PublishedFile wanted, LockedDistfile? locked, CancellationToken cancel)
    {
        try
        {
            var size = new FileInfo(file).Length;
            ImmutableArray<DigestAlgorithm> needed = [.. DistfileJudge.Needed(wanted, size, locked), .. Also];
            Task<FileDigests> Read() => outside.Story.During(
                $"checking {wanted.Name}", step => Task.Run(() => FileDigests.OfFile(file, needed, done => step.Report(done, size), cancel), cancel));
            var digests = Before is null ? await Read() : await Before.Of(file, needed, Read);
            return new FoundDistfile(file, place, digests, DistfileJudge.Judge(wanted, digests, locked));
        }
        catch (Exception wrong) when (wrong is UnauthorizedAccessException or IOException)
        {
            throw Failure.Refused($"{file} cannot be read: {wrong.Message}", "is it yours to read?", cause: wrong);
        }
    }

    private async IAsyncEnumerable<DistfilePlace> Places(string? distdir, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (distdir is not null && seen.Add(Path.GetFullPath(distdir)))
        {
            yield return new DistfilePlace(Path.GetFullPath(distdir), "--distdir");
        }

        if (variable("DISTDIR") is { Length: > 0 } named && seen.Add(Path.GetFullPath(named)))
        {
            yield return new DistfilePlace(Path.GetFullPath(named), "$DISTDIR");
        }

        // Asked once and only when it is this place's turn: portageq takes a third of a second to start.
        if (await Portage(cancel) is { } portage && seen.Add(portage))
        {
            yield return new DistfilePlace(portage, "Portage's DISTDIR");
        }

        if (seen.Add(OwnPlace.Folder))
        {
            yield return OwnPlace;
        }
    }

    private Task<string?> Portage(CancellationToken cancel)
    {
        lock (_gate)
        {
            return _portage ??= PortageDistdir(cancel);
        }
    }

    private async Task<string?> PortageDistdir(CancellationToken cancel)
    {
        if (outside.Processes.Find("portageq") is { } portageq)
        {
            var answer = await outside.Processes.Run(new ProcessRequest(portageq, "envvar", "DISTDIR") { TimeLimit = TimeSpan.FromSeconds(20) }, cancel);
            return answer.Succeeded && answer.Output.Trim() is ['/', ..] folder ? folder : null;
        }

        string? found = null;
        foreach (var file in Files("/usr/share/portage/config/make.globals").Concat(Files("/etc/portage/make.conf")))
        {
            found = PortageConfiguration.Distdir(await File.ReadAllTextAsync(file, cancel)) ?? found;
        }

        return found;
    }

    // make.conf(5): /etc/portage/make.conf may be a folder, whose files are read in order of their names.
    private static IEnumerable<string> Files(string path) =>
        Directory.Exists(path)
            ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)
            : File.Exists(path) ? [path] : [];
}
