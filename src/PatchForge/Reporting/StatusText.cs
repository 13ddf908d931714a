using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>status</c> says on standard output.</summary>
public static class StatusText
{
    public static string Of(StatusAnswer answer)
    {
        var text = new StringBuilder(answer.Package).Append("\n\n");
        text.Append(TextTable.Of(
            ["release", "distfile", "series", "ebuild", "Manifest", "last build", "last smoke"],
            answer.Releases.Select(release => (IReadOnlyList<string>)
                [release.Release, release.Distfile, Series(release), release.Ebuild, release.Manifest, release.Build, release.Smoke])));
        foreach (var line in answer.Releases.GroupBy(release => release.Line))
        {
            Matrix(text, line.Key, [.. line.Where(release => !release.Patches.IsEmpty)]);
        }

        foreach (var hunk in answer.Explained)
        {
            Explain(text, hunk);
        }

        if (answer.Session is { } session)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{session.Patch} on {session.Release} waits for you:\n  ").AppendJoin("\n  ", session.Next).Append('\n');
        }

        text.AppendJoin("", answer.Findings.Select(finding => "\n" + finding));
        return text.Append("\n\nnext: ").Append(answer.Next).Append('\n').ToString();
    }

    /// <summary>Releases down, patches across by what their names begin with; a dot is a patch that fits exactly.</summary>
    private static void Matrix(StringBuilder text, string line, ImmutableArray<StatusRelease> releases)
    {
        if (releases.IsEmpty)
        {
            return;
        }

        var names = releases[0].Patches.Select(patch => patch.Name).ToImmutableArray();
        var heads = Heads(names);
        text.Append(CultureInfo.InvariantCulture, $"\nline {line}: {names.Length} patches on {releases.Length} release{(releases.Length == 1 ? "" : "s")}\n");
        text.Append(TextTable.Of(
            [.. heads.Prepend("release")],
            releases.Select(release => (IReadOnlyList<string>)[release.Release, .. release.Patches.Select(Cell)])));
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

    private static string Cell(StatusPatch patch) =>
        (patch.State switch { "clean" => ".", "absent" => "-", var state => state }) + (patch.Own ? "*" : "");

    /// <summary>What stands before the first dash where that tells the patches apart, else their numbers in the series.</summary>
    private static ImmutableArray<string> Heads(ImmutableArray<string> names)
    {
        var starts = names.Select(name => name.Split('-')[0]).ToImmutableArray();
        return starts.Distinct().Count() == names.Length && starts.All(name => name.Length <= 8)
            ? starts
            : [.. Enumerable.Range(1, names.Length).Select(number => number.ToString(CultureInfo.InvariantCulture))];
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

    private static string Series(StatusRelease release) => release.Patches.IsEmpty
        ? release.Distfile is "official" or "distribution" or "signed" or "first-use" ? "no patches" : "no source"
        : string.Join(", ", release.Patches.GroupBy(patch => patch.State).Select(group => $"{group.Count()} {group.Key}"));
}
