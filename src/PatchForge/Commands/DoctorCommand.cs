using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge doctor</c></summary>
internal static class DoctorCommand
{
    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors,
        "doctor",
        "Say what is missing on this machine and how to install it",
        Run);

    private static Task<int> Run(CommandRun run)
    {
        var answer = new ExamineMachine(run.Outside.Processes).Run(File.Exists("/etc/os-release") ? File.ReadAllText("/etc/os-release") : null);
        run.Answer(answer, Json.Default.MachineAnswer, MachineText.Of);
        return Task.FromResult(answer.Ready ? 0 : (int)FailureKind.Missing);
    }
}
