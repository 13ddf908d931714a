using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge apply</c></summary>
internal static class ApplyCommand
{
    private static readonly Argument<string> Release = CommonOptions.Release();
    private static readonly Option<string?> To = new("--to") { Description = "The folder that gets the patched source", HelpName = "DIR" };
    private static readonly Option<string?> In = new("--in")
    {
        Description = "Patch a source that is there already, such as one you unpacked or a git work tree; all of the series or nothing",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Reverse = new("--reverse") { Description = "With --in: take the series out" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace a folder that holds something" };
    private static readonly Option<string[]> AcceptFuzz = new("--accept-fuzz") { Description = "A patch that may apply with fuzz", HelpName = "PATCH" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();

    /// <summary>What says where a source comes from, or what is written beside: nothing that --in does.</summary>
    private static readonly ImmutableArray<Option> NotIn = [To, Force, Distdir, Git, Unofficial, Trust];

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "apply", "Write a release's patched source into a folder, or patch one that is there", Run,
        Release, To, In, Reverse, Force, AcceptFuzz, Distdir, Git, Unofficial, Trust);

    private static async Task<int> Run(CommandRun run)
    {
        var parsed = run.Parsed;
        var (to, within) = (parsed.GetValue(To), parsed.GetValue(In));
        if (within is not null && NotIn.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } other)
        {
            throw new Failure(FailureKind.CommandLine, $"--in patches what is in the folder, and {other.Name} has nothing to say about that", $"leave out {other.Name}, or --in");
        }

        if (within is null && (to is null || parsed.GetValue(Reverse)))
        {
            throw new Failure(
                FailureKind.CommandLine,
                to is null ? "neither --to nor --in says which folder" : "--reverse goes with --in",
                "--to DIR writes the patched source there; --in DIR patches the source that is there");
        }

        return within is not null ? await Within(run, within) : await Written(run, to ?? "");
    }

    private static async Task<int> Within(CommandRun run, string folder)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var (line, release) = settings.Release(Chosen.Release(settings, parsed.GetRequiredValue(Release)).Version);
        var series = ReadSeries.Run(settings.Home, line, run.Cancel);
        var answer = ApplyInPlace.Run(
            new InPlaceRequest(release.Version, series, folder, Chosen.Patches(parsed.GetValue(AcceptFuzz) ?? []), parsed.GetValue(Reverse)), run.Folders, run.Cancel);
        run.Answer(answer, () => Json.Default.InPlaceAnswer, Text);
        return 0;
    }

    private static string Text(InPlaceAnswer answer)
    {
        var what = answer switch
        {
            { Finished: true } => "an interrupted run had done it, and what it had left to do is done now",
            { Deleted: 0 } => string.Create(CultureInfo.InvariantCulture, $"{answer.Written} files written"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{answer.Written} files written, {answer.Deleted} deleted"),
        };
        var there = answer.Present.IsEmpty ? "" : $"in the source already: {string.Join(", ", answer.Present)}\n";
        return string.Create(CultureInfo.InvariantCulture, $"{answer.Patches} patches of {answer.Release} {(answer.Reversed ? "taken out of" : "applied in")} {answer.Folder}: {what}\n{there}");
    }

    private static async Task<int> Written(CommandRun run, string folder)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var (line, release) = settings.Release(Chosen.Release(settings, parsed.GetRequiredValue(Release)).Version);
        using var source = await new OpenSource(run.Outside, Environment.GetEnvironmentVariable)
            .Run(settings, release.Version, Chosen.Source(parsed, Distdir, Git, Unofficial, Trust), run.Cancel);
        var series = ReadSeries.Run(settings.Home, line, run.Cancel);
        var move = ApplySeries.Run(new MoveRequest(release.Version, source.Tree, series, Chosen.Patches(parsed.GetValue(AcceptFuzz) ?? [])), run.Cancel);
        var written = await WriteTree.Run(new WriteTreeRequest(move.Tree, folder, parsed.GetValue(Force)), run.Outside.Story, run.Cancel);
        run.Answer(
            new AppliedAnswer(release.Version, source.Verdict.Sentence, move.Patches.Length, written.Directory, written.Files),
            () => Json.Default.AppliedAnswer,
            answer => string.Create(CultureInfo.InvariantCulture, $"{answer.Release} ({answer.Source}) with {answer.Patches} patches: {answer.Files} files in {answer.Folder}\n"));
        return 0;
    }
}
