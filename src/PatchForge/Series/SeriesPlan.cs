using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Series;

/// <summary>A patch that will be applied, and whether its text is a file's or made from our own sources.</summary>
public sealed record PlannedPatch(SeriesEntry Entry, bool Generated);

/// <summary>What there is to apply, in order, and what lies in the folder without being in the series.</summary>
public sealed record SeriesPlan(ImmutableArray<PlannedPatch> Patches, ImmutableArray<PatchName> Orphans)
{
    /// <summary>Lays the series file, the folder's patch files and the generated patches' names side by side.</summary>
    /// <exception cref="Failure">
    /// Refused: a patch of the series that is neither a file nor generated, or a generated patch that the
    /// series does not name, reverses or strips otherwise than our writer writes it.
    /// </exception>
    public static SeriesPlan Of(SeriesFile series, IEnumerable<PatchName> files, IEnumerable<PatchName> generated)
    {
        var made = generated.ToImmutableSortedSet();
        var present = files.ToImmutableSortedSet();
        foreach (var entry in series.Entries)
        {
            if (made.Contains(entry.Name) ? entry.Reverse || entry.Strip != 1 : !present.Contains(entry.Name))
            {
                throw made.Contains(entry.Name)
                    ? Failure.Refused($"the generated patch '{entry.Name}' takes no options", "it is written for -p1", entry.At)
                    : Failure.Refused($"the patch '{entry.Name}' is not in the series' folder", "add the file or take out the line", entry.At);
            }
        }

        var named = series.Entries.Select(entry => entry.Name).ToImmutableSortedSet();
        if (made.Except(named) is [var missing, ..])
        {
            throw Failure.Refused($"the generated patch '{missing}' is not named in the series", "add a line with its name", new FileLocation(series.File));
        }

        return new SeriesPlan(
            [.. series.Entries.Select(entry => new PlannedPatch(entry, made.Contains(entry.Name)))],
            [.. present.Except(named)]);
    }
}
