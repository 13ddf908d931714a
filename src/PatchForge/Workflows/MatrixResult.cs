using System.Text.Json;
using System.Text.Json.Serialization;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// What a job printed, as far as merging needs it. It may be anybody's bytes: all that is used must be there and of its
/// kind, and control characters are shown as such.
/// </summary>
internal sealed record MatrixResult(
    string Package = "", string Tool = "", ResultTrial? Trial = null, ResultRelease[]? Releases = null, ResultFailure? Failure = null)
{
    private const int MostBytes = 32 << 20;

    /// <exception cref="Seams.Failure">Refused or Missing, with the file's name.</exception>
    public static MatrixResult Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > MostBytes)
            {
                throw Failures(file, $"it has {stream.Length} bytes, and no result has more than {MostBytes}", null);
            }

            if (stream.Length == 0)
            {
                throw Failures(file, "it is empty: the job ended before it answered", null);
            }

            var result = JsonSerializer.Deserialize(stream, ResultJson.Default.MatrixResult) ?? throw new JsonException("it is null");
            return result.IsWhole() ? result : throw Failures(file, "it has null in a list", null);
        }
        catch (Exception wrong) when (wrong is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Seams.Failure.Missing("there is no such file", at: new FileLocation(file), cause: wrong);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw Failures(file, $"it cannot be read: {wrong.Message}", wrong);
        }
        catch (JsonException wrong)
        {
            var at = wrong.LineNumber is { } line ? new FileLocation(file, (int)line + 1, (int)(wrong.BytePositionInLine ?? 0) + 1) : new FileLocation(file);
            throw Seams.Failure.Refused($"this is no whole answer of a refresh: {ShownText.Of(wrong.Message.Split(" LineNumber:")[0].Split(" Path:")[0])}", "was the job cut short, or something else printed into the file?", at, wrong);
        }
    }

    private static Failure Failures(string file, string sentence, Exception? cause) => Seams.Failure.Refused(sentence, at: new FileLocation(file), cause: cause);

    private bool IsWhole() =>
        (Trial is null || Trial.Variants.All(name => name is not null))
        && (Releases ?? []).All(release => release is not null
            && release.Builds.All(build => build is not null && build.LastLines.All(line => line is not null))
            && release.Smokes.All(smoke => smoke is not null && smoke.Probes.All(probe => probe is not null))
            && (release.Attack is null || (release.Attack.Models.All(model => model is not null)
                && release.Attack.Attacks.All(row => row is not null && row.Models.All(facts => facts is not null)))));
}

internal sealed record ResultTrial(string[] Variants, string Root, string Machine, bool Built, string Settings, Dictionary<string, string> Series);

internal sealed record ResultRelease(
    string Release, string Line, ResultBuild[] Builds, ResultSmoke[] Smokes, ResultSource? Source = null, ResultFailure? Failure = null, ResultAttack? Attack = null);

internal sealed record ResultSource(string File, string? Tree = null);

internal sealed record ResultBuild(string Variant, bool Succeeded, double Seconds, string Log, string[] LastLines);

internal sealed record ResultSmoke(string Variant, ResultProbe[] Probes, string? Kept = null);

internal sealed record ResultProbe(string Name, string Expected, string Seen, bool Passed);

internal sealed record ResultAttack(string[] Models, ResultAttackRow[] Attacks);

internal sealed record ResultAttackRow(string Id, AttackFacts[] Models, AttackFacts? WithoutGuard = null);

internal sealed record ResultFailure(string Kind, int ExitCode, string Sentence, string? Hint = null, string? At = null)
{
    public FailureFacts Facts => new(Kind, ExitCode, Sentence, Hint, At);
}

/// <summary>Text of others', in which nothing moves a cursor.</summary>
internal sealed class ShownText : JsonConverter<string>
{
    public static string Of(string text) => string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\ufffd' : c));

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { } text ? Of(text) : throw new JsonException("text was expected");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(reader.GetString() ?? "");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    Converters = [typeof(ShownText)])]
[JsonSerializable(typeof(MatrixResult))]
internal sealed partial class ResultJson : JsonSerializerContext
{
}
