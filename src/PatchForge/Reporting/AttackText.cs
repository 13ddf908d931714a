using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>Verdicts of attacks as a table, and below it what is not as expected, with what was seen.</summary>
public static class AttackText
{
    public static string Of(AttackAnswer answer)
    {
        var text = new StringBuilder();
        if (answer.Models.IsEmpty)
        {
            text.Append(TextTable.Of(
                ["attack", "point", "tries to", "must", "guard"],
                answer.Attacks.Select(row => (IReadOnlyList<string>)[row.Id, Number(row.Point), row.Tries, row.Must, Guard(row)])));
            Unproven(text, answer);
            return text.ToString();
        }

        text.Append(TextTable.Of(
            ["attack", "point", .. answer.Models, "guard", "with the guard removed"],
            answer.Attacks.Select(row => (IReadOnlyList<string>)
            [
                row.Id, Number(row.Point), .. row.Models.Select(Cell), Guard(row), row.WithoutGuard is { } without ? Cell(without) : "–",
            ])));
        foreach (var row in answer.Attacks)
        {
            foreach (var facts in row.Models.Concat(row.WithoutGuard is { } without ? [without] : []).Where(facts => facts.Failed))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n{row.Id}, {facts.Model}: {facts.Why}; expected {facts.Expected}, {facts.Outcome}\n");
                foreach (var (name, what) in new[] { ("tried", facts.Tried), ("kernel", facts.Kernel), ("seen", facts.Evidence) }.Where(line => line.Item2.Length > 0))
                {
                    text.Append(CultureInfo.InvariantCulture, $"  {name,-6}  {Plain(what)}\n");
                }
            }
        }

        Skipped(text, answer);
        text.Append(answer.Versions.IsEmpty ? "" : $"\npackages: {string.Join(", ", answer.Versions)}\n");
        Unproven(text, answer);
        text.Append(CultureInfo.InvariantCulture, $"\n{answer.Attacks.Length} attacks, {answer.Failed} verdicts not as expected ({answer.InShort()}), {answer.Seconds:f0} s; configurations and logs: {answer.Kept}\n");
        return text.ToString();
    }

    private static void Skipped(StringBuilder text, AttackAnswer answer)
    {
        var skipped = answer.Attacks
            .SelectMany(row => row.Models.Concat(row.WithoutGuard is { } without ? [without] : []).Where(facts => facts.Verdict == "skipped").Select(facts => (row.Id, facts)))
            .GroupBy(one => one.Id)
            .SelectMany(attack => attack.GroupBy(one => one.facts.Why).Select(one => (attack.Key, Models: string.Join(", ", one.Select(row => row.facts.Model)), Why: one.Key)))
            .GroupBy(one => (one.Models, one.Why))
            .ToArray();
        if (skipped.Length > 0)
        {
            text.Append("\nnot tried:\n");
        }

        foreach (var one in skipped)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {string.Join(", ", one.Select(attack => attack.Key))} ({one.Key.Models}): {Plain(one.Key.Why)}\n");
        }
    }

    private static void Unproven(StringBuilder text, AttackAnswer answer)
    {
        text.Append("\nguards that no attack takes out:\n");
        foreach (var guard in answer.Unproven)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {guard.Guard}: {guard.Why}\n");
        }
    }

    internal static string Guard(AttackRow row) => row.Guards.IsEmpty ? "–" : string.Join(" + ", row.Guards);

    private static string Cell(AttackFacts facts) => facts.Verdict switch
    {
        "as expected" => facts.Outcome,
        "skipped" => facts.Expected == "not asked" ? "–" : "skipped",
        "wrong" => facts.Outcome.ToUpperInvariant() + " (!)",
        _ => "PROVES NOTHING",
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c));
}
