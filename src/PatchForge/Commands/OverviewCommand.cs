namespace PatchForge.Commands;

/// <summary><c>patchforge</c> alone: where things stand and what to run next.</summary>
internal static class OverviewCommand
{
    public static Task<int> Run(CommandRun run)
    {
        run.Answers.WriteLine(run.Settings().Package);
        return Task.FromResult(0);
    }
}
