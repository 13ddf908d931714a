using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>refresh</c> says on standard output.</summary>
public static class RefreshText
{
    /// <summary>What is told of a release; behind the third, only what one of them has.</summary>
    private static readonly ImmutableArray<(string Head, Func<ReleaseAnswer, string> Cell)> s_columns =
    [
        ("release", release => release.Release),
        ("distfile", release => release.Source?.Verdict ?? release.NoSource),
        ("series", release => Series(release.Patches)),
        ("ebuild", release => release.Ebuild?.Written ?? "-"),
        ("Manifest", release => release.Ebuild?.Manifest ?? "-"),
        ("md5-cache", release => release.Ebuild?.Cache ?? "-"),
        ("build", release => Join(release.Builds.Select(build => $"{build.Variant} {(build.Succeeded ? "built" : "FAILED")}"))),
        ("smoke", release => Join(release.Smokes.Select(smoke => $"{smoke.Variant} {smoke.Probes.Count(probe => probe.Passed)}/{smoke.Probes.Length}"))),
        ("attacks", release => release.Attack is { } attack ? attack.InShort() : "-"),
    ];

    public static string Of(AbortAnswer answer) =>
        $"given up: {answer.Patch} on {answer.Release}; nothing else had been written\nthe work tree is kept in {answer.Kept} until the next session is given up\n";

    /// <param name="screen">The terminal that it is for; null for anything else.</param>
    public static string Of(RefreshAnswer answer, Screen? screen = null)
    {
        var text = new StringBuilder();
        (string Head, Func<ReleaseAnswer, string> Cell)[] columns = [.. s_columns.Where((column, at) => at < 3 || answer.Releases.Any(release => column.Cell(release) != "-"))];
        text.Append(TextTable.Of(
            [.. columns.Select(column => column.Head)],
            answer.Releases.Select(release => (IReadOnlyList<string>)[.. columns.Select(column => column.Cell(release))]),
            screen));
        var missing = false;
        foreach (var release in answer.Releases)
        {
            // What to do about a missing distfile is the same for each: once is enough.
            Details(text, release, isShort: missing, isTold: answer.Session is { } waiting && waiting.Release == release.Release);
            text.Append(ConflictText.Of(release.Conflicts, screen));
            missing |= release.Failure is { Kind: "missing" };
        }

        foreach (var figures in answer.Releases.Select(release => release.Figures).OfType<BenchAnswer>())
        {
            Figures(text, figures);
        }

        Lines(text, "", answer.Notes.Select(note => "note: " + note));
        if (answer.Scratch is { } scratch)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nunofficial: the overlay was not touched; its scratch copy is in {scratch}\n");
        }

