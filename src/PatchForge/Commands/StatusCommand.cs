using System.Collections.Immutable;
using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge status</c></summary>
internal static class StatusCommand
{
    private static readonly Argument<string[]> Releases = new("RELEASE")
    {
        Description = "Releases by version, such as 2.0.65; when none is named, every release of the settings",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> Line = new("--line") { Description = "The releases of one line", HelpName = "LINE" };

    private static readonly Option<string[]> Explain = new("--explain")
    {
        Description = "Show the hunks: what was expected, what is there, where it would fit, what upstream changed. Of one patch (its name or what it begins with) and on one release, or of every cell that is not clean",
        HelpName = "PATCH RELEASE",
        Arity = new ArgumentArity(0, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "status", "Where things stand: each release's distfile, ebuild, Manifest and last verdicts, and the matrix of releases and patches", Run, Releases, Line, Explain, Distdir, Git, Unofficial);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var named = run.Parsed.GetValue(Releases) ?? [];
        ExplainRequest? explain = null;
        if (run.Parsed.GetResult(Explain) is not null)
        {
            var words = run.Parsed.GetValue(Explain) ?? [];
            var releases = words.Where(word => settings.Lines.Any(line => line.Releases.Any(release => release.Version == word))).ToList();
            explain = new ExplainRequest([.. words.Except(releases).SelectMany(word => Patches(settings, word))]);
            named = [.. named, .. releases];
        }

        var answer = await new Status(run.Outside, Environment.GetEnvironmentVariable).Run(
            new StatusRequest(
                settings,
                Chosen.Releases(settings, named, run.Parsed.GetValue(Line), all: true),
                Chosen.Source(run.Parsed, Distdir, Git, Unofficial, null),
                explain),
            run.Cancel);
        run.Answer(answer, Json.Default.StatusAnswer, one => StatusText.Of(one, run.Screen));
        return 0;
    }

    /// <summary>The patches of that name, or whose name begins so: <c>0010</c>.</summary>
    private static ImmutableArray<PatchName> Patches(ForgeSettings settings, string word)
    {
        var all = settings.Lines.SelectMany(line => SeriesNames.Of(settings.Home, line)).Distinct().ToImmutableArray();
        return all.Where(name => name.Text == word || name.Text.StartsWith(word, StringComparison.Ordinal)).ToImmutableArray() is { IsEmpty: false } found
            ? found
            : throw new Failure(FailureKind.CommandLine, $"no series has a patch '{word}', and there is no release of that name", "the patches are " + string.Join(", ", all));
    }
}
