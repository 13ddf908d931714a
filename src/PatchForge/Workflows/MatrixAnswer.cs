using System.Collections.Immutable;

namespace PatchForge.Workflows;

/// <summary>What <c>matrix merge</c> answers: one cell for each job of the plan, or for each result where no plan was named.</summary>
/// <param name="Problems">Files that do not count, each with the reason; in order of their names.</param>
public sealed record MatrixAnswer(string Package, string Tool, ImmutableArray<MatrixCell> Cells, ImmutableArray<MatrixProblem> Problems)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The gravest of the cells'; a file that does not count is refused (1). A job without a result is missing (5), which comes last.</summary>
    public int ExitCode => Cells.Select(cell => cell.ExitCode).Concat(Problems.Select(_ => (int)Seams.FailureKind.Refused))
        .OrderBy(code => code == (int)Seams.FailureKind.Missing ? 1 : code == 0 ? 0 : code + 1)
        .LastOrDefault();
}

/// <param name="State">passed, applies (no build was asked for), build failed, smoke failed, attack failed, conflict, refused, missing, interrupted or no result.</param>
/// <param name="File">The result; null where there is none.</param>
/// <param name="Machine">Where the job ran, and its logs are.</param>
public sealed record MatrixCell(string Job, string Release, string Line, string Variant, string Root, string State, string? File, string? Machine)
{
    /// <summary>Probes that passed, of how many; null where it was not asked.</summary>
    public string? Smoke { get; init; }

    /// <summary>Each model's score; null where it was not attacked.</summary>
    public string? Attack { get; init; }

    /// <summary>Of the build, in seconds; 0 where an earlier run's was kept.</summary>
    public double Seconds { get; init; }

    /// <summary>Of a build that failed: on <see cref="Machine"/>.</summary>
    public string? Log { get; init; }

    /// <summary>What is to be read of a cell that did not pass: the end of the log, probes and attacks that came out wrong.</summary>
    public ImmutableArray<string> Excerpt { get; init; } = [];

    public FailureFacts? Failure { get; init; }

    public bool Passed => State is "passed" or "applies";

    /// <summary>One of the tool's, whatever a result says.</summary>
    public int ExitCode => State switch
    {
        "passed" or "applies" => 0,
        "conflict" => (int)Seams.FailureKind.Conflict,
        "missing" or "no result" => (int)Seams.FailureKind.Missing,
        "interrupted" => (int)Seams.FailureKind.Interrupted,
        _ => (int)Seams.FailureKind.Refused,
    };
}

public sealed record MatrixProblem(string File, string Sentence);
