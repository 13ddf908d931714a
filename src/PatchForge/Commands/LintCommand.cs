using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge lint</c></summary>
internal static class LintCommand
{
    private static readonly Option<string?> Gentoo = CommonOptions.Gentoo();
    private static readonly Option<string?> Root = new("--root")
    {
        Description = "Run pkgcheck in this root (dir:PATH, stage3:FILE-OR-URL); otherwise this machine's, where it has one",
        HelpName = "ROOT",
    };

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "lint", "Check the overlay by the tool's own rules, and by pkgcheck where it is installed", Run, Gentoo, Root);

    private static async Task<int> Run(CommandRun run)
    {
        var answer = await new Lint(run.Outside, run.Roots, Environment.GetEnvironmentVariable).Run(
            new LintRequest(run.Settings(), run.Parsed.GetValue(Gentoo), run.Parsed.GetValue(Root)), run.Cancel);
        run.Answer(answer, Json.Default.LintAnswer, LintText.Of);
        return answer.ExitCode;
    }
}
