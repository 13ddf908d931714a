using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>status</c> says on standard output.</summary>
public static class StatusText
{
    /// <summary>Of a cell, gravest first.</summary>
    private static readonly ImmutableArray<string> s_states = ["conflict", "fuzz", "merged", "left-out", "offset"];

    private static readonly ImmutableArray<string> s_more = ["ebuild", "Manifest", "last build", "last smoke"];

    /// <param name="screen">The terminal that it is for; null for anything else.</param>
    public static string Of(StatusAnswer answer, Screen? screen = null)
    {
        var text = new StringBuilder(answer.Package).Append("\n\n");
        // A package of patches alone has neither ebuilds nor builds.
        var hasMore = answer.Releases.Any(release => release is not { Ebuild: "-", Build: "-", Smoke: "-" });
        text.Append(TextTable.Of(
            ["release", "distfile", "series", .. hasMore ? s_more : []],
            answer.Releases.Select(release => (IReadOnlyList<string>)
                [release.Release, release.Distfile, Series(release), .. hasMore ? [release.Ebuild, release.Manifest, release.Build, release.Smoke] : Array.Empty<string>()]),
            screen,
            Colour));
        foreach (var line in answer.Releases.GroupBy(release => release.Line))
        {
            Matrix(text, line.Key, [.. line.Where(release => !release.Patches.IsEmpty)], screen);
        }

        foreach (var hunk in answer.Explained)
        {
            Explain(text, hunk);
        }

        if (answer.Session is { } session)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{session.Patch} on {session.Release} waits for you:\n  ").AppendJoin("\n  ", session.Next).Append('\n');
        }

        Overlay(text, answer.Findings);
        return text.Append("\nnext: ").Append(answer.Next).Append('\n').ToString();
    }

    /// <summary>
    /// Releases down and patches across by what their names begin with; where that says nothing, patches down by their whole names. A dot is
    /// a patch that fits exactly.
    /// </summary>
    private static void Matrix(StringBuilder text, string line, ImmutableArray<StatusRelease> releases, Screen? screen)
    {
        if (releases.IsEmpty)
        {
            return;
        }

        var names = releases[0].Patches.Select(patch => patch.Name).ToImmutableArray();
        text.Append(CultureInfo.InvariantCulture, $"\nline {line}: {names.Length} patches on {releases.Length} release{(releases.Length == 1 ? "" : "s")}\n");
        text.Append(Heads(names) is { } heads
            ? TextTable.Of(
                ["release", .. heads], releases.Select(release => (IReadOnlyList<string>)[release.Release, .. release.Patches.Select(Cell)]), screen, Colour)
            : TextTable.Of(
                ["patch", .. releases.Select(release => release.Release)],
                names.Select((name, at) => (IReadOnlyList<string>)[name, .. releases.Select(release => Cell(release.Patches[at]))]),
                screen,
                Colour));
        var cells = releases.SelectMany(release => release.Patches).ToList();
        var legend = new[]
        {
            (".", "fits exactly", cells.Exists(cell => cell.State == "clean")),
            ("offset", "fits some lines away", cells.Exists(cell => cell.State == "offset")),
            ("merged", "upstream has all of it", cells.Exists(cell => cell.State == "merged")),
            ("-", "other releases' own", cells.Exists(cell => cell.State == "absent")),
            ("*", "the release's own patch", cells.Exists(cell => cell.Own)),
        };
        text.AppendJoin(", ", legend.Where(entry => entry.Item3).Select(entry => $"{entry.Item1} {entry.Item2}")).Append('\n');
        foreach (var group in releases
            .SelectMany(release => release.Patches.Where(patch => patch.State is "fuzz" or "conflict").Select(patch => (release.Release, Patch: patch)))
            .GroupBy(cell => (cell.Patch.Name, cell.Patch.State, cell.Patch.Behind)))
        {
            var (name, state, behind) = group.Key;
            text.Append(CultureInfo.InvariantCulture, $"{name}: {state} on {string.Join(", ", group.Select(cell => cell.Release))}");
            text.Append(behind is null ? "" : $", in a file where {behind} does as well").Append('\n');
        }
    }

    /// <summary>What Portage would stumble over is told whole, the rest is counted.</summary>
    private static void Overlay(StringBuilder text, ImmutableArray<LintFinding> findings)
    {
        string Count(string severity) => findings.Count(finding => finding.Severity == severity) is var count and not 1 ? $"{count} {severity}s" : $"1 {severity}";
        if (!findings.IsEmpty)
        {
            text.Append('\n').AppendJoin("", findings.Where(finding => finding.Severity == "error").Select(LintText.Line));
            text.Append(CultureInfo.InvariantCulture, $"overlay: {Count("error")}, {Count("warning")}, {Count("note")}; `patchforge lint` shows them\n");
        }
    }

    private static string? Colour(string cell) => cell.TrimEnd('*').Split(' ')[^1] switch
    {
        "." or "-" => Screen.Faint,
        "conflict" or "wrong" or "failed" => Screen.Red,
        "fuzz" or "missing" or "unknown" or "unofficial" or "absent" or "source" => Screen.Yellow,
        "merged" => Screen.Cyan,
        _ => null,
    };

    private static string Cell(StatusPatch patch) =>
        (patch.State switch { "clean" => ".", "absent" => "-", var state => state }) + (patch.Own ? "*" : "");

    /// <summary>What stands before the first dash, a number mostly; null where that does not tell the patches apart.</summary>
    private static string[]? Heads(ImmutableArray<string> names)
    {
        string[] starts = [.. names.Select(name => name.Split('-')[0])];
        return starts.Distinct().Count() == names.Length && starts.All(name => name.Length <= 8) ? starts : null;
    }

    private static void Explain(StringBuilder text, ExplainedHunk hunk)
    {
        var place = hunk.Line == 0 ? hunk.File : string.Create(CultureInfo.InvariantCulture, $"{hunk.File}:{hunk.Line}");
        text.Append(CultureInfo.InvariantCulture, $"\n{hunk.Release}: {hunk.Patch}: {place}: {hunk.Outcome}: {hunk.Sentence}\n");
        Block(text, "the patch says", hunk.Expected);
        Block(text, "the file has", hunk.There);
        if (hunk.Fits.Length > 0)
        {
            text.Append("  where it fits: ").Append(hunk.Fits).Append('\n');
        }

        Block(text, $"what upstream changed there since {hunk.Base}", hunk.Upstream);
        if (hunk.Base is null)
        {
            text.Append("  no release at hand is known to be what the patch was made on\n");
        }
    }

    private static void Block(StringBuilder text, string title, string lines)
    {
        if (lines.Length > 0)
        {
            text.Append("  ").Append(title).Append(":\n    ").Append(Shown(lines.TrimEnd('\n')).Replace("\n", "\n    ", StringComparison.Ordinal)).Append('\n');
        }
    }

    /// <summary>What is in a patch or a source cannot move the cursor of who reads about it.</summary>
    private static string Shown(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\ufffd' : c));

    /// <summary>How many patches are in the gravest state, which says the rest; the matrix has each.</summary>
    private static string Series(StatusRelease release)
    {
        if (release.Patches.IsEmpty)
        {
            return release.Distfile is "missing" or "wrong" or "unknown" ? "no source" : "no patches";
        }

        var worst = s_states.FirstOrDefault(state => release.Patches.Any(patch => patch.State == state));
        return worst is null
            ? string.Create(CultureInfo.InvariantCulture, $"{release.Patches.Length} clean")
            : string.Create(CultureInfo.InvariantCulture, $"{release.Patches.Count(patch => patch.State == worst)}/{release.Patches.Length} {worst}");
    }
}
