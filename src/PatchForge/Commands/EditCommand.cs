using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge edit</c></summary>
internal static class EditCommand
{
    private static readonly Argument<string> Release = CommonOptions.Release();
    private static readonly Option<string?> To = new("--to") { Description = "The folder that becomes the work tree; otherwise .patchforge/edit/RELEASE", HelpName = "DIR" };
    private static readonly Option<string[]> AcceptFuzz = new("--accept-fuzz") { Description = "A patch that may apply with fuzz; save writes it anew without", HelpName = "PATCH" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "edit", "Make a git work tree of a release with the series as commits, to change the series with git", Run, Release, To, AcceptFuzz, Distdir, Git, Unofficial, Trust);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var answer = await new EditSeries(run.Outside, Environment.GetEnvironmentVariable).Run(
            new EditRequest(
                settings,
                Chosen.Release(settings, parsed.GetRequiredValue(Release)).Version,
                parsed.GetValue(To),
                Chosen.Source(parsed, Distdir, Git, Unofficial, Trust),
                Chosen.Patches(parsed.GetValue(AcceptFuzz) ?? [])),
            run.Cancel);
        run.Answer(answer, Json.Default.EditAnswer, EditText.Of);
        return 0;
    }
}
