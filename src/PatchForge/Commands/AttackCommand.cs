using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge attack</c></summary>
internal static class AttackCommand
{
    private static readonly Argument<string?> Release = new("RELEASE")
    {
        Description = "A release by version, such as 2.0.65; the newest that has an ebuild when none is named",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> Model = new("--model")
    {
        Description = "pool, fork, classic or switch; all of them when none is named. May be given several times",
        HelpName = "NAME",
    };

    private static readonly Option<string[]> Attack = new("--attack")
    {
        Description = "One attack by its id; all of them when none is named. May be given several times",
        HelpName = "ID",
    };

    private static readonly Option<bool> List = new("--list") { Description = "Say which attacks there are, and try none" };
    private static readonly Option<bool> NoGuards = new("--no-guards") { Description = "Take no guard out: quicker, and proves less" };
    private static readonly Option<string?> Report = new("--report") { Description = "Write an HTML report as well", HelpName = "FILE" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();
    private static readonly Option<string?> Root = CommonOptions.Root();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors,
        "attack",
        "Attack built servers from inside of their workers and from the network, with and without their guards",
        Run,
        Release, Model, Attack, List, NoGuards, Report, Distdir, Git, Unofficial, Trust, Root);

    private static async Task<int> Run(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var release = parsed.GetValue(Release) is { } named
            ? Chosen.Release(settings, named).Version
            : settings.Lines.SelectMany(line => line.Releases).Last(one => one.Ebuild).Version;
        if (parsed.GetValue(List))
        {
            run.Answer(AttackRelease.List(release, [.. parsed.GetValue(Attack) ?? []]), Json.Default.AttackAnswer, AttackText.Of);
            return 0;
        }

        var request = new AttackRequest(
            settings,
            release,
            [.. parsed.GetValue(Model) ?? []],
            [.. parsed.GetValue(Attack) ?? []],
            !parsed.GetValue(NoGuards),
            Chosen.Source(parsed, Distdir, Git, Unofficial, Trust),
            parsed.GetValue(Root));
        var answer = await new AttackRelease(run.Outside, run.Roots, Environment.GetEnvironmentVariable).Run(request, run.Cancel);
        run.Answer(answer, Json.Default.AttackAnswer, AttackText.Of);
        var reported = parsed.GetValue(Report) is { } file ? WriteReport(run, settings, answer, Path.GetFullPath(file)) : 0;
        return Math.Max(reported, answer.Succeeded ? 0 : (int)FailureKind.Refused);
    }

    /// <returns>The exit code: what was tried has been told, and a report that cannot be written takes nothing of it back.</returns>
    private static int WriteReport(CommandRun run, ForgeSettings settings, AttackAnswer answer, string file)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? settings.Home);
            File.WriteAllText(file + ".new", AttackHtml.Of(answer, settings.Package, "patchforge " + run.Version));
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
