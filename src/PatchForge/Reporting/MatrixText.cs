using System.Globalization;
using System.Text;
using PatchForge.Matrix;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>matrix</c> says on standard output.</summary>
public static class MatrixText
{
    public static string Of(MatrixPlan plan) =>
        TextTable.Of(
            ["job", "release", "variant", "root"],
            plan.Jobs.Select(job => (IReadOnlyList<string>)[job.Id, job.Release, job.Variant, job.Root]))
        + string.Create(CultureInfo.InvariantCulture, $"{plan.Jobs.Length} jobs; --for says for which engine they are written\n");

    public static string Of(MatrixAnswer answer)
    {
        var text = new StringBuilder();
        var variants = answer.Cells.Select(cell => cell.Variant).Distinct().ToArray();
        text.Append(TextTable.Of(
            ["release", "root", .. variants],
            answer.Cells.GroupBy(cell => (cell.Release, cell.Root)).Select(row => (IReadOnlyList<string>)
            [
                row.Key.Release,
                row.Key.Root,
                .. variants.Select(variant => row.FirstOrDefault(cell => cell.Variant == variant) is { } cell ? Word(cell) : "-"),
            ])));
        foreach (var cell in answer.Cells.Where(cell => !cell.Passed))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{cell.Job}: {cell.State}{(cell.Machine is { } machine ? $" on {machine}" : "")}{(cell.File is { } file ? $"; {file}" : "")}\n");
            if (cell.Failure is { } failure)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {(failure.At is { } at ? at + ": " : "")}{Indented(failure.Sentence)}\n");
                text.Append(failure.Hint is { } hint ? $"  {Indented(hint)}\n" : "");
            }

            text.Append(cell.Log is { } log ? $"  log: {log}\n" : "");
            text.AppendJoin("", cell.Excerpt.Select(line => $"  {Indented(line)}\n"));
        }

        text.AppendJoin("", answer.Problems.Select(problem => $"\nnot counted: {problem.File}: {Indented(problem.Sentence)}\n"));
        return text.Append('\n').Append(Summary(answer)).Append('\n').ToString();
    }

    /// <summary>A cell in a few words.</summary>
    internal static string Word(MatrixCell cell) => string.Join(", ", new[] { cell.Smoke is { } smoke ? $"{cell.State} {smoke}" : cell.State, cell.Attack }.OfType<string>());

    internal static string Summary(MatrixAnswer answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"{answer.Cells.Count(cell => cell.Passed)} of {answer.Cells.Length} jobs passed, {answer.Cells.Count(cell => cell.State == "no result")} without a result, {answer.Problems.Length} files not counted");

    private static string Indented(string text) => text.Replace("\n", "\n  ", StringComparison.Ordinal);
}
