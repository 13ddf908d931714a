using System.CommandLine;
using System.Globalization;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge apply</c></summary>
internal static class ApplyCommand
{
    private static readonly Argument<string> Release = CommonOptions.Release();
    private static readonly Option<string> To = new("--to") { Description = "The folder that gets the patched source", HelpName = "DIR", Required = true };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace a folder that holds something" };
    private static readonly Option<string[]> AcceptFuzz = new("--accept-fuzz") { Description = "A patch that may apply with fuzz", HelpName = "PATCH" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "apply", "Write a release's patched source into a folder", Run, Release, To, Force, AcceptFuzz, Distdir, Git, Unofficial, Trust);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var (line, release) = settings.Release(Chosen.Release(settings, parsed.GetRequiredValue(Release)).Version);
        using var source = await new OpenSource(run.Outside, Environment.GetEnvironmentVariable)
            .Run(settings, release.Version, Chosen.Source(parsed, Distdir, Git, Unofficial, Trust), run.Cancel);
        var series = await ReadSeries.Run(settings.Home, line, run.Cancel);
        var move = ApplySeries.Run(new MoveRequest(release.Version, source.Tree, series, Chosen.Patches(parsed.GetValue(AcceptFuzz) ?? [])), run.Cancel);
        var written = await WriteTree.Run(new WriteTreeRequest(move.Tree, parsed.GetRequiredValue(To), parsed.GetValue(Force)), run.Outside.Story, run.Cancel);
        run.Answer(
            new AppliedAnswer(release.Version, source.Verdict.Sentence, move.Patches.Length, written.Directory, written.Files),
            Json.Default.AppliedAnswer,
            answer => string.Create(CultureInfo.InvariantCulture, $"{answer.Release} ({answer.Source}) with {answer.Patches} patches: {answer.Files} files in {answer.Folder}\n"));
        return 0;
    }
}