        Lines(text, "", answer.Succeeded ? [] : answer.Releases.GroupBy(release => release.Line).Select(Done));
        Lines(text, "", answer.DidWhatItCould && !answer.Succeeded ? ["what this machine has not was left out, which is no failure; name a release to have it as one"] : []);
        if (answer.Session is { } session)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{session.Patch} on {session.Release} waits for you:\n");
            Lines(text, "  ", session.Next);
        }

        text.Append('\n').Append(answer switch
        {
            { Changed.IsEmpty: true } => "nothing changed",
            { DryRun: true } => $"would write {Count(answer.Changed)}",
            _ => $"wrote {Count(answer.Changed)}",
        }).Append('\n');
        Lines(text, "  ", answer.Changed);
        return text.ToString();
    }

    private static void Figures(StringBuilder text, BenchAnswer figures)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{figures.Release}, {BenchText.Settings(figures)}\n");
        foreach (var workload in figures.Workloads)
        {
            Lines(text, "  ", workload.Skipped is { } why
                ? [$"{workload.Name}: not measured: {why}"]
                : workload.Arms.SelectMany(arm => arm.Ratio is { } ratio ? [$"{workload.Name}: {arm.Name} to {workload.Base} {BenchText.Ratio(ratio)}"] : Array.Empty<string>()));
        }
    }

    private static void Details(StringBuilder text, ReleaseAnswer release, bool isShort, bool isTold)
    {
        foreach (var patch in release.Patches.Where(patch => patch.State is not ("unmodified" or "new" or "not-reached")))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{release.Release}: {patch.Name}: {patch.State}{(patch.How is { } how ? ": " + how : "")}\n");
            Lines(text, "  ", patch.Moved.Select(hunk => string.Create(
                CultureInfo.InvariantCulture,
                $"{hunk.File}:{hunk.Line}: {hunk.Outcome}{(hunk.Offset != 0 ? $", offset {hunk.Offset:+0;-0}" : "")}{(hunk.Fuzz != 0 ? $", fuzz {hunk.Fuzz}" : "")}")));
        }

        if (release.Patches.Count(patch => patch.State == "not-reached") is > 0 and var behind)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{release.Release}: {behind} {(behind == 1 ? "patch" : "patches")} behind it not tried yet\n");
        }

        foreach (var build in release.Builds.Where(build => !build.Succeeded))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{release.Release}: {build.Variant} did not build; log: {build.Log}\n");
            Lines(text, "  ", build.LastLines);
        }

        foreach (var build in release.Builds.Where(build => build is { Succeeded: true, Emerge: not null }))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{release.Release}: {build.Variant}: {build.Emerge}: {(build.Qa.Length switch { 0 => "no QA notice", 1 => "one QA notice", var many => $"{many} QA notices" })}; log: {build.Log}\n");
        }

        foreach (var build in release.Builds.Where(build => !build.Qa.IsEmpty))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{release.Release}: Portage's checks of {build.Variant}; log: {build.Log}\n");
            Lines(text, "  ", build.Qa);
        }

        foreach (var smoke in release.Smokes.Where(smoke => !smoke.Succeeded))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{release.Release}: smoke of {smoke.Variant} failed{(smoke.Kept is { } kept ? $"; kept in {kept}" : "")}\n");
            Lines(text, "  ", smoke.Probes.Where(probe => !probe.Passed).Select(probe => $"{probe.Name}: expected {probe.Expected}, saw {probe.Seen}"));
        }

        if (release.Failure is { } failure)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{release.Release}: {(failure.At is { } at ? at + ": " : "")}{failure.Sentence}\n");
            if (failure.Hint is { } hint && !isTold)
            {
                var shown = isShort && failure.Kind == "missing" ? hint.Split('\n')[0] : hint;
                text.Append(CultureInfo.InvariantCulture, $"  {shown.Replace("\n", "\n  ", StringComparison.Ordinal)}\n");
            }
        }
    }

    /// <summary>What of a line was done, and what not, with a word for the reason.</summary>
    private static string Done(IGrouping<string, ReleaseAnswer> line)
    {
        var parts = line.GroupBy(release => release.Failure?.Kind)
            .OrderBy(group => group.Key is not null)
            .Select(group => (group.Key is { } why ? $"not done ({why}): " : "done: ") + string.Join(", ", group.Select(release => release.Release)));
        return $"line {line.Key}: {string.Join("; ", parts)}";
    }

    private static string Series(ImmutableArray<PatchFacts> patches)
    {
        if (patches.IsEmpty)
        {
            return "-";
        }

        var (conflicts, elsewhere) = (patches.Count(patch => patch.State == "conflict"), patches.Count(patch => patch.State == "unmodified" && !patch.Moved.IsEmpty));
        return conflicts > 0 ? $"{conflicts}/{patches.Length} conflict"
            : $"{patches.Length} apply" + (elsewhere > 0 ? string.Create(CultureInfo.InvariantCulture, $", {elsewhere} offset") : "");
    }

    private static string Count(ImmutableArray<string> paths) => paths.Length == 1 ? "1 file:" : $"{paths.Length} files:";

    private static string Join(IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } joined ? joined : "-";

    private static void Lines(StringBuilder text, string indent, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            text.Append(indent).Append(line).Append('\n');
        }
    }
}
