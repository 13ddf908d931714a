using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge refresh</c></summary>
internal static class RefreshCommand
{
    private static readonly Argument<string[]> Releases = CommonOptions.Releases();
    private static readonly Option<string?> Line = new("--line") { Description = "The releases of one line that have an ebuild, or its newest where it has none", HelpName = "LINE" };
    private static readonly Option<bool> All = new("--all") { Description = "Every release of the settings, with or without an ebuild" };
    private static readonly Option<bool> NoBuild = new("--no-build") { Description = "Stop before building: no root is needed" };
    private static readonly Option<bool> NoAttack = new("--no-attack") { Description = "Leave out the attacks on each line's newest built release" };
    private static readonly Option<bool> NoBench = new("--no-bench") { Description = "Leave out the quick look at its speed" };
    private static readonly Option<string[]> Attack = new("--attack") { Description = "One attack by its id instead of all; `patchforge attack --list` names them. May be given several times", HelpName = "ID" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be written, and write nothing" };
    private static readonly Option<string[]> Variant = new("--variant")
    {
        Description = "Build, ask and attack this variant alone, such as itk, and write nothing: one job of a matrix. May be given several times",
        HelpName = "NAME",
    };

    private static readonly Option<string[]> AcceptFuzz = new("--accept-fuzz")
    {
        Description = "A patch that may apply with fuzz; it is written anew without. May be given several times",
        HelpName = "PATCH",
    };

    private static readonly Option<string?> Report = new("--report")
    {
        Description = "Where the HTML report goes; otherwise .patchforge/refresh.html",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();
    private static readonly Option<string?> Root = CommonOptions.Root();
    private static readonly Option<string?> Gentoo = CommonOptions.Gentoo();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors,
        "refresh",
        "The main job: fetch, verify, move the series, regenerate the overlay, build, smoke, attack, measure, report. Told no release, it does what this machine can and ends with 0 if that was anything",
        Run,
        Releases, Line, All, NoBuild, NoAttack, NoBench, Attack, Variant, DryRun, AcceptFuzz, Report, Distdir, Git, Unofficial, Trust, Root, Gentoo);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var request = new RefreshRequest(
            settings,
            Chosen.Releases(settings, parsed.GetValue(Releases) ?? [], parsed.GetValue(Line), parsed.GetValue(All)),
            Chosen.Source(parsed, Distdir, Git, Unofficial, Trust),
            "patchforge " + run.Version)
        {
            Root = parsed.GetValue(Root),
            Gentoo = parsed.GetValue(Gentoo),
            Build = !parsed.GetValue(NoBuild),
            Attack = !parsed.GetValue(NoAttack),
            Attacks = [.. parsed.GetValue(Attack) ?? []],
            Measure = !parsed.GetValue(NoBench),
            Named = parsed.GetValue(Releases) is { Length: > 0 } || parsed.GetValue(Line) is not null || parsed.GetValue(All),
            DryRun = parsed.GetValue(DryRun),
            Variants = [.. (parsed.GetValue(Variant) ?? []).Distinct()],
            AcceptFuzz = Chosen.Patches(parsed.GetValue(AcceptFuzz) ?? []),
        };
        var answer = request.Variants.IsEmpty
            ? await new Refresh(run.Outside, run.Roots, run.Folders, Environment.GetEnvironmentVariable).Run(request, run.Cancel)
            : await new TryVariants(run.Outside, run.Roots, run.Folders, Environment.GetEnvironmentVariable).Run(request, run.Cancel);
        run.Answer(answer, Json.Default.RefreshAnswer, RefreshText.Of);
        var reported = WriteReport(run, settings, answer, parsed.GetValue(Report));
        return answer.ExitCode is 0 ? reported : answer.ExitCode;
    }

    /// <returns>The exit code. The work itself is done and has been told: a report that cannot be written takes nothing of it back.</returns>
    private static int WriteReport(CommandRun run, ForgeSettings settings, RefreshAnswer answer, string? named)
    {
        if (answer.DryRun && named is null)
        {
            return 0; // "write nothing" holds for a report that nobody asked for
        }

        var file = named is null ? Path.Combine(settings.Home, ".patchforge", "refresh.html") : Path.GetFullPath(named);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? settings.Home);
            File.WriteAllText(file + ".new", HtmlReport.Of(answer));
            run.Folders.Own(file + ".new", Path.GetDirectoryName(file) ?? settings.Home);
            File.Move(file + ".new", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            run.Outside.Story.Warn($"the report could not be written to {file}: {e.Message}; --report names another place");
            return (int)FailureKind.Refused;
        }

        run.Outside.Story.Say($"report: {file}");
        return 0;
    }
}
