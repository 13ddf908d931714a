using System.CommandLine;
using System.CommandLine.Completions;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge completion</c>, and the words that only the settings know.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" }.AcceptOnlyFromAmong([.. CompletionScripts.Shells]);

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "completion", "Write what a shell evaluates to complete patchforge's command lines", Run, Shell);

    /// <summary>Offers the settings' releases, lines and patches wherever one is wanted.</summary>
    public static void Offer(Command root)
    {
        foreach (var command in root.Subcommands)
        {
            Offer(command);
        }

        foreach (var argument in root.Arguments)
        {
            if (Offer(argument.Name, argument.CompletionSources))
            {
                argument.HelpName ??= argument.Name; // help would show every word that could be said
            }
        }

        foreach (var option in root.Options)
        {
            Offer(option.HelpName ?? "", option.CompletionSources);
        }
    }

    /// <summary>Whether the command line is a shell's question, whose own line is a word of it and no error.</summary>
    public static bool IsQuestion(string[] words) => words is [['[', 's', 'u', 'g', 'g', 'e', 's', 't', ..], ..];

    /// <returns>Whether there is anything to offer for it.</returns>
    private static bool Offer(string name, List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources)
    {
        Func<ForgeSettings, IEnumerable<string>>? words = name switch
        {
            "RELEASE" or "R" or "A" or "B" => settings => settings.Lines.SelectMany(line => line.Releases).Select(release => release.Version),
            "LINE" => settings => settings.Lines.Select(line => line.Line),
            "PATCH" => settings => settings.Lines.SelectMany(line => SeriesNames.Of(settings.Home, line)).Select(patch => patch.Text).Distinct(),
            _ => null,
        };
        if (words is not null)
        {
            sources.Add(context => Known(words).Where(word => word.StartsWith(context.WordToComplete, StringComparison.Ordinal)).Select(word => new CompletionItem(word)));
        }

        return words is not null;
    }

    /// <summary>Nothing where there are no settings, or broken ones: a shell is no place to say so.</summary>
    private static IEnumerable<string> Known(Func<ForgeSettings, IEnumerable<string>> words)
    {
        try
        {
            return [.. words(LoadSettings.Run(Environment.CurrentDirectory, null))];
        }
        catch (Failure)
        {
            return [];
        }
    }

    private static Task<int> Run(CommandRun run)
    {
        run.Answers.Write(CompletionScripts.Of(run.Parsed.GetRequiredValue(Shell)));
        return Task.FromResult(0);
    }
}
