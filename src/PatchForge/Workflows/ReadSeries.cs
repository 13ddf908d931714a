using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>One patch of a series, read.</summary>
/// <param name="Patch">What will be applied: the file's, or the one made from our sources. Never turned round by <c>-R</c>.</param>
/// <param name="Bytes">The text of <paramref name="Patch"/>.</param>
/// <param name="OnDisk">The file as it is now; null when there is none yet.</param>
public sealed record LoadedPatch(PlannedPatch Plan, Patch Patch, ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte>? OnDisk)
{
    public PatchName Name => Plan.Entry.Name;

    /// <summary>The file's path, relative to the settings file.</summary>
    public string File => Patch.Name;

    /// <summary>The line's patch of this name, where this one is a release's own (<see cref="LoadedSeries.Own"/>); else null.</summary>
    public LoadedPatch? Shared { get; init; }

    /// <summary>Whether the release has no patch of this name: neither the line has one nor the release.</summary>
    public bool IsAbsent => !Plan.Generated && OnDisk is null;
}

/// <summary>A line's series, read and checked; nothing of it has been applied.</summary>
/// <param name="Folder">The series' folder, relative to the settings file.</param>
/// <param name="Orphans">Patch files in the folder that the series does not name.</param>
public sealed record LoadedSeries(
    string Folder,
    SeriesFile File,
    ImmutableArray<LoadedPatch> Patches,
    ImmutableArray<PatchName> Orphans,
    ImmutableArray<PatchBase> Bases)
{
    /// <summary>
    /// What single releases have in a patch's stead: the files below the series' folder in folders that are named as
    /// releases are (docs/adr/0020), by release and patch. One without any diff leaves the patch out there.
    /// </summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<PatchName, LoadedPatch>> Own { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<PatchName, LoadedPatch>>(StringComparer.Ordinal);

    /// <summary>The series as this release gets it; asking again changes nothing.</summary>
    public LoadedSeries For(string release) => Own.TryGetValue(release, out var own)
        ? this with { Patches = [.. Patches.Select(patch => own.GetValueOrDefault(patch.Name) ?? patch)] }
        : this;

    /// <summary>Every file of the series, the line's and then the releases' own.</summary>
    public IEnumerable<LoadedPatch> Files => Patches.Concat(Own.Values.SelectMany(own => own.Values)).Where(patch => !patch.IsAbsent);
}

/// <summary>
/// Reads a line's series: the series file, its patches, and those made from our own sources. Not asynchronous: the files are
/// small and near, and for a single one the threads of a pool would take longer to start than the reading takes.
/// </summary>
public static class ReadSeries
{
    // A patch of a series is read by people; anything near this size is not one.
    private const int Limit = 16 * 1024 * 1024;

    /// <param name="home">The folder that holds the settings file.</param>
    /// <exception cref="Failure">Refused, with file and line: whatever the readers of series and patches refuse.</exception>
    public static LoadedSeries Run(string home, LineSettings line, CancellationToken cancel)
    {
        var series = Folder(home, line.Series, line.Generated, [.. line.Releases.Select(release => release.Version)], cancel);
        if (line.Lab is { } lab)
        {
            RefuseLab.In(series, Folder(home, lab.Series, lab.Generated, null, cancel));
        }

        return series;
    }

    /// <summary>The lab's series of a line that has one, to be applied on top of the line's own.</summary>
    /// <exception cref="Failure">As <see cref="Run"/>.</exception>
    public static LoadedSeries Lab(string home, LabSettings lab, CancellationToken cancel) =>
        Folder(home, lab.Series, lab.Generated, null, cancel);

