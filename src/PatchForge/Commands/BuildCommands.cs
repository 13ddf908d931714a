using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge build</c> and <c>smoke</c>: the second is the first and then asks what was built.</summary>
internal static class BuildCommands
{
    private static readonly Argument<string> Release = CommonOptions.Release();
    private static readonly Option<string[]> Variant = new("--variant")
    {
        Description = "One of the settings' variants, such as itk; all of them when none is named",
        HelpName = "NAME",
    };

    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();
    private static readonly Option<string?> Root = CommonOptions.Root();
    private static readonly Option<string?> Gentoo = CommonOptions.Gentoo();

    public static IEnumerable<Command> Declare(Doors doors) =>
    [
        Verb(doors, "build", "Build the patched source in a root", smoke: false),
        Verb(doors, "smoke", "Build if need be, start the server in the root and ask it what it must answer", smoke: true),
    ];

    private static Command Verb(Doors doors, string name, string description, bool smoke) =>
        CommandRun.Verb(doors, name, description, run => Run(run, smoke), Release, Variant, Distdir, Git, Unofficial, Trust, Root, Gentoo);

    private static async Task<int> Run(CommandRun run, bool smoke)
    {
        var settings = run.Settings();
        var parsed = run.Parsed;
        var request = new BuildOnlyRequest(
            settings,
            Chosen.Release(settings, parsed.GetRequiredValue(Release)).Version,
            [.. parsed.GetValue(Variant) ?? []],
            Chosen.Source(parsed, Distdir, Git, Unofficial, Trust),
            parsed.GetValue(Root),
            parsed.GetValue(Gentoo),
            smoke);
        var answer = await new BuildOnly(run.Outside, run.Roots, Environment.GetEnvironmentVariable).Run(request, run.Cancel);
        run.Answer(answer, Json.Default.BuiltAnswer, BuiltText.Of);
        return answer.Failure?.ExitCode ?? 0;
    }
}
