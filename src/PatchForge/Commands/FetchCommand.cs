using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge fetch</c></summary>
internal static class FetchCommand
{
    private static readonly Argument<string[]> Releases = CommonOptions.Releases();
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "fetch", "Get distfiles from this machine or the mirrors, and verify them", Run, Releases, Distdir, Unofficial, Trust);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var releases = Chosen.Releases(settings, run.Parsed.GetValue(Releases) ?? []);
        var options = Chosen.Source(run.Parsed, Distdir, null, Unofficial, Trust);
        var fetched = await new FetchDistfiles(run.Outside, Environment.GetEnvironmentVariable).Run(settings, releases, options, run.Cancel);
        var answer = new DistfilesAnswer([.. fetched.Select(DistfileFact.Of)]);
        run.Answer(answer, Json.Default.DistfilesAnswer, DistfilesText.Of);
        return answer.ExitCode;
    }
}