    /// <param name="releases">Those whose own patches count; null where no release has any, and folders mean nothing.</param>
    private static LoadedSeries Folder(
        string home, string folder, ImmutableArray<GeneratedPatch> sources, ImmutableArray<string>? releases, CancellationToken cancel)
    {
        var seriesFile = $"{folder}/series";
        var seriesText = ReadOrNull(home, seriesFile, cancel)
            ?? throw Failure.Refused("there is no series file", $"make it: the name of one patch a line, in order; it is looked for below the settings file's folder, {home}", new FileLocation(seriesFile));
        var series = SeriesFile.Parse(seriesText, seriesFile);
        var generated = sources.ToImmutableSortedDictionary(made => PatchName.Parse(made.Patch), made => made);
        var own = releases is { } known ? OwnNames(home, folder, known) : ImmutableSortedDictionary<string, ImmutableArray<PatchName>>.Empty;
        var shared = NamesIn(Path.Combine(home, folder)).ToImmutableArray();
        var plan = SeriesPlan.Of(series, shared.Concat(own.Values.SelectMany(names => names)), generated.Keys);
        var patches = ImmutableArray.CreateBuilder<LoadedPatch>();
        foreach (var planned in plan.Patches)
        {
            var name = planned.Entry.Name;
            var file = $"{folder}/{name}";
            var onDisk = ReadOrNull(home, file, cancel);
            var bytes = generated.TryGetValue(name, out var made) ? GeneratePatch.Run(made, new DirectoryTree(Path.Combine(home, made.From)))
                : onDisk is null && shared.Contains(name) ? throw Failure.Refused($"the patch '{name}' went away while it was read", null, planned.Entry.At)
                : onDisk ?? default;
            patches.Add(new LoadedPatch(planned, Patch.Parse(bytes, file, planned.Entry.Strip), bytes, onDisk));
        }

        var basesFile = $"{folder}/{BasesFile.FileName}";
        var bases = ReadOrNull(home, basesFile, cancel) is { } text ? BasesFile.Parse(text, basesFile) : [];
        return new LoadedSeries(folder, series, patches.DrainToImmutable(), [.. plan.Orphans.Intersect(shared)], bases) is var loaded && own.IsEmpty
            ? loaded
            : loaded with { Own = LoadOwn(home, loaded, own, cancel) };
    }

    /// <summary>The names of the patches in each release's own folder.</summary>
    private static ImmutableSortedDictionary<string, ImmutableArray<PatchName>> OwnNames(string home, string folder, ImmutableArray<string> releases)
    {
        var own = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<PatchName>>(StringComparer.Ordinal);
        var full = new DirectoryInfo(Path.Combine(home, folder));
        foreach (var below in full.Exists ? full.EnumerateDirectories() : [])
        {
            var names = NamesIn(below.FullName).ToImmutableArray();
            if (!names.IsEmpty && !releases.Contains(below.Name))
            {
                throw Failure.Refused($"there are patches in {folder}/{below.Name}, and the line has no release of that name",
                    "a folder below a series holds one release's own patches and is named as the release is", new FileLocation($"{folder}/{below.Name}/{names[0]}"));
            }

            if (!names.IsEmpty)
            {
                own[below.Name] = names;
            }
        }

        return own.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, ImmutableSortedDictionary<PatchName, LoadedPatch>> LoadOwn(
        string home, LoadedSeries series, ImmutableSortedDictionary<string, ImmutableArray<PatchName>> own, CancellationToken cancel)
    {
        var loaded = series.Own.ToBuilder();
        foreach (var (release, names) in own)
        {
            var patches = ImmutableSortedDictionary.CreateBuilder<PatchName, LoadedPatch>();
            foreach (var name in names)
            {
                var file = $"{series.Folder}/{release}/{name}";
                var shared = series.Patches.FirstOrDefault(patch => patch.Name == name)
                    ?? throw Failure.Refused($"a patch of {release} alone that the series does not name", $"add its line to {series.File.File}: the order is one for all releases", new FileLocation(file));
                if (shared.Plan.Generated)
                {
                    throw Failure.Refused($"a patch of {release} alone in a generated one's stead", "what is generated is the same for every release of a line", new FileLocation(file));
                }

                var bytes = ReadOrNull(home, file, cancel) ?? throw Failure.Refused("the patch went away while it was read", null, new FileLocation(file));
                patches[name] = new LoadedPatch(shared.Plan, Patch.Parse(bytes, file, shared.Plan.Entry.Strip), bytes, bytes) { Shared = shared };
            }

            loaded[release] = patches.ToImmutable();
        }

        return loaded.ToImmutable();
    }

    private static IEnumerable<PatchName> NamesIn(string folder) =>
        Directory.EnumerateFiles(folder)
            .Select(file => Path.GetFileName(file))
            .Where(name => PatchName.Complaint(name) is null)
            .Select(name => PatchName.Parse(name));

    private static ReadOnlyMemory<byte>? ReadOrNull(string home, string file, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var info = new FileInfo(Path.Combine(home, file));
        if (!info.Exists)
        {
            return null;
        }

        return info.Length <= Limit
            ? File.ReadAllBytes(info.FullName)
            : throw Failure.Refused($"larger than {Limit / 1024 / 1024} MiB", "is this really a file of a patch series?", new FileLocation(file));
    }
}
