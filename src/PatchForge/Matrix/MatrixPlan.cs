using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using PatchForge.Seams;

namespace PatchForge.Matrix;

/// <summary>Releases, variants and roots as jobs that know nothing of each other, so that several machines can share them.</summary>
/// <param name="Settings">Digest of what the settings say (<see cref="MatrixJob.Series"/> has the rest).</param>
/// <param name="Jobs">In the settings' order of lines and releases, then roots, then variants.</param>
public sealed record MatrixPlan(string Package, string Tool, string Settings, ImmutableArray<MatrixJob> Jobs)
{
    private const int MostBytes = 16 << 20;

    /// <summary>A plan that <c>matrix plan --format json</c> wrote.</summary>
    /// <exception cref="Failure">Refused, with the file's name: it is no plan.</exception>
    public static MatrixPlan Read(string file, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var plan = bytes.Length <= MostBytes ? JsonSerializer.Deserialize(bytes, MatrixJson.Default.MatrixPlan) : null;
            return plan is not null && plan.Jobs.All(job => job is not null) && plan.Jobs.DistinctBy(job => job.Cell).Count() == plan.Jobs.Length
                ? plan
                : throw NoPlan(file, "it names no jobs, or one of them twice", null);
        }
        catch (JsonException wrong)
        {
            throw NoPlan(file, wrong.Message, wrong);
        }
    }

    private static Failure NoPlan(string file, string why, Exception? cause) =>
        Failure.Refused($"this is no plan of a matrix: {why}", "`patchforge matrix plan --format json` writes one", new FileLocation(file), cause);
}

/// <param name="Number">From 1; GNU parallel's <c>{#}</c> of the line.</param>
/// <param name="Id">A file's name without its ending: letters, digits, dots and hyphens.</param>
/// <param name="Root">As <c>--root</c> names it.</param>
/// <param name="Series">Digest of the release's series.</param>
/// <param name="Command">Words; the first ones call the tool.</param>
public sealed record MatrixJob(
    int Number, string Id, string Release, string Line, string Variant, string Root, string Series, ImmutableArray<string> Command)
{
    /// <summary>The place in the matrix.</summary>
    [JsonIgnore]
    public (string Release, string Variant, string Root) Cell => (Release, Variant, Root);

    /// <summary>For a POSIX shell.</summary>
    [JsonIgnore]
    public string CommandLine => string.Join(' ', Command.Select(ShellQuoting.Quote));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(MatrixPlan))]
internal sealed partial class MatrixJson : JsonSerializerContext
{
}
