using System.Collections.Immutable;
using System.CommandLine;

namespace PatchForge.Commands;

/// <summary>Every verb, in the order help shows them: looking, the main job, its parts, the machine.</summary>
internal static class CommandTree
{
    /// <summary>
    /// Each verb is declared by the one function that its name stands beside: a run that names one declares no other, which is a
    /// good part of what starting costs.
    /// </summary>
    private static readonly ImmutableArray<(ImmutableArray<string> Names, Func<Doors, IEnumerable<Command>> Declare)> Verbs =
    [
        (["status"], doors => [StatusCommand.Declare(doors)]),
        (["refresh"], doors => [RefreshCommand.Declare(doors)]),
        (["undo"], doors => [UndoCommand.Declare(doors)]),
        (["fetch"], doors => [FetchCommand.Declare(doors)]),
        (["verify"], doors => [VerifyCommand.Declare(doors)]),
        (["apply"], doors => [ApplyCommand.Declare(doors)]),
        (["edit"], doors => [EditCommand.Declare(doors)]),
        (["save"], doors => [SaveCommand.Declare(doors)]),
        (["import", "export"], ExchangeCommands.Declare),
        (["diff", "drop", "bisect"], CompareCommands.Declare),
        (["ebuild", "manifest", "cache"], RegenerateCommands.Declare),
        (["lint"], doors => [LintCommand.Declare(doors)]),
        (["publish"], doors => [PublishCommand.Declare(doors)]),
        (["build", "smoke"], BuildCommands.Declare),
        (["attack"], doors => [AttackCommand.Declare(doors)]),
        (["bench"], doors => [BenchCommand.Declare(doors)]),
        (["matrix"], doors => [MatrixCommand.Declare(doors)]),
        (["chroot"], doors => [ChrootCommand.Declare(doors)]),
        (["doctor"], doors => [DoctorCommand.Declare(doors)]),
        (["init"], doors => [InitCommand.Declare(doors)]),
        (["completion"], doors => [CompletionCommand.Declare(doors)]),
    ];

    /// <param name="words">The command line. Where its first word is a verb, that one is declared and no other; otherwise all are.</param>
    public static RootCommand Declare(Doors doors, params ReadOnlySpan<string> words)
    {
        var root = new RootCommand("Maintains a patch series against upstream releases: fetch, verify, apply, ebuild, Manifest, build, smoke.")
        {
            CommonOptions.Format, CommonOptions.Verbose, CommonOptions.Quiet, CommonOptions.Settings,
        };
        var first = words.IsEmpty ? "" : words[0];
        var named = Verbs.FirstOrDefault(verb => verb.Names.Contains(first));
        foreach (var verb in named.Declare is { } declare ? declare(doors) : Verbs.SelectMany(verb => verb.Declare(doors)))
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
}
