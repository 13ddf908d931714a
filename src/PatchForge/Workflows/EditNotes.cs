using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>
/// What a work tree of <c>edit</c> remembers, kept in its repository (docs/adr/0021): where it came from, and every file
/// of the series as it was, so that <c>save</c> is a function of the work tree alone and sees when the series was changed
/// by somebody else meanwhile.
/// </summary>
/// <param name="Settings">The settings file, absolute.</param>
/// <param name="Base">The commit that is the pristine release.</param>
/// <param name="When">The date of commits whose patches have none.</param>
/// <param name="Series">The series file and the patches as that release had them, generated and absent ones included.</param>
internal sealed record EditNotes(
    string Settings, string Line, string Release, string Base, DateTimeOffset When, LoadedSeries Series)
{
    private const string Head = "patchforge edit 1";

    /// <summary>The author of commits whose patches name none.</summary>
    public static (string Name, string Email) NoAuthor { get; } = ("unknown", PatchMessage.NoEmail);

    /// <summary>The patches that have a commit: all but those that the release goes without.</summary>
    public IEnumerable<LoadedPatch> Committed => Series.Patches.Where(patch => !patch.IsAbsent);

    /// <summary>The file of a patch, relative to the settings file's folder: the release's own where it has one.</summary>
    public TreePath PathOf(PatchName name) =>
        TreePath.Parse(Series.Patches.FirstOrDefault(patch => patch.Name == name)?.File ?? $"{Series.Folder}/{name}");

    /// <summary>The whole order, when the commits have this one: a patch that the release goes without stays behind the one before it.</summary>
    public ImmutableArray<PatchName> Order(IEnumerable<PatchName> committed)
    {
        var order = committed.ToList();
        for (var i = 0; i < Series.Patches.Length; i++)
        {
            if (Series.Patches[i].IsAbsent)
            {
                var before = Series.Patches[..i].Select(patch => patch.Name).LastOrDefault(order.Contains);
                order.Insert(order.IndexOf(before) + 1, Series.Patches[i].Name);
            }
        }

        return [.. order];
    }

    public IReadOnlyList<GitWrite> ToFiles()
    {
        var facts = new StringBuilder(Head).Append('\n')
            .Append(CultureInfo.InvariantCulture, $"settings {Settings}\nline {Line}\nrelease {Release}\nbase {Base}\n")
            .Append(CultureInfo.InvariantCulture, $"when {When.ToUnixTimeSeconds()}\nfolder {Series.Folder}\n")
            .AppendJoin("", Series.Patches.Where(patch => patch.Plan.Generated).Select(patch => $"generated {patch.Name}\n"))
            .AppendJoin("", Series.Patches.Where(patch => patch.IsAbsent).Select(patch => $"absent {patch.Name}\n"))
            .AppendJoin("", Series.Patches.Where(patch => patch.Shared is not null).Select(patch => $"own {patch.Name}\n"));
        return
        [
            File("edit", Encoding.UTF8.GetBytes(facts.ToString())),
            File("series", Series.File.ToBytes()),
            .. Series.Patches.Select(patch => File("patches/" + patch.Name, patch.Bytes)),
        ];

        static GitWrite File(string path, ReadOnlyMemory<byte> content) => new(path, (int)TreeMode.Regular, content);
    }

    /// <exception cref="Failure">Refused: written by another version.</exception>
    public static EditNotes Of(IGitWorkTree tree)
    {
        using var notes = tree.Notes();
        var files = notes.Entries.ToDictionary(entry => entry.Path, entry => notes.Read(entry.Id), StringComparer.Ordinal);
        var lines = Encoding.UTF8.GetString(files.GetValueOrDefault("edit") ?? []).Split('\n');
        var facts = lines.Skip(1).Where(line => line.Contains(' ', StringComparison.Ordinal))
            .ToLookup(line => line.Split(' ')[0], line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        if (lines[0] != Head)
        {
            throw Failure.Refused($"{tree.Folder} was made by another version of patchforge", "save it with that version, or make it anew: patchforge edit RELEASE --to DIR");
        }

        var folder = facts["folder"].First();
        var series = SeriesFile.Parse(files["series"], folder + "/series");
        var generated = facts["generated"].ToHashSet(StringComparer.Ordinal);
        var absent = facts["absent"].ToHashSet(StringComparer.Ordinal);
        var own = facts["own"].ToHashSet(StringComparer.Ordinal);
        return new EditNotes(
            facts["settings"].First(),
            facts["line"].First(),
            facts["release"].First(),
            facts["base"].First(),
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(facts["when"].First(), CultureInfo.InvariantCulture)),
            new LoadedSeries(folder, series, [.. series.Entries.Select(entry => Load(entry, files["patches/" + entry.Name]))], [], []));

        LoadedPatch Load(SeriesEntry entry, byte[] bytes)
        {
            var file = own.Contains(entry.Name.Text) ? $"{folder}/{facts["release"].First()}/{entry.Name}" : $"{folder}/{entry.Name}";
            var loaded = new LoadedPatch(new PlannedPatch(entry, generated.Contains(entry.Name.Text)), Patch.Parse(bytes, file, entry.Strip), bytes,
                absent.Contains(entry.Name.Text) ? (ReadOnlyMemory<byte>?)null : bytes);
            return own.Contains(entry.Name.Text) ? loaded with { Shared = loaded } : loaded;
        }
    }
}
