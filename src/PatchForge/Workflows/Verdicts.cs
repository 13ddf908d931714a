using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatchForge.Workflows;

/// <summary>What the last build and smoke test of a release gave, kept in <c>.patchforge/</c> for <c>status</c>.</summary>
public sealed record LastVerdict(string Release, ImmutableArray<BuildFacts> Builds, ImmutableArray<SmokeFacts> Smokes)
{
    public string Build => Builds.IsEmpty ? "-" : Words(Builds.Select(build => $"{build.Variant} {(build.Succeeded ? "built" : "FAILED")}"));

    public string Smoke => Smokes.IsEmpty ? "-" : Words(Smokes.Select(smoke => $"{smoke.Variant} {smoke.Probes.Count(probe => probe.Passed)}/{smoke.Probes.Length}"));

    /// <summary>Null when nothing was built, or when another version wrote what cannot be read.</summary>
    public static LastVerdict? Read(string home, string release)
    {
        var file = FileOf(home, release);
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), VerdictJson.Default.LastVerdict) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Keep(string home)
    {
        var file = FileOf(home, Release);
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? home);
        File.WriteAllBytes(file + ".new", JsonSerializer.SerializeToUtf8Bytes(this, VerdictJson.Default.LastVerdict));
        File.Move(file + ".new", file, overwrite: true);
    }

    private static string FileOf(string home, string release) => Path.Combine(home, ".patchforge", "verdicts", release + ".json");

    private static string Words(IEnumerable<string> words) => string.Join(", ", words);
}

[JsonSerializable(typeof(LastVerdict))]
internal sealed partial class VerdictJson : JsonSerializerContext
{
}
