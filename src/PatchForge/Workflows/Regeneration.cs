using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Landing;
using PatchForge.Manifests;
using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>One regeneration at work: collects the files that it wants and the notes on the way.</summary>
internal sealed class Regeneration(ForgeSettings settings, OverlayFolder overlay, RegenerateOverlayRequest request)
{
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>?> _wanted = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];

    /// <summary>The package's folder, relative to the root.</summary>
    internal string Folder => overlay.PackageFolder(settings.Category, settings.PackageName);

    /// <summary>Notes that say the same of several ebuilds are one note.</summary>
    internal ImmutableArray<string> Notes() =>
    [
        .. _notes.Distinct()
            .Select(note => note.Split(": ", 2))
            .GroupBy(parts => parts[^1], parts => parts.Length == 2 ? parts[0] : "")
            .Select(group => string.Join(", ", group.Where(name => name.Length > 0)) is { Length: > 0 } names ? $"{names}: {group.Key}" : group.Key),
    ];

    /// <summary>Wanted files that are not as they should be.</summary>
    internal ImmutableArray<FileChange> Changes() =>
    [
        .. _wanted
            .Where(file => overlay.Read(file.Key) is { } now
                ? file.Value is not { } content || !content.Span.SequenceEqual(now)
                : file.Value is not null)
            .Select(file => file.Value is { } content
                ? FileChange.Write(TreePath.Parse(file.Key), content)
                : FileChange.Delete(TreePath.Parse(file.Key))),
    ];

    /// <summary>A line's patches and ebuilds.</summary>
    internal ImmutableArray<GeneratedEbuild> Line(LineSettings line)
    {
        var releases = line.Releases.Where(release => release.Ebuild).ToImmutableArray();
        if (releases.IsEmpty || line.Ebuild is not { } wanted)
        {
            return [];
        }

        var series = request.Series.FirstOrDefault(one => one.Line == line.Line)
            ?? throw new InvalidOperationException($"Nobody gave the series of line {line.Line}.");
        var patches = OverlayFolder.PatchFolder(settings, line);
        foreach (var (name, content) in PatchFolderFiles.Wanted(
            series.Patches, overlay.Read($"{Folder}/files/{patches}/{PatchFolderFiles.Record}")))
        {
            _wanted[$"{Folder}/files/{patches}/{name}"] = content;
        }

        var template = Template(line, wanted);
        var ebuilds = releases.Select(release => new EbuildGenerator(
            settings, line, template, [.. series.Of(release.Version).Select(name => $"{patches}/{name}")]).Generate(release)).ToImmutableArray();
        foreach (var ebuild in ebuilds)
        {
            _wanted[$"{Folder}/{ebuild.FileName}"] = ebuild.Content;
        }

        return ebuilds;
    }

    /// <summary>Ebuilds that were generated once and are wanted no more go; those of people stay.</summary>
    internal void DropStaleEbuilds(ImmutableHashSet<string> wanted, Func<byte[], bool> isGenerated)
    {
        foreach (var name in overlay.Ebuilds(settings.Category, settings.PackageName))
        {
            if (!wanted.Contains(name) && overlay.Read($"{Folder}/{name}") is { } content && isGenerated(content))
            {
                _wanted[$"{Folder}/{name}"] = null;
                _notes.Add($"{name} is removed: the settings want no ebuild of that release and revision any more.");
            }
        }
    }

    /// <summary>
    /// The cache entry of every ebuild that will be in the folder, people's too. An entry whose ebuild cannot
    /// be sourced here stays while it is of the very same ebuild, else it goes: a wrong one is worse than none.
    /// </summary>
    internal async Task<ImmutableSortedDictionary<string, CachedEbuild>> Cache(
        SourceEbuild source, ImmutableArray<GeneratedEbuild> generated, CancellationToken cancel)
    {
        var others = overlay.Ebuilds(settings.Category, settings.PackageName)
            .Where(name => !_wanted.ContainsKey($"{Folder}/{name}"))
            .Select(name => (Name: name, Content: (ReadOnlyMemory<byte>)(overlay.Read($"{Folder}/{name}") ?? [])));
        var all = generated.Select(ebuild => (Name: ebuild.FileName, ebuild.Content)).Concat(others).ToImmutableArray();

        foreach (var entry in overlay.CacheEntries(settings.Category, settings.PackageName))
        {
            if (!all.Any(ebuild => ebuild.Name == entry + ".ebuild"))
            {
                _wanted[CachePath(entry)] = null;
            }
        }

        var sourced = await Task.WhenAll(all.Select(async ebuild => (ebuild.Name, ebuild.Content, Sourced:
            await source.Source(settings.Category, settings.PackageName, ebuild.Name, ebuild.Content, request.Eclasses, cancel))));
        return sourced.ToImmutableSortedDictionary(
            one => one.Name, one => Entry(one.Name, one.Content, one.Sourced), StringComparer.Ordinal);
    }

    internal RegeneratedManifest Manifest(
        ImmutableArray<GeneratedEbuild> generated, ImmutableSortedDictionary<string, CachedEbuild> cache)
    {
        var path = $"{Folder}/Manifest";
        var old = overlay.Read(path) is { } content ? ManifestDocument.Parse(content, path) : ManifestDocument.Empty;
        var wanted = generated.Select(ebuild => ebuild.Distfile)
            .Concat(cache.Values.SelectMany(ebuild => ebuild.Wants ?? []))
            .ToImmutableSortedSet(StringComparer.Ordinal);

        // Of an ebuild by a person that cannot be sourced here nobody knows what it wants: no line is dropped.
        var own = generated.Select(ebuild => ebuild.FileName).ToImmutableHashSet();
        if (cache.Any(ebuild => ebuild.Value.Wants is null && !own.Contains(ebuild.Key)))
        {
            wanted = wanted.Union(old.Distfiles.Select(entry => entry.Name));
        }

        var update = old.Update(wanted, request.Distfiles);
        if (update.Document.IsEmpty)
        {
            _wanted[path] = null;
        }
        else
        {
            _wanted[path] = update.Document.ToBytes();
        }

        foreach (var ebuild in generated)
        {
            if (update.Missing.Contains(ebuild.Distfile) || update.Left.Contains(ebuild.Distfile))
            {
                _notes.Add($"{ebuild.Distfile}: the official distfile is not at hand; its Manifest entry was left as it was"
                    + (update.Left.Contains(ebuild.Distfile) ? "." : ", and there is none yet, so Portage will refuse to fetch it."));
            }
        }

        return new(update.Document, [.. wanted.Where(name => request.Distfiles.Any(facts => facts.Name == name))], update.Changed);
    }

    private CachedEbuild Entry(string name, ReadOnlyMemory<byte> content, Sourced sourced)
    {
        var path = CachePath(name[..^".ebuild".Length]);
        var now = overlay.Read(path);
        if (sourced is Sourced.Done { Metadata: var metadata })
        {
            var entry = metadata.ToCacheEntry(content.Span);
            _wanted[path] = entry;
            return new(
                now is not null && now.AsSpan().SequenceEqual(entry) ? "unchanged" : "written",
                SourceAddresses.Names(metadata["SRC_URI"]));
        }

        if (sourced is Sourced.Broken { Why: var why } && _wanted.ContainsKey($"{Folder}/{name}"))
        {
            throw Failure.Refused($"the generated {name} does not source: {why}", "look at the template and at what the settings put into it");
        }

        var reason = sourced switch
        {
            Sourced.EclassMissing { Eclass: var eclass } => request.Eclasses.Folders.IsEmpty
                ? $"no Gentoo repository is at hand for {eclass}.eclass ({EclassSources.Places})"
                : $"{eclass}.eclass is not in {string.Join(", ", request.Eclasses.Folders)}",
            Sourced.Broken broken => $"the ebuild does not source: {broken.Why}",
            _ => throw new InvalidOperationException(),
        };
        var valid = now is not null && CacheEntry.TryParse(now) is { } kept && kept.EbuildMd5 == EbuildMetadata.Md5(content.Span);
        if (!valid)
        {
            _wanted[path] = null;
        }

        var what = valid ? "the md5-cache entry was left: it is of this very ebuild"
            : now is null ? "no md5-cache entry was written" : "the md5-cache entry was removed: it is of another ebuild";
        _notes.Add($"{name[..^".ebuild".Length]}: {what}; {reason}.");
        return new(valid ? "left" : now is null ? "none" : "removed", null);
    }

    private string CachePath(string pf) => $"{overlay.Cache}/{settings.Category}/{pf}";

    private EbuildTemplate Template(LineSettings line, EbuildSettings ebuild)
    {
        // Always the settings' own: a scratch copy of the overlay has no sources.
        var file = settings.PathOf(ebuild.Template);
        return File.Exists(file)
            ? EbuildTemplate.Parse(File.ReadAllBytes(file), ebuild.Template)
            : throw Failure.Refused($"the template {ebuild.Template} of line {line.Line} is not there", "see 'template' in the settings", new(settings.File));
    }
}
