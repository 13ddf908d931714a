using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge verify</c></summary>
internal static class VerifyCommand
{
    private static readonly Argument<string[]> Releases = CommonOptions.Releases();
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "verify", "Check the distfiles on this machine: sizes, digests, signatures; fetches and writes nothing", Run, Releases, Distdir);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var releases = Chosen.Releases(settings, run.Parsed.GetValue(Releases) ?? []);
        var distdir = Chosen.Source(run.Parsed, Distdir, null, null, null).Distdir;
        var verified = await new VerifyDistfiles(run.Outside, Environment.GetEnvironmentVariable).Run(settings, releases, distdir, run.Cancel);
        var answer = new DistfilesAnswer([.. verified.Select(DistfileFact.Of)]);
        run.Answer(answer, Json.Default.DistfilesAnswer, DistfilesText.Of);
        return answer.ExitCode;
    }
}
