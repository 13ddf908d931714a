using System.CommandLine;

namespace PatchForge.Commands;

/// <summary>Every verb, in the order help shows them: looking, the main job, its parts, the machine.</summary>
internal static class CommandTree
{
    public static RootCommand Declare(Doors doors)
    {
        var root = new RootCommand("Maintains a patch series against upstream releases: fetch, verify, apply, ebuild, Manifest, build, smoke.")
        {
            CommonOptions.Format, CommonOptions.Verbose, CommonOptions.Quiet, CommonOptions.Settings,
        };
        foreach (var verb in Verbs(doors))
        {
            root.Add(verb);
        }

        CompletionCommand.Offer(root);
        root.SetAction((parsed, cancel) => OverviewCommand.Run(CommandRun.Of(doors, parsed, cancel)));
        return root;
    }

    /// <summary>The verbs that were said, for messages: <c>chroot remove</c>.</summary>
    public static IEnumerable<string> Words(ParseResult parsed)
    {
        var words = new List<string>();
        for (var at = parsed.CommandResult; at?.Parent is System.CommandLine.Parsing.CommandResult parent; at = parent)
        {
            words.Insert(0, at.Command.Name);
        }

        return words;
    }

    private static IEnumerable<Command> Verbs(Doors doors) =>
    [
        StatusCommand.Declare(doors),
        RefreshCommand.Declare(doors),
        UndoCommand.Declare(doors),
        FetchCommand.Declare(doors),
        VerifyCommand.Declare(doors),
        ApplyCommand.Declare(doors),
        EditCommand.Declare(doors),
        SaveCommand.Declare(doors),
        .. ExchangeCommands.Declare(doors),
        .. CompareCommands.Declare(doors),
        .. RegenerateCommands.Declare(doors),
        LintCommand.Declare(doors),
        PublishCommand.Declare(doors),
        .. BuildCommands.Declare(doors),
        AttackCommand.Declare(doors),
        BenchCommand.Declare(doors),
        MatrixCommand.Declare(doors),
        ChrootCommand.Declare(doors),
        DoctorCommand.Declare(doors),
        InitCommand.Declare(doors),
        CompletionCommand.Declare(doors),
    ];
}
