using CsCheck;

namespace PatchForge.Tests.Diffs;

/// <summary>What follows from a seed: a change with its patch, and damaged patches.</summary>
internal static class FuzzSamples
{
    private static readonly Lazy<byte[][]> s_data = new(() =>
        [.. Directory.EnumerateFiles(DiffData.Folder, "*.patch", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)]);

    public static TreeChange Change(int seed) => GeneratedChanges.Any.Generate(new PCG(1, (ulong)seed), null, out _);

    /// <summary>Most often the change's own patch, which has something to do with its trees; else one of the test data.</summary>
    public static byte[] Damaged(TreeChange change, int seed)
    {
        var own = change.Patch.ToBytes();
        return new Mutator(new Random(seed)).Mutate(seed % 5 == 0 ? [own, own, own, .. s_data.Value] : [own]);
    }
}
