using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Series;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge import</c> and <c>export</c>: patches from others and for others.</summary>
internal static class ExchangeCommands
{
    private static readonly Argument<string[]> Sources = new("SOURCE")
    {
        Description = "A quilt directory, a folder of numbered patches, a mailbox, a tarball of patches, or patches",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> Line = new("--line") { Description = "The line whose series it is; may be left out where there is one", HelpName = "LINE" };
    private static readonly Option<string?> After = new("--after") { Description = "The patch behind which they go; otherwise the series' end", HelpName = "PATCH" };
    private static readonly Option<bool> Replace = new("--replace") { Description = "Write over a patch of the same name that has another text" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be written, and write nothing" };

    private static readonly Argument<string?> Release = new("RELEASE")
    {
        Description = "A release by version, for the series as it has it; otherwise the line's",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Form = new Option<string>("--as")
    {
        Description = "A quilt directory, a mailbox for git am, one diff of all, or a tarball that is the same bytes each time",
        Required = true,
    }.AcceptOnlyFromAmong("quilt", "mbox", "patch", "tarball");

    private static readonly Option<string> To = new("--to") { Description = "The folder or file to write; a tarball's ends in .tar.bz2, .tar.gz or .tar", HelpName = "PATH", Required = true };
    private static readonly Option<string[]> Only = new("--only") { Description = "This patch alone. May be given several times", HelpName = "PATCH" };
    private static readonly Option<bool> Force = new("--force") { Description = "Write over what is there" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();

    public static IEnumerable<Command> Declare(Doors doors) =>
    [
        CommandRun.Verb(doors, "import", "Take patches into a line's series, from a quilt directory, a mailbox, a tarball or single files", Import, Sources, Line, After, Replace, DryRun),
        CommandRun.Verb(doors, "export", "Write a series for others, as a quilt directory, a mailbox, one diff or a tarball", Export, Release, Form, To, Line, Only, Force, Distdir, Git, Unofficial, Trust),
    ];

    private static async Task<int> Import(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var answer = await new ImportSeries(run.Outside).Run(
            new ImportRequest(
                settings,
                Chosen.Line(settings, parsed.GetValue(Line), null),
                [.. (parsed.GetValue(Sources) ?? []).Select(Path.GetFullPath)],
                parsed.GetValue(After) is { } after ? PatchName.Parse(after) : null,
                parsed.GetValue(Replace),
                parsed.GetValue(DryRun)),
            run.Cancel);
        run.Answer(answer, Json.Default.ImportAnswer, ExchangeText.Of);
        return 0;
    }

    private static async Task<int> Export(CommandRun run)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var release = parsed.GetValue(Release) is { } named ? Chosen.Release(settings, named).Version : null;
        var answer = await new ExportSeries(run.Outside, Environment.GetEnvironmentVariable).Run(
            new ExportRequest(
                settings,
                Chosen.Line(settings, parsed.GetValue(Line), release),
                release,
                Enum.Parse<ExportForm>(parsed.GetRequiredValue(Form), ignoreCase: true),
                parsed.GetRequiredValue(To),
                parsed.GetValue(Force),
                Chosen.Source(parsed, Distdir, Git, Unofficial, Trust))
            {
                Only = Chosen.Patches(parsed.GetValue(Only) ?? []),
            },
            run.Cancel);
        run.Answer(answer, Json.Default.ExportAnswer, ExchangeText.Of);
        return 0;
    }
}
