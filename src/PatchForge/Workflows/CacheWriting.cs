using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Overlays;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>An ebuild as it will be.</summary>
internal sealed record EbuildText(string Name, ReadOnlyMemory<byte> Content);

/// <summary>Works out metadata/md5-cache (PMS section 14.3) by sourcing ebuilds; what it wants written is added to <paramref name="wanted"/>.</summary>
internal sealed class CacheWriting(
    OverlayFolder overlay, SourceEbuild source, EclassSources eclasses, WantedFiles wanted, List<string> notes)
{
    /// <summary>Whether an entry that is still true makes sourcing its ebuild needless.</summary>
    public bool Believes { get; init; }

    /// <summary>The entry on disk when it is believed: it is of this very ebuild, and of no eclass that is another one here.</summary>
    public byte[]? Believed(string category, EbuildText ebuild) =>
        Believes && overlay.Read(CachePath(category, Pf(ebuild))) is { } now && CacheEntry.TryParse(now) is { } entry
            && entry.EbuildMd5 == EbuildMetadata.Md5(ebuild.Content.Span)
            && entry.Eclasses.All(mark => eclasses.Find(mark.Name) is not { } file || Md5(file) == mark.Md5)
            ? now
            : null;

    /// <summary>
    /// The entry of each of a package's ebuilds; those of ebuilds that are not there go. An entry whose ebuild cannot
    /// be sourced here stays while it is of the very same ebuild, else it goes: a wrong one is worse than none.
    /// </summary>
    /// <exception cref="Failure">Refused, when an ebuild that was generated just now does not source.</exception>
    public async Task<ImmutableSortedDictionary<string, CachedEbuild>> Package(
        string category, string package, ImmutableArray<EbuildText> ebuilds, Func<string, bool> isGenerated, CancellationToken cancel)
    {
        foreach (var entry in overlay.CacheEntries(category, package))
        {
            if (!ebuilds.Any(ebuild => ebuild.Name == entry + ".ebuild"))
            {
                wanted.Remove(CachePath(category, entry));
            }
        }

        // One after the other: all that need it were sourced together before.
        var entries = ImmutableSortedDictionary.CreateBuilder<string, CachedEbuild>(StringComparer.Ordinal);
        foreach (var ebuild in ebuilds)
        {
            entries[ebuild.Name] = Believed(category, ebuild) is { } entry
                ? new CachedEbuild("unchanged", SourceAddresses.Names(CacheEntry.Value(entry, "SRC_URI")))
                : Entry(category, ebuild, await source.Source(new(category, package, ebuild.Name, ebuild.Content), eclasses, cancel), isGenerated);
        }

        return entries.ToImmutable();
    }

    private CachedEbuild Entry(string category, EbuildText ebuild, Sourced sourced, Func<string, bool> isGenerated)
    {
        var pf = Pf(ebuild);
        var path = CachePath(category, pf);
        var now = overlay.Read(path);
        if (sourced is Sourced.Done { Metadata: var metadata })
        {
            var entry = metadata.ToCacheEntry(ebuild.Content.Span);
            wanted.Write(path, entry);
            return new(
                now is not null && now.AsSpan().SequenceEqual(entry) ? "unchanged" : "written",
                SourceAddresses.Names(metadata["SRC_URI"]));
        }

        if (sourced is Sourced.Broken { Why: var why } && isGenerated(ebuild.Name))
        {
            throw Failure.Refused($"the generated {ebuild.Name} does not source: {why}", "look at the template and at what the settings put into it");
        }

        var valid = now is not null && CacheEntry.TryParse(now) is { } kept && kept.EbuildMd5 == EbuildMetadata.Md5(ebuild.Content.Span);
        if (!valid)
        {
            wanted.Remove(path);
        }

        var what = valid ? "the md5-cache entry was left: it is of this very ebuild"
            : now is null ? "no md5-cache entry was written" : "the md5-cache entry was removed: it is of another ebuild";
        notes.Add($"{pf}: {what}; {Reason(sourced)}.");
        return new(valid ? "left" : now is null ? "none" : "removed", null);
    }

    private string Reason(Sourced sourced) => sourced switch
    {
        Sourced.EclassMissing { Eclass: var eclass } => eclasses.Folders.IsEmpty
            ? $"no Gentoo repository is at hand for {eclass}.eclass ({EclassSources.Places})"
            : $"{eclass}.eclass is not in {string.Join(", ", eclasses.Folders)}",
        Sourced.Broken broken => $"the ebuild does not source: {broken.Why}",
        _ => throw new InvalidOperationException(),
    };

    private readonly Dictionary<string, string> _md5 = new(StringComparer.Ordinal);

    private string Md5(string file)
    {
        if (!_md5.TryGetValue(file, out var md5))
        {
            _md5[file] = md5 = EbuildMetadata.Md5(File.ReadAllBytes(file));
        }

        return md5;
    }

    private static string Pf(EbuildText ebuild) => ebuild.Name[..^".ebuild".Length];

    private string CachePath(string category, string pf) => $"{overlay.Cache}/{category}/{pf}";
}
