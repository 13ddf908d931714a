using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>
/// Nothing of the lab is in a series that users get: not by name, not by content, and no file that the lab alone
/// makes. Asked whenever a line's series is read, so that no command goes on with such a series.
/// </summary>
internal static class RefuseLab
{
    /// <exception cref="Failure">Refused, with the line of the series file or of the patch.</exception>
    public static void In(LoadedSeries shipped, LoadedSeries lab)
    {
        var own = lab.Patches.ToDictionary(patch => patch.Name);
        var makes = lab.Patches.SelectMany(patch => Made(patch).Select(path => (Path: path, patch.Name))).ToLookup(one => one.Path, one => one.Name);
        foreach (var patch in shipped.Files)
        {
            if (own.ContainsKey(patch.Name) || lab.Orphans.Contains(patch.Name) || lab.Patches.Any(one => one.Bytes.Span.SequenceEqual(patch.Bytes.Span)))
            {
                throw Failure.Refused($"'{patch.Name}' is a patch of the lab, {lab.Folder}, which never reaches users", "take the line out of the series", patch.Plan.Entry.At);
            }

            foreach (var path in Made(patch).Where(makes.Contains))
            {
                throw Failure.Refused(
                    $"'{patch.Name}' makes {path}, which {makes[path].First()} of the lab makes, and the lab never reaches users",
                    $"take it out; what is below {lab.Folder} is built by attack and bench alone",
                    new FileLocation(patch.File));
            }
        }
    }

    private static IEnumerable<TreePath> Made(LoadedPatch patch) =>
        patch.Patch.Files.Select(file => file.Change).Where(change => change is Diffs.FileChange.Create or Diffs.FileChange.Rename or Diffs.FileChange.Copy).Select(change => change.Path);
}
