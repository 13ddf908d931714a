using System.Collections.Immutable;
using PatchForge.Releases;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>What <c>fetch</c> and <c>verify</c> answer.</summary>
public sealed record DistfilesAnswer(ImmutableArray<DistfileFact> Distfiles)
{
    public int ExitCode => Distfiles.Select(distfile => distfile.Failure?.ExitCode ?? 0).DefaultIfEmpty(0).Max();
}

/// <param name="Verdict">official, distribution, signed, first-use, unofficial, wrong, unknown or missing.</param>
/// <param name="Detail">What the verdict rests on.</param>
public sealed record DistfileFact(string Release, string Distfile, string? File, string Verdict, string Detail, FailureFacts? Failure)
{
    /// <summary>The fact of a failure that has the verdict in a word.</summary>
    internal const string VerdictFact = "verdict";

    public static DistfileFact Of(FetchedDistfile fetched) => new(
        fetched.Release,
        fetched.Distfile,
        fetched.File,
        fetched.Verdict is { } verdict ? Word(verdict)
            : fetched.Failure?.Kind == FailureKind.Missing ? "missing"
            : fetched.Failure?.Facts.GetValueOrDefault(VerdictFact) is [var word] ? word
            : "wrong",
        fetched.Verdict is { } said ? said.Sentence + (fetched.Downloaded ? "; downloaded" : "") : fetched.Failure?.Message ?? "",
        fetched.Failure is { } failure ? FailureFacts.Of(failure) : null);

    public static DistfileFact Of(VerifiedDistfile verified)
    {
        var best = verified.Files.FirstOrDefault(file => file.Verdict.IsAccepted) ?? verified.Files.FirstOrDefault();
        var failure = verified.IsGood ? null
            : best is null ? Seams.Failure.Missing($"{verified.Distfile} is not on this machine; looked in {string.Join(", ", verified.Places)}", $"patchforge fetch {verified.Release}")
            : Seams.Failure.Refused(verified.Signature is SignatureVerdict.Refused refused ? refused.Sentence : $"{best.File}: {best.Verdict.Sentence}");
        return new DistfileFact(
            verified.Release,
            verified.Distfile,
            best?.File,
            best is null ? "missing" : Word(best.Verdict),
            string.Join("; ", new[] { best?.Verdict.Sentence, verified.Signature?.Sentence }.OfType<string>()),
            failure is null ? null : FailureFacts.Of(failure));
    }

    internal static string Word(DistfileVerdict verdict) => verdict switch
    {
        DistfileVerdict.Official => "official",
        DistfileVerdict.Distribution => "distribution",
        DistfileVerdict.BySignature => "signed",
        DistfileVerdict.FirstUse => "first-use",
        DistfileVerdict.Unofficial => "unofficial",
        DistfileVerdict.Wrong => "wrong",
        _ => "unknown",
    };
}
