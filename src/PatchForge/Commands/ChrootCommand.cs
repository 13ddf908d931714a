using System.Collections.Immutable;
using System.CommandLine;
using PatchForge.Reporting;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge chroot create</c>, <c>enter</c> and <c>remove</c></summary>
internal static class ChrootCommand
{
    private static readonly Argument<string?> Stage3 = new("STAGE3")
    {
        Description = "stage3:FILE-OR-URL, a tarball or an index; the settings' index when none is named",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Keys = new("--keys")
    {
        Description = "The OpenPGP keys that sign stage3s; otherwise " + Stage3Trust.UsualKeys,
        HelpName = "FILE",
    };

    private static readonly Option<bool> TakeUnsigned = new("--take-unsigned")
    {
        Description = "Take a stage3 whose signature nobody here can check; a bad signature is refused all the same",
    };

    private static readonly Argument<string> Name = new("NAME") { Description = "A root that `chroot create` made, by name or path" };
    private static readonly Argument<string?> Root = new("ROOT")
    {
        Description = "host, dir:PATH, stage3:FILE-OR-URL or the name of one that was made; the settings' default when none is named",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string[]> Words = new("COMMAND") { Description = "A command and its arguments, after --; a shell when there is none", Arity = ArgumentArity.ZeroOrMore };

    public static Command Declare(Doors doors)
    {
        var chroot = new Command("chroot", "Roots to build in: make one of a stage3, enter one, remove one")
        {
            CommandRun.Verb(doors, "create", "Fetch, verify and unpack a stage3", Create, Stage3, Keys, TakeUnsigned),
            CommandRun.Verb(doors, "enter", "A shell or a command in a root, as a build has it: loopback alone, and what it writes is thrown away", Enter, Root, Words),
            CommandRun.Verb(doors, "remove", "Remove a root that `chroot create` made", Remove, Name),
        };
        return chroot;
    }

    private static async Task<int> Create(CommandRun run)
    {
        var settings = run.Settings();
        var text = run.Parsed.GetValue(Stage3) ?? (settings.Root.Stage3Index is { } index
            ? "stage3:" + index
            : throw new Failure(FailureKind.CommandLine, "no stage3 is named, here or in the settings", "patchforge chroot create stage3:FILE-OR-URL"));
        var created = await new CreateRoot(run.Outside, run.Roots).Run(
            RootSpec.Parse(text, Environment.CurrentDirectory),
            Stage3Trust.Of(run.Parsed.GetValue(Keys), run.Parsed.GetValue(TakeUnsigned)),
            run.Cancel);
        run.Answer(created, Json.Default.CreatedRoot, root => $"{root.Name}: {root.Verdict}\n{root.Folder}\n");
        return 0;
    }

    private static async Task<int> Enter(CommandRun run)
    {
        var settings = run.Settings();
        var (named, command) = RootAndCommand(run.Parsed);
        var find = new FindRoot(run.Outside, run.Roots);
        var spec = named is null ? RootSpec.Parse(settings.Root.Default, settings.Home, new FileLocation(settings.File)) : find.Named(named, Environment.CurrentDirectory);
        var tree = await find.Run(spec, Stage3Trust.Of(null, takeUnsigned: false), run.Cancel);
        var root = await new OpenRoot(run.Outside, run.Roots).Run(tree, settings.Lines[0].Build.Packages, run.Cancel);

        // Its streams are the command's as they are, whether they are a terminal, a file or a pipe.
        return await new EnterRoot(run.Outside, run.Roots).Run(root, command, interactive: true, run.Cancel);
    }

    /// <summary>What stands after <c>--</c> is the command, also where no root stands before it.</summary>
    private static (string? Root, ImmutableArray<string> Command) RootAndCommand(ParseResult parsed)
    {
        string?[] named = [parsed.GetValue(Root)];
        string[] words = [.. named.OfType<string>(), .. parsed.GetValue(Words) ?? []];
        var after = parsed.Tokens.SkipWhile(token => token.Type != System.CommandLine.Parsing.TokenType.DoubleDash).Skip(1).Count();
        var hasRoot = words.Length > after;
        return (hasRoot ? words[0] : null, [.. words.Skip(hasRoot ? 1 : 0)]);
    }

    private static async Task<int> Remove(CommandRun run)
    {
        var removed = await new RemoveRoot(run.Roots).Run(run.Parsed.GetRequiredValue(Name), run.Cancel);
        run.Answer(removed, Json.Default.RemovedRoot, root => $"removed {root.Name}\n");
        return 0;
    }
}
