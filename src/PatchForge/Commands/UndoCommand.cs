using System.CommandLine;
using System.Globalization;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge undo</c></summary>
internal static class UndoCommand
{
    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "undo", "Take back what the last command wrote into the series and the overlay, byte for byte; again, and that is taken back", Run);

    private static Task<int> Run(CommandRun run)
    {
        run.Answer(
            UndoLanding.Run(run.Settings(), run.Folders),
            Json.Default.UndoAnswer,
            answer => string.Create(CultureInfo.InvariantCulture, $"taken back: {answer.Command}\n") + string.Concat(answer.Folders.Select(folder => $"  {folder} is as it was before\n")));
        return Task.FromResult(0);
    }
}
