using PatchForge.Seams;

namespace PatchForge.Diffs;

/// <summary>A patch in the form that eapply and git am take: names with one leading segment, applied forwards (PMS, section 12.3.13).</summary>
public static class PatchForm
{
    /// <summary>The same patch for <c>-p1</c>; only the lines with names change. One that is so already is returned as it is.</summary>
    public static Patch Plain(Patch patch) => patch.Strip == 1
        ? patch
        : patch with
        {
            Strip = 1,
            Files = [.. patch.Files.Select(file => file with { Lead = PatchWriter.Lead(file.Change, file.OldMode, file.NewMode, !file.Hunks.IsEmpty, 1) })],
        };

    /// <summary>The patch for <c>-p1</c>, turned round when it is applied so.</summary>
    /// <exception cref="Failure">Refused: a copy has no reverse.</exception>
    public static Patch Plain(Patch patch, bool reverse) => reverse ? PatchReverser.Reverse(Plain(patch)) : Plain(patch);
}
