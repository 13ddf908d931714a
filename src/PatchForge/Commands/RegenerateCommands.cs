using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge ebuild</c>, <c>manifest</c> and <c>cache</c>: one regeneration each, of the same shape.</summary>
internal static class RegenerateCommands
{
    private static readonly Option<bool> Check = new("--check") { Description = "Write nothing; exit 4 when something differs" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Gentoo = CommonOptions.Gentoo();

    public static IEnumerable<Command> Declare(Doors doors) =>
    [
        Verb(doors, Part.Ebuild, "ebuild", "Write the patches made from our sources, the ebuilds, and the series in files/"),
        Verb(doors, Part.Manifest, "manifest", "Write the Manifest, from the official distfiles at hand"),
        Verb(doors, Part.Cache, "cache", "Write the md5-cache entries, by sourcing the ebuilds with their eclasses"),
    ];

    private static Command Verb(Doors doors, Part part, string name, string description) =>
        CommandRun.Verb(doors, name, description, run => Run(run, part), Check, Distdir, Gentoo);

    private static async Task<int> Run(CommandRun run, Part part)
    {
        var request = new RegenerateAloneRequest(
            run.Settings(), part, run.Parsed.GetValue(Check), Chosen.Source(run.Parsed, Distdir, null, null, null).Distdir, run.Parsed.GetValue(Gentoo));
        var answer = await new RegenerateAlone(run.Outside, Environment.GetEnvironmentVariable).Run(request, run.Cancel);
        run.Answer(answer, () => Json.Default.RegenerateAloneAnswer, RegenerateText.Of);
        return answer is { Check: true, Changed.IsEmpty: false } ? (int)FailureKind.Drift : 0;
    }
}
