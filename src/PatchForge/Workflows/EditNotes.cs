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
/// <param name="Series">The series file and the patches as they were, generated ones included.</param>
internal sealed record EditNotes(
    string Settings, string Line, string Release, string Base, DateTimeOffset When, LoadedSeries Series)
{
    private const string Head = "patchforge edit 1";

    /// <summary>The author of commits whose patches name none.</summary>
    public static (string Name, string Email) NoAuthor { get; } = ("unknown", PatchMessage.NoEmail);

    public IReadOnlyList<GitWrite> ToFiles()
    {
        var facts = new StringBuilder(Head).Append('\n')
            .Append(CultureInfo.InvariantCulture, $"settings {Settings}\nline {Line}\nrelease {Release}\nbase {Base}\n")
            .Append(CultureInfo.InvariantCulture, $"when {When.ToUnixTimeSeconds()}\nfolder {Series.Folder}\n")
            .AppendJoin("", Series.Patches.Where(patch => patch.Plan.Generated).Select(patch => $"generated {patch.Name}\n"));
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
        return new EditNotes(
            facts["settings"].First(),
            facts["line"].First(),
            facts["release"].First(),
            facts["base"].First(),
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(facts["when"].First(), CultureInfo.InvariantCulture)),
            new LoadedSeries(folder, series, [.. series.Entries.Select(entry => Load(entry, files["patches/" + entry.Name]))], [], []));

        LoadedPatch Load(SeriesEntry entry, byte[] bytes) => new(
            new PlannedPatch(entry, generated.Contains(entry.Name.Text)), Patch.Parse(bytes, $"{folder}/{entry.Name}", entry.Strip), bytes, bytes);
    }
}
