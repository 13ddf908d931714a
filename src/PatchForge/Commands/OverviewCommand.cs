using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge</c> alone: where things stand and what to run next.</summary>
internal static class OverviewCommand
{
    public static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var answer = await new Status(run.Outside, Environment.GetEnvironmentVariable).Run(
            new StatusRequest(settings, Chosen.Releases(settings, []), new SourceOptions { Offline = true }), run.Cancel);
        run.Answer(answer, Json.Default.StatusAnswer, one => StatusText.Of(one, run.Screen));
        run.Outside.Story.Say("`patchforge --help` lists all commands");
        return 0;
    }
}
