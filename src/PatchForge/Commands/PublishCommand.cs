using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge publish</c></summary>
internal static class PublishCommand
{
    private static readonly Argument<string> Folder = new("DIR")
    {
        Description = "Where the tree is written: a new or empty folder, or what an earlier publish wrote",
    };

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "publish", "Write the ebuild repository into a folder without links, for rsync to serve", Run, Folder);

    private static Task<int> Run(CommandRun run)
    {
        var answer = new Publish(run.Outside.Clock).Run(run.Settings(), Path.GetFullPath(run.Parsed.GetRequiredValue(Folder)));
        run.Answer(answer, Json.Default.PublishAnswer, PublishText.Of);
        return Task.FromResult(0);
    }
}
