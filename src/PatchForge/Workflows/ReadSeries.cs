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
}

/// <summary>A line's series, read and checked; nothing of it has been applied.</summary>
/// <param name="Folder">The series' folder, relative to the settings file.</param>
/// <param name="Orphans">Patch files in the folder that the series does not name.</param>
public sealed record LoadedSeries(
    string Folder,
    SeriesFile File,
    ImmutableArray<LoadedPatch> Patches,
    ImmutableArray<PatchName> Orphans,
    ImmutableArray<PatchBase> Bases);

/// <summary>Reads a line's series: the series file, its patches, and those made from our own sources.</summary>
public static class ReadSeries
{
    // A patch of a series is read by people; anything near this size is not one.
    private const int Limit = 16 * 1024 * 1024;

    /// <param name="home">The folder that holds the settings file.</param>
    /// <exception cref="Failure">Refused, with file and line: whatever the readers of series and patches refuse.</exception>
    public static async Task<LoadedSeries> Run(string home, LineSettings line, CancellationToken cancel)
    {
        var series = await Folder(home, line.Series, line.Generated, cancel);
        if (line.Lab is { } lab)
        {
            RefuseLab.In(series, await Folder(home, lab.Series, lab.Generated, cancel));
        }

        return series;
    }

    /// <summary>The lab's series of a line that has one, to be applied on top of the line's own.</summary>
    /// <exception cref="Failure">As <see cref="Run"/>.</exception>
    public static Task<LoadedSeries> Lab(string home, LabSettings lab, CancellationToken cancel) =>
        Folder(home, lab.Series, lab.Generated, cancel);

    private static async Task<LoadedSeries> Folder(string home, string folder, ImmutableArray<GeneratedPatch> sources, CancellationToken cancel)
    {
        var seriesFile = $"{folder}/series";
        var seriesText = await ReadOrNull(home, seriesFile, cancel)
            ?? throw Failure.Refused("there is no series file", $"make it: the name of one patch a line, in order; it is looked for below the settings file's folder, {home}", new FileLocation(seriesFile));
        var series = SeriesFile.Parse(seriesText, seriesFile);
        var generated = sources.ToImmutableSortedDictionary(made => PatchName.Parse(made.Patch), made => made);
        var plan = SeriesPlan.Of(series, NamesIn(Path.Combine(home, folder)), generated.Keys);
        var patches = ImmutableArray.CreateBuilder<LoadedPatch>();
        foreach (var planned in plan.Patches)
        {
            var name = planned.Entry.Name;
            var file = $"{folder}/{name}";
            var onDisk = await ReadOrNull(home, file, cancel);
            var bytes = generated.TryGetValue(name, out var made)
                ? GeneratePatch.Run(made, new DirectoryTree(Path.Combine(home, made.From)))
                : onDisk ?? throw Failure.Refused($"the patch '{name}' went away while it was read", null, planned.Entry.At);
            patches.Add(new LoadedPatch(planned, Patch.Parse(bytes, file, planned.Entry.Strip), bytes, onDisk));
        }

        var basesFile = $"{folder}/{BasesFile.FileName}";
        var bases = await ReadOrNull(home, basesFile, cancel) is { } text ? BasesFile.Parse(text, basesFile) : [];
        return new LoadedSeries(folder, series, patches.DrainToImmutable(), plan.Orphans, bases);
    }

    private static IEnumerable<PatchName> NamesIn(string folder) =>
        Directory.EnumerateFiles(folder)
            .Select(file => Path.GetFileName(file))
            .Where(name => PatchName.Complaint(name) is null)
            .Select(name => PatchName.Parse(name));

    private static async Task<ReadOnlyMemory<byte>?> ReadOrNull(string home, string file, CancellationToken cancel)
    {
        var info = new FileInfo(Path.Combine(home, file));
        if (!info.Exists)
        {
            return null;
        }

        return info.Length <= Limit
            ? await File.ReadAllBytesAsync(info.FullName, cancel)
            : throw Failure.Refused($"larger than {Limit / 1024 / 1024} MiB", "is this really a file of a patch series?", new FileLocation(file));
    }
}
