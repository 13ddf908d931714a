using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge diff</c>, <c>drop</c> and <c>bisect</c>: what moved, what upstream has, since when it does not fit.</summary>
internal static class CompareCommands
{
    private static readonly Argument<string?> Before = new("A") { Description = "A folder with a series, a revision such as HEAD~1, or a release (its refreshed form); HEAD when left out", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string?> After = new("B") { Description = "The same; the series as it is now when left out", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> Sides = new("--side-by-side", "-y") { Description = "Both states beside each other" };
    private static readonly Option<int> Width = new("--width", "-W") { Description = "Columns of --side-by-side", HelpName = "N", DefaultValueFactory = _ => 160 };
    private static readonly Option<bool> ExitCode = new("--exit-code") { Description = "Exit with 4 when there is a difference" };
    private static readonly Option<string?> Line = new("--line") { Description = "The line; may be left out where there is one, or a release says it", HelpName = "LINE" };

    private static readonly Argument<string[]> Only = new("PATCH") { Description = "These patches alone; otherwise all", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<bool> Merged = new("--merged") { Description = "What upstream has: the whole patch can be taken out of every release of its line" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be written, and write nothing" };

    private static readonly Argument<string> Patch = new("PATCH") { Description = "A patch of the series" };
    private static readonly Option<string?> Good = new("--good") { Description = "A release or revision to which it applies; otherwise the line's oldest release", HelpName = "R" };
    private static readonly Option<string?> Bad = new("--bad") { Description = "One to which it does not; otherwise the clone's HEAD", HelpName = "R" };
    private static readonly Option<string?> Clone = new("--git") { Description = "A clone of upstream, or a folder of clones; otherwise the 'clone' of the settings", HelpName = "DIR" };

    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();
    private static readonly Option<string?> Gentoo = CommonOptions.Gentoo();

    public static IEnumerable<Command> Declare(Doors doors) =>
    [
        CommandRun.Verb(doors, "diff", "Show what moved between two states of a series, patch by patch", Diff, Before, After, Sides, Width, ExitCode, Line, Distdir, Git, Unofficial, Trust),
        CommandRun.Verb(doors, "drop", "Take out of the series what upstream has, on proof alone: series line, file, ebuilds", Drop, Only, Merged, Line, DryRun, Distdir, Git, Unofficial, Trust, Gentoo),
        CommandRun.Verb(doors, "bisect", "Find the upstream commit since which a patch no longer applies", Bisect, Patch, Good, Bad, Clone, Line),
    ];

    private static async Task<int> Diff(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var (before, after) = (parsed.GetValue(Before), parsed.GetValue(After));
        var release = new[] { after, before }.FirstOrDefault(state => settings.Lines.SelectMany(line => line.Releases).Any(one => one.Version == state));
        var width = parsed.GetValue(Width);
        if (width is < 40 or > 1000)
        {
            throw new Failure(FailureKind.CommandLine, $"--width takes 40 to 1000, not {width}");
        }

        var answer = await new CompareSeries(run.Outside, Environment.GetEnvironmentVariable).Run(
            new CompareRequest(settings, Chosen.Line(settings, parsed.GetValue(Line), release), before, after, Chosen.Source(parsed, Distdir, Git, Unofficial, Trust)), run.Cancel);
        run.Answer(answer, Json.Default.CompareAnswer, answer => CompareText.Of(answer, parsed.GetValue(Sides) ? width : null));
        return parsed.GetValue(ExitCode) && !answer.Same ? (int)FailureKind.Drift : 0;
    }

    private static async Task<int> Drop(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        if (!parsed.GetValue(Merged))
        {
            throw new Failure(FailureKind.CommandLine, "a patch is dropped on proof", "say which: --merged; a patch that you want to be rid of leaves the series with edit and save --drop");
        }

        var answer = await new DropMerged(run.Outside, Environment.GetEnvironmentVariable).Run(
            new DropRequest(
                settings,
                parsed.GetValue(Line) is { } line ? [Chosen.Line(settings, line, null)] : settings.Lines,
                Chosen.Patches(parsed.GetValue(Only) ?? []),
                Chosen.Source(parsed, Distdir, Git, Unofficial, Trust),
                parsed.GetValue(Gentoo),
                parsed.GetValue(DryRun)),
            run.Cancel);
        run.Answer(answer, Json.Default.DropAnswer, CompareText.Of);
        return 0;
    }

    private static async Task<int> Bisect(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var release = new[] { parsed.GetValue(Good), parsed.GetValue(Bad) }.FirstOrDefault(end => settings.Lines.SelectMany(line => line.Releases).Any(one => one.Version == end));
        var line = Chosen.Line(settings, parsed.GetValue(Line), release);
        var series = ReadSeries.Run(settings.Home, line, run.Cancel);
        var answer = new BisectPatch(run.Outside).Run(
            new BisectRequest(settings, line, PatchName.Parse(parsed.GetRequiredValue(Patch)), parsed.GetValue(Good), parsed.GetValue(Bad), parsed.GetValue(Clone) is { } clone ? Path.GetFullPath(clone) : null),
            series,
            run.Cancel);
        run.Answer(answer, Json.Default.BisectAnswer, CompareText.Of);
        return 0;
    }
}
