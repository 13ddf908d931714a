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
public sealed partial class Json : JsonSerializerContext
{
}

/// <summary>What a failed command prints with <c>--format json</c>.</summary>
public sealed record FailureAnswer(FailureFacts Failure, IReadOnlyDictionary<string, string[]> Facts);
