using System.Collections.Immutable;

namespace PatchForge.Workflows;

/// <summary>
/// What <c>refresh</c> answers: plain facts, so that text, JSON and HTML show the same. Times are seconds.
/// </summary>
/// <param name="Changed">Paths that were written, relative to the settings file's folder, in order; empty when nothing changed.</param>
/// <param name="Scratch">The folder that holds the scratch copy of the overlay when the work was unofficial.</param>
/// <param name="Notes">What the user should know that is no failure, each a sentence.</param>
public sealed record RefreshAnswer(
    string Package,
    string Tool,
    bool DryRun,
    string? Scratch,
    ImmutableArray<ReleaseAnswer> Releases,
    ImmutableArray<string> Changed,
    ImmutableArray<string> Notes)
{
    /// <summary>The conflict that waits for a person; null when none does.</summary>
    public SessionFacts? Session { get; init; }

    /// <summary>Releases or a line were named. Otherwise what this machine has not is left out, and that is no failure as long as anything was done.</summary>
    public bool Named { get; init; } = true;

    /// <summary>For <c>matrix merge</c>; null but where single variants were asked for.</summary>
    public TrialFacts? Trial { get; init; }

    /// <summary>All of it was done.</summary>
    public bool Succeeded => Releases.All(release => release.Failure is null);

    /// <summary>Nothing was named, and what is not done is missing on this machine; something was done.</summary>
    public bool DidWhatItCould => !Named && Releases.Any(release => release.Failure is null) && Releases.All(release => release.Failure is null or { Kind: "missing" });

    /// <summary>The failures' gravest. That something is missing on this machine comes last: what is there was done.</summary>
    public int ExitCode => DidWhatItCould ? 0 : Releases.Select(release => release.Failure?.ExitCode ?? 0)
        .OrderBy(code => code == (int)Seams.FailureKind.Missing ? 1 : code == 0 ? 0 : code + 1)
        .LastOrDefault();
}

public sealed record ReleaseAnswer(
    string Release,
    string Line,
    SourceFacts? Source,
    ImmutableArray<PatchFacts> Patches,
    EbuildFacts? Ebuild,
    ImmutableArray<BuildFacts> Builds,
    ImmutableArray<SmokeFacts> Smokes,
    FailureFacts? Failure)
{
    /// <summary>The files in which the patch that stopped the series conflicts, both sides of each.</summary>
    public ImmutableArray<ConflictFacts> Conflicts { get; init; } = [];

    /// <summary>On the model that ships; null where it was not attacked.</summary>
    public AttackAnswer? Attack { get; init; }

    /// <summary>A quick look beside prefork; null where it was not measured.</summary>
    public BenchAnswer? Figures { get; init; }

    /// <summary>One word for a release whose source could not be used.</summary>
    internal string NoSource => Failure is { Kind: "missing" } ? "missing" : "refused";
}

/// <param name="Verdict">One word: official, distribution, signed, first-use, unofficial.</param>
/// <param name="Detail">What the verdict rests on: which digests, whose signature, why unofficial.</param>
public sealed record SourceFacts(string File, string From, string Verdict, string Detail)
{
    public bool Official => Verdict is not "unofficial";

    /// <summary>Digest of the source's files, to be compared with other machines'; null where nobody will.</summary>
    public string? Tree { get; init; }

    internal SourceFacts WithTree(Trees.ITree? tree) => tree is null ? this : this with { Tree = Roots.RootIdentity.OfTree(tree) };
}

/// <param name="State">unmodified, modified, new, already-merged, empty, left-out or conflict (StGit's words for a pushed patch).</param>
public sealed record PatchFacts(string Name, string Subject, bool Generated, string State, ImmutableArray<HunkFacts> Moved)
{
    /// <summary>Why it was modified; null when it was not.</summary>
    public string? How { get; init; }
}

/// <summary>A hunk that did not apply exactly where it said.</summary>
/// <param name="Line">The line in the file where it applied, or should have; from 1.</param>
/// <param name="Offset">Lines between where it said and where it applied.</param>
/// <param name="Was">The hunk as the patch has it.</param>
/// <param name="Is">The place in the file where it applied; empty on a conflict.</param>
public sealed record HunkFacts(string File, int Line, string Outcome, int Offset, int Fuzz, string Was, string Is);

/// <param name="Written">What refresh did to the ebuild: written, unchanged or not-carried.</param>
/// <param name="Manifest">official, left (no official distfile), scratch or unchanged.</param>
/// <param name="Cache">The md5-cache entry: written, unchanged, left (nobody here could check it), none or removed; the notes say why.</param>
public sealed record EbuildFacts(string File, string Written, string Manifest, string Cache);

/// <param name="How">portage or configure-make-install.</param>
public sealed record BuildFacts(string Variant, string Root, string How, bool Succeeded, bool Reused, double Seconds, string Log, ImmutableArray<string> LastLines)
{
    /// <summary>What Portage's checks of the image said, a sentence or more each.</summary>
    public ImmutableArray<string> Qa { get; init; } = [];

    /// <summary>What a user types for the same package; null where Portage had no part in it.</summary>
    public string? Emerge { get; init; }
}

public sealed record SmokeFacts(string Variant, double Seconds, ImmutableArray<ProbeFacts> Probes, string? Kept)
{
    public bool Succeeded => Probes.Length > 0 && Probes.All(probe => probe.Passed);
}

public sealed record ProbeFacts(string Name, string Expected, string Seen, bool Passed);

/// <param name="Kind">refused, command-line, conflict, drift, missing or interrupted.</param>
public sealed record FailureFacts(string Kind, int ExitCode, string Sentence, string? Hint, string? At)
{
    public static FailureFacts Of(Seams.Failure failure) => new(
        failure.Kind switch
        {
            Seams.FailureKind.CommandLine => "command-line",
            var kind => kind.ToString().ToLowerInvariant(),
        },
        (int)failure.Kind,
        failure.Message,
        failure.Hint,
        failure.At?.ToString());
}
