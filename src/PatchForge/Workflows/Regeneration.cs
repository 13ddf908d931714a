using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Landing;
using PatchForge.Manifests;
using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>One regeneration at work: collects the files that it wants and the notes on the way.</summary>
internal sealed class Regeneration(ForgeSettings settings, OverlayFolder overlay, RegenerateOverlayRequest request)
{
    private readonly WantedFiles _wanted = new();
    private readonly List<string> _notes = [];
    private ImmutableArray<DistfileFacts> _distfiles = request.Distfiles;

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
    internal ImmutableArray<FileChange> Changes() => _wanted.Changes(overlay);

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
            _wanted.Want($"{Folder}/files/{patches}/{name}", content);
        }

        var template = Template(line, wanted);
        var ebuilds = releases.Select(release => new EbuildGenerator(
            settings, line, template, [.. series.Of(release.Version).Select(name => $"{patches}/{name}")]).Generate(release)).ToImmutableArray();
        foreach (var ebuild in ebuilds)
        {
            _wanted.Write($"{Folder}/{ebuild.FileName}", ebuild.Content);
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
                _wanted.Remove($"{Folder}/{name}");
                _notes.Add($"{name} is removed: the settings want no ebuild of that release and revision any more.");
            }
        }
    }

    /// <summary>The cache entry of every ebuild that will be in the package's folder, people's too.</summary>
    internal Task<ImmutableSortedDictionary<string, CachedEbuild>> Cache(
        SourceEbuild source, ImmutableArray<GeneratedEbuild> generated, CancellationToken cancel) =>
        Writing(source).Package(settings.Category, settings.PackageName, Own(generated), name => _wanted.Has($"{Folder}/{name}"), cancel);

    private ImmutableArray<EbuildText> Own(ImmutableArray<GeneratedEbuild> generated) =>
    [
        .. generated.Select(ebuild => new EbuildText(ebuild.FileName, ebuild.Content)),
        .. Ebuilds(settings.Category, settings.PackageName).Where(ebuild => !_wanted.Has($"{Folder}/{ebuild.Name}")),
    ];

    /// <summary>Sources what the next steps will ask of every package, so that few processes do it.</summary>
    internal Task SourceTogether(SourceEbuild source, ImmutableArray<GeneratedEbuild> generated, CancellationToken cancel)
    {
        var writing = Writing(source);
        IEnumerable<EbuildToSource> Wanted(string category, string package, IEnumerable<EbuildText> ebuilds) =>
            ebuilds.Where(ebuild => writing.Believed(category, ebuild) is null).Select(ebuild => new EbuildToSource(category, package, ebuild.Name, ebuild.Content));

        return source.Together(
            [
                .. OtherPackages().SelectMany(one => Wanted(one.Category, one.Package, Ebuilds(one.Category, one.Package))),
                .. Wanted(settings.Category, settings.PackageName, Own(generated)),
            ],
            request.Eclasses,
            cancel);
    }

    /// <summary>Cache and Manifest of the repository's other packages, whose ebuilds are people's.</summary>
    internal async Task Others(SourceEbuild source, CancellationToken cancel)
    {
        foreach (var (category, package, folder) in OtherPackages())
        {
            var cache = await Writing(source).Package(category, package, Ebuilds(category, package), _ => false, cancel);
            if (request.Alone == Part.Cache)
            {
                continue;
            }

            var wanted = cache.Values.SelectMany(ebuild => ebuild.Wants ?? []).ToImmutableSortedSet(StringComparer.Ordinal);
            var isSure = cache.Values.All(ebuild => ebuild.Wants is not null);
            var update = Manifest(folder + "/Manifest", wanted, isSure);
            if (!update.Missing.IsEmpty)
            {
                await AddAtHand(update.Missing, cancel);
                _notes.AddRange(Manifest(folder + "/Manifest", wanted, isSure).Missing.Select(name => $"{name}: it is not at hand and the Manifest has no line for it, so Portage will refuse to fetch it."));
            }
        }
    }

    /// <summary>A line that is there stays, as with <c>ebuild … manifest</c>: only files without one are looked for.</summary>
    private async Task AddAtHand(IEnumerable<string> missing, CancellationToken cancel)
    {
        foreach (var name in missing)
        {
            if (await request.AtHand(name, cancel) is { } facts)
            {
                _distfiles = _distfiles.Add(facts);
            }
        }
    }

    /// <summary>What old tools read of metadata.xml.</summary>
    internal void Descriptions()
    {
        // A repository without an ebuild has no flags to describe.
        if (settings.Lines.Any(line => line.Ebuild is not null) || OtherPackages().Any())
        {
            _wanted.Write($"{overlay.Settings.Profiles}/use.local.desc", UseLocalDesc.Of(overlay));
        }
    }

    internal IEnumerable<OtherPackage> OtherPackages() =>
        overlay.Categories()
            .SelectMany(category => overlay.Packages(category).Select(package => new OtherPackage(category, package, overlay.PackageFolder(category, package))))
            .Where(one => one.Folder != Folder);

    private ImmutableArray<EbuildText> Ebuilds(string category, string package) =>
        [.. overlay.Ebuilds(category, package).Select(name => new EbuildText(name, overlay.Read($"{overlay.PackageFolder(category, package)}/{name}") ?? []))];

    private CacheWriting Writing(SourceEbuild source) => new(overlay, source, request.Eclasses, _wanted, _notes) { Believes = request.Alone == Part.Manifest };

    /// <param name="own">The names of ebuilds that were generated just now.</param>
    internal RegeneratedManifest Manifest(ImmutableHashSet<string> own, ImmutableSortedDictionary<string, CachedEbuild> cache)
    {
        // Of an ebuild by a person that cannot be sourced here nobody knows what it wants: no line is dropped.
        var official = settings.Lines.SelectMany(line => line.Releases).Where(release => release.Ebuild).Select(release => release.Distfile).ToImmutableArray();
        var wanted = official
            .Concat(cache.Values.SelectMany(ebuild => ebuild.Wants ?? []))
            .ToImmutableSortedSet(StringComparer.Ordinal);
        var update = Manifest($"{Folder}/Manifest", wanted, isSure: !cache.Any(ebuild => ebuild.Value.Wants is null && !own.Contains(ebuild.Key)));
        foreach (var distfile in official.Where(name => update.Missing.Contains(name) || update.Left.Contains(name)))
        {
            _notes.Add($"{distfile}: the official distfile is not at hand; its Manifest entry was left as it was"
                + (update.Left.Contains(distfile) ? "." : ", and there is none yet, so Portage will refuse to fetch it."));
        }

        return new(update.Document, [.. wanted.Where(name => request.Distfiles.Any(facts => facts.Name == name))], update.Changed);
    }

    /// <param name="isSure">Whether <paramref name="wanted"/> is all that the package wants; else no line is dropped.</param>
    private ManifestUpdate Manifest(string path, ImmutableSortedSet<string> wanted, bool isSure)
    {
        var old = overlay.Read(path) is { } content ? ManifestDocument.Parse(content, path) : ManifestDocument.Empty;
        var update = old.Update(isSure ? wanted : wanted.Union(old.Distfiles.Select(entry => entry.Name)), _distfiles);

        // A package without distfiles has no Manifest at all, as Portage leaves it (GLEP 44, thin manifests).
        if (update.Document.IsEmpty)
        {
            _wanted.Remove(path);
        }
        else
        {
            _wanted.Write(path, update.Document.ToBytes());
        }

        return update;
    }

    private EbuildTemplate Template(LineSettings line, EbuildSettings ebuild)
    {
        // Always the settings' own: a scratch copy of the overlay has no sources.
        var file = settings.PathOf(ebuild.Template);
        return File.Exists(file)
            ? EbuildTemplate.Parse(File.ReadAllBytes(file), ebuild.Template)
            : throw Failure.Refused($"the template {ebuild.Template} of line {line.Line} is not there", "see 'template' in the settings", new(settings.File));
    }
}

/// <summary>A package of the repository whose ebuilds are people's.</summary>
/// <param name="Folder">Relative to the overlay's root.</param>
internal sealed record OtherPackage(string Category, string Package, string Folder);
