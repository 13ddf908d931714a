using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge save</c></summary>
internal static class SaveCommand
{
    private static readonly Argument<string?> Folder = new("DIR")
    {
        Description = "The work tree of edit; otherwise the one that holds the current directory, or the only one in .patchforge/edit",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> Drop = new("--drop")
    {
        Description = "A patch that leaves the series, as its commit is gone. May be given several times",
        HelpName = "PATCH",
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be written, and write nothing" };

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "save", "Write the commits of edit's work tree back into the series: only what changed, and all of it or nothing", Run, Folder, Drop, DryRun);

    private static async Task<int> Run(CommandRun run)
    {
        var parsed = run.Parsed;
        var answer = await new SaveSeries(run.Outside).Run(
            new SaveRequest(
                parsed.GetValue(Folder) ?? Find(run),
                parsed.GetValue(CommonOptions.Settings) is { } named ? Path.GetFullPath(named) : null,
                Chosen.Patches(parsed.GetValue(Drop) ?? []),
                parsed.GetValue(DryRun)),
            run.Cancel);
        run.Answer(answer, Json.Default.SaveAnswer, EditText.Of);
        return 0;
    }

    private static string Find(CommandRun run)
    {
        using (var here = run.Outside.WorkTrees.Open(Environment.CurrentDirectory))
        {
            if (here is not null)
            {
                return here.Folder;
            }
        }

        var place = Path.GetDirectoryName(EditSeries.DefaultFolder(run.Settings().Home, "any")) ?? "/";
        string[] made = Directory.Exists(place) ? [.. Directory.EnumerateDirectories(place).Where(folder => !Path.GetFileName(folder).StartsWith('.')).Order(StringComparer.Ordinal)] : [];
        return made switch
        {
            [var only] => only,
            [] => throw Failure.Missing("there is no work tree to save", "make one: patchforge edit RELEASE; one made with --to DIR is saved inside of it, or by its name: patchforge save DIR"),
            _ => throw new Failure(FailureKind.CommandLine, "there are several work trees", "name one: patchforge save DIR\n" + string.Join('\n', made)),
        };
    }
}
