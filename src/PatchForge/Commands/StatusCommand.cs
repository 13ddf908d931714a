using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge status</c></summary>
internal static class StatusCommand
{
    private static readonly Argument<string[]> Releases = CommonOptions.Releases();
    private static readonly Option<bool> All = new("--all") { Description = "Every release of the settings, with or without an ebuild" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "status", "One table: release by series, ebuild, Manifest, distfile, last build and smoke", Run, Releases, All, Distdir, Git, Unofficial);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var answer = await new Status(run.Outside, Environment.GetEnvironmentVariable).Run(
            settings,
            Chosen.Releases(settings, run.Parsed.GetValue(Releases) ?? [], all: run.Parsed.GetValue(All)),
            Chosen.Source(run.Parsed, Distdir, Git, Unofficial, null),
            run.Cancel);
        run.Answer(answer, Json.Default.StatusAnswer, StatusText.Of);
        return 0;
    }
}
