using System.Text.Json.Serialization;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>
/// Answers as JSON: one object on standard output, camelCase names, no name that text output does not have too.
/// Serializers are generated, so that starting the tool reflects over nothing.
/// </summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RefreshAnswer))]
[JsonSerializable(typeof(FailureAnswer))]
[JsonSerializable(typeof(MachineAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(LintAnswer))]
[JsonSerializable(typeof(PublishAnswer))]
[JsonSerializable(typeof(RegenerateAloneAnswer))]
[JsonSerializable(typeof(CreatedRoot))]
[JsonSerializable(typeof(RemovedRoot))]
[JsonSerializable(typeof(BuiltAnswer))]
[JsonSerializable(typeof(DistfilesAnswer))]
[JsonSerializable(typeof(AppliedAnswer))]
[JsonSerializable(typeof(InPlaceAnswer))]
[JsonSerializable(typeof(AttackAnswer))]
[JsonSerializable(typeof(BenchAnswer))]
[JsonSerializable(typeof(AbortAnswer))]
[JsonSerializable(typeof(UndoAnswer))]
[JsonSerializable(typeof(EditAnswer))]
[JsonSerializable(typeof(SaveAnswer))]
[JsonSerializable(typeof(ImportAnswer))]
[JsonSerializable(typeof(ExportAnswer))]
[JsonSerializable(typeof(CompareAnswer))]
[JsonSerializable(typeof(DropAnswer))]
[JsonSerializable(typeof(BisectAnswer))]
[JsonSerializable(typeof(InitAnswer))]
[JsonSerializable(typeof(Matrix.MatrixPlan))]
[JsonSerializable(typeof(MatrixAnswer))]
public sealed partial class Json : JsonSerializerContext
{
}

/// <summary>What a failed command prints with <c>--format json</c>.</summary>
public sealed record FailureAnswer(FailureFacts Failure, IReadOnlyDictionary<string, string[]> Facts);

/// <summary>Writing JSON. Non-ASCII text stays readable: the output is UTF-8 on a terminal or in a file, never in HTML.</summary>
public static class JsonText
{
    private static readonly Json Readable = new(new System.Text.Json.JsonSerializerOptions(Json.Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Of<T>(T answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        System.Text.Json.JsonSerializer.Serialize(answer, Readable.GetTypeInfo(type.Type) ?? type);

    public static string Of(Seams.Failure failure) => Of(
        new FailureAnswer(FailureFacts.Of(failure), failure.Facts.ToDictionary(fact => fact.Key, fact => fact.Value.ToArray())),
        Json.Default.FailureAnswer);
}
