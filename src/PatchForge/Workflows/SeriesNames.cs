using System.Collections.Immutable;
using PatchForge.Series;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>The names in a line's series file, for command lines that name a patch.</summary>
public static class SeriesNames
{
    public static ImmutableArray<PatchName> Of(string home, LineSettings line)
    {
        var file = Path.Combine(home, line.SeriesFile);
        return File.Exists(file) ? [.. SeriesFile.Parse(File.ReadAllBytes(file), line.SeriesFile).Entries.Select(entry => entry.Name)] : [];
    }
}
