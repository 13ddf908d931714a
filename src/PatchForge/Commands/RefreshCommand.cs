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
        Description = "Build, ask and attack this variant alone, such as itk, or set of USE flags, and write nothing: one job of a matrix. May be given several times",
        HelpName = "NAME",
    };

    private static readonly Option<string[]> AcceptFuzz = new("--accept-fuzz")
    {
        Description = "A patch that may apply with fuzz; it is written anew without. May be given several times",
        HelpName = "PATCH",
    };

    private static readonly Option<bool> Continue = new("--continue") { Description = "Go on with a refresh that waits: its work tree is resolved" };
    private static readonly Option<bool> Skip = new("--skip") { Description = "Go on with a refresh that waits, and leave the patch out of that release" };
    private static readonly Option<bool> Abort = new("--abort") { Description = "Give a refresh that waits up; nothing had been written" };
    private static readonly Option<string[]> Add = new("--add")
    {
        Description = "With --continue: a file that is new in the work tree and belongs into the patch. May be given several times",
        HelpName = "FILE",
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
        Releases, Line, All, NoBuild, NoAttack, NoBench, Attack, Variant, DryRun, AcceptFuzz, Continue, Skip, Abort, Add, Report, Distdir, Git, Unofficial, Trust, Root, Gentoo);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        if (Resumed(parsed) is { } how)
        {
            return await Resume(run, settings, how);
        }

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
        return Told(run, settings, answer);
    }

    /// <summary>The one of the three that was said; null for a refresh that begins.</summary>
    private static Option<bool>? Resumed(ParseResult parsed)
    {
        Option<bool>[] said = [.. new[] { Continue, Skip, Abort }.Where(parsed.GetValue)];
        var alone = said.Length == 0
            || (said.Length == 1 && parsed.GetValue(Releases) is null or [] && !parsed.GetValue(All) && !parsed.GetValue(DryRun) && !parsed.GetValue(NoBuild)
                && parsed.GetValue(Variant) is null or [] && parsed.GetValue(Line) is null && parsed.GetValue(Distdir) is null && parsed.GetValue(Git) is null && parsed.GetValue(Root) is null);
        return !alone ? throw new Failure(FailureKind.CommandLine, $"{said[0].Name} stands alone: the refresh that waits knows what it was asked", "--accept-fuzz, --add and --report may stand beside it")
            : said.Length == 0 && parsed.GetValue(Add) is { Length: > 0 } ? throw new Failure(FailureKind.CommandLine, "--add goes with --continue")
            : said.FirstOrDefault();
    }

    private static async Task<int> Resume(CommandRun run, ForgeSettings settings, Option<bool> how)
    {
        var refresh = new Refresh(run.Outside, run.Roots, run.Folders, Environment.GetEnvironmentVariable);
        if (how == Abort)
        {
            run.Answer(refresh.Abort(settings), Json.Default.AbortAnswer, RefreshText.Of);
            return 0;
        }

        var asked = new ResumeRequest(
            settings,
            how == Skip ? Workflows.Resume.Skip : Workflows.Resume.Continue,
            [.. run.Parsed.GetValue(Add) ?? []],
            Chosen.Patches(run.Parsed.GetValue(AcceptFuzz) ?? []),
            "patchforge " + run.Version);
        return Told(run, settings, await refresh.Resume(asked, run.Cancel));
    }

    private static int Told(CommandRun run, ForgeSettings settings, RefreshAnswer answer)
    {
        run.Answer(answer, Json.Default.RefreshAnswer, one => RefreshText.Of(one, run.Screen));
        var reported = WriteReport(run, settings, answer, run.Parsed.GetValue(Report));
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
