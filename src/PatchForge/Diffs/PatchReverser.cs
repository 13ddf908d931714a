using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Diffs;

/// <summary>Turns a patch round: what it adds is taken out and the other way, files in the opposite order.</summary>
public static class PatchReverser
{
    /// <summary>Null when the patch can be turned round, else the part that cannot.</summary>
    public static FileDiff? Irreversible(Patch patch) => patch.Files.FirstOrDefault(file => file.Change is FileChange.Copy);

    /// <exception cref="Failure">Refused: a copy has no reverse (git apply -R refuses it too).</exception>
    public static Patch Reverse(Patch patch) =>
        Irreversible(patch) is { } copy
            ? throw Failure.Refused("a patch that copies a file cannot be reversed", null, copy.At)
            : patch with { Strip = Math.Min(patch.Strip, 1), Files = [.. patch.Files.Reverse().Select(file => Reverse(file, patch.Strip))] };

    private static FileDiff Reverse(FileDiff file, int strip)
    {
        FileChange change = file.Change switch
        {
            FileChange.Create create => new FileChange.Delete(create.Path),
            FileChange.Delete delete => new FileChange.Create(delete.Path),
            FileChange.Rename rename => new FileChange.Rename(rename.Path, rename.From),
            var edit => edit,
        };
        // Without a "new mode" line the mode of an index line holds on both sides.
        var (oldMode, newMode) = file.NewMode is null && change is not FileChange.Create ? (file.OldMode, null) : (file.NewMode, file.OldMode);
        return new FileDiff(file.At, PatchWriter.Lead(change, oldMode, newMode, !file.Hunks.IsEmpty, Math.Min(strip, 1)), change,
            oldMode, newMode, [.. file.Hunks.Select(Reverse)]);
    }

    private static Hunk Reverse(Hunk hunk)
    {
        var lines = ImmutableArray.CreateBuilder<HunkLine>(hunk.Lines.Length);
        var added = new List<HunkLine>();
        foreach (var line in hunk.Lines)
        {
            // Within one change the removed lines come first, as every tool writes them.
            switch (line.Kind)
            {
                case LineKind.Removed:
                    added.Add(line with { Kind = LineKind.Added });
                    break;
                case LineKind.Added:
                    lines.Add(line with { Kind = LineKind.Removed });
                    break;
                default:
                    lines.AddRange(added);
                    added.Clear();
                    lines.Add(line);
                    break;
            }
        }

        lines.AddRange(added);
        return new Hunk(hunk.AtLine, PatchWriter.Heading(hunk.NewStart, hunk.NewCount, hunk.OldStart, hunk.OldCount),
            hunk.NewStart, hunk.NewCount, hunk.OldStart, hunk.OldCount, lines.DrainToImmutable());
    }
}
