using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>
/// Decides what is recorded as the base of a patch (docs/adr/0003). A record for the patch's present text is
/// kept, whatever release is at hand, so that moving the same series over fourteen releases writes it once;
/// a new one is made only on a release where the patch fits exactly, for only there it was made.
/// </summary>
internal static class RecordBases
{
    public static PatchBase? For(MovedPatch patch, ITree before, MoveRequest request)
    {
        var text = BlobId.Of(patch.Text.Span);
        if (request.Series.Bases.FirstOrDefault(known => known.Name == patch.Name && known.Text == text) is { } kept)
        {
            return kept;
        }

        var fits = patch.Result is MoveResult.New or MoveResult.Modified
            || (patch is { Result: MoveResult.Unmodified, Outcome: { Proves: true, HasOffset: false } });
        if (!fits || patch.Outcome is null)
        {
            return null;
        }

        var files = ImmutableSortedDictionary.CreateBuilder<TreePath, BlobId>();
        foreach (var file in patch.Outcome.Files)
        {
            var path = file.Diff.Change switch
            {
                FileChange.Create => (TreePath?)null,
                FileChange.Rename rename => rename.From,
                FileChange.Copy copy => copy.From,
                var change => change.Path,
            };
            if (path is { } known && before.Find(known) is { } there)
            {
                files[known] = BlobId.Of(there.Content.Span);
            }
        }

        // A patch of new files only has nothing to merge with.
        return files.Count == 0 ? null : new PatchBase(patch.Name, text, request.Release, files.ToImmutable());
    }
}
