using System.CommandLine;
using System.Text;
using PatchForge.Commands;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Commands;

/// <summary>The whole command line as one page, which is also its documentation: a change of it is seen in a diff.</summary>
public sealed class CliReferenceTests
{
    [Fact]
    public void The_reference_in_docs_is_what_the_tool_answers_to_help()
    {
        var page = new StringBuilder("# Command line reference\n\nWritten by `./check --accept` from the tool itself.\n");
        var root = CommandTree.Declare(new Doors(_ => throw new InvalidOperationException("help opens no door"), TextWriter.Null, "test"));
        Describe(page, root, root, []);
        Golden.Check("docs/cli.md", page.ToString());
    }

    [Fact]
    public void Every_command_option_and_argument_says_what_it_is()
    {
        var root = CommandTree.Declare(new Doors(_ => throw new InvalidOperationException("help opens no door"), TextWriter.Null, "test"));
        var silent = All(root).SelectMany(command => command.Options.Cast<Symbol>().Concat(command.Arguments).Append(command))
            .Where(symbol => string.IsNullOrWhiteSpace(symbol.Description))
            .Select(symbol => symbol.Name);
        Assert.Equal([], silent);
    }

    [Fact]
    public void A_command_line_that_names_a_verb_gets_that_verb_as_it_is_and_few_others()
    {
        static RootCommand Declare(params string[] words) =>
            CommandTree.Declare(new Doors(_ => throw new InvalidOperationException("help opens no door"), TextWriter.Null, "test"), words);
        static string Help(RootCommand root, string verb)
        {
            var output = new StringWriter { NewLine = "\n" };
            root.Parse([verb, "--help"]).Invoke(new InvocationConfiguration { Output = output });
            return output.ToString();
        }

        var whole = Declare();
        Assert.Equal(whole.Subcommands.Count, Declare("no-such-verb").Subcommands.Count);
        foreach (var verb in whole.Subcommands.Select(command => command.Name))
        {
            var named = Declare(verb, "--help");
            Assert.InRange(named.Subcommands.Count, 1, 3);
            Assert.Equal(Help(whole, verb), Help(named, verb));
        }
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static void Describe(StringBuilder page, RootCommand root, Command command, string[] words)
    {
        var output = new StringWriter { NewLine = "\n" };
        root.Parse([.. words, "--help"]).Invoke(new InvocationConfiguration { Output = output });

        // The test program's own name stands where the tool's would.
        var help = output.ToString().Replace(RootCommand.ExecutableName, "patchforge", StringComparison.Ordinal);
        var lines = help.TrimEnd().Split('\n').Select(line => line.TrimEnd());
        page.Append("\n## ").Append(string.Join(' ', words.Prepend("patchforge"))).Append("\n\n```\n").AppendJoin('\n', lines).Append("\n```\n");
        foreach (var below in command.Subcommands.Where(below => !below.Hidden))
        {
            Describe(page, root, below, [.. words, below.Name]);
        }
    }
}
