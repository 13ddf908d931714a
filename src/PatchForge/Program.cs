using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using PatchForge.Commands;
using PatchForge.Host;
using PatchForge.Host.Git;
using PatchForge.Host.Roots;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge;

/// <summary>Wiring and exit codes: the one place that knows Host, and the one that catches a <see cref="Failure"/>.</summary>
internal static class Program
{
#pragma warning disable RS0030 // The console is handed out from here.
    private static async Task<int> Main(string[] args)
    {
        if (args is ["--version"])
        {
            // The parser and the packages behind it stay unloaded: this answer is what start-up time is.
            Console.Out.WriteLine("patchforge " + Version());
            return 0;
        }

        if (args is ["probe"])
        {
            // Not for people: the smoke test runs the tool again inside a root's network (Workflows/SmokeRelease.cs).
            using var stop = new Interruption();
            return await Host.Smoke.Prober.Run(Console.OpenStandardInput(), Console.Out, stop.Token);
        }

        if (args is ["assail"])
        {
            // The same for attacks (Workflows/AttackServer.cs).
            using var stop = new Interruption();
            return await Host.Attacks.Attacker.Run(Console.OpenStandardInput(), Console.Out, stop.Token);
        }

        return await Run(args);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> Run(string[] args)
    {
        var doors = new Doors(Open, Console.Out, Version()) { Screen = Screen() };
        var parsed = CommandTree.Declare(doors, args).Parse(args);
        var json = CommonOptions.IsJson(args);
        if (parsed.Errors.Count > 0 && !CompletionCommand.IsQuestion(args))
        {
            return Tell(
                new Failure(
                    FailureKind.CommandLine,
                    string.Join("\n", parsed.Errors.Select(error => error.Message)),
                    $"`patchforge {string.Join(' ', CommandTree.Words(parsed).Append("--help"))}` shows what it takes"),
                json);
        }

        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            using var interrupt = new Interruption();
            return await parsed.InvokeAsync(configuration, interrupt.Token);
        }
        catch (Failure failure)
        {
            return Tell(failure, json);
        }
        catch (OperationCanceledException)
        {
            return Tell(new Failure(FailureKind.Interrupted, "interrupted; nothing that was under way has landed"), json);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, a file of somebody else, a folder that went away: the machine's doing, wherever it was met.
            return Tell(
                Failure.Refused(
                    $"the machine did not let the tool go on: {e.Message}",
                    "is there room, are the files and folders yours, and are they still there?"
                    + (CommonOptions.Volume(parsed) is StoryVolume.Verbose ? "\n" + e : "; -v shows where it was met")),
                json);
        }
#pragma warning disable CA1031 // Whatever comes here is a bug, and is told as one.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine("patchforge: this is a bug in patchforge; please report it with what follows");
            Console.Error.WriteLine(bug);
            return 255;
        }
    }

    /// <summary>Null where standard output is no terminal; without colours where NO_COLOR or a terminal without them says so.</summary>
    private static Screen? Screen() => Console.IsOutputRedirected ? null : new Screen(
        Console.WindowWidth is > 0 and var width ? width : 80,
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"));

    private static int Tell(Failure failure, bool json)
    {
        try
        {
            var where = failure.At is { } at ? at + ": " : "";
            foreach (var line in failure.Message.Split('\n'))
            {
                Console.Error.WriteLine($"patchforge: {where}{line}");
            }

            if (failure.Hint is { } hint)
            {
                Console.Error.WriteLine("  " + hint.Replace("\n", "\n  ", StringComparison.Ordinal));
            }

            if (json)
            {
                Console.Out.WriteLine(JsonText.Of(failure));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody can be told any more (a full disk, a closed descriptor); the exit code still says it.
        }

        return (int)failure.Kind;
    }

    private static Outside Open(StoryVolume volume)
    {
        var clock = new MachineClock();
        var story = new TerminalStory(clock, volume is StoryVolume.Verbose, volume is StoryVolume.Quiet);
        var processes = new Processes(story);

        // A server that says nothing for so long will not say more.
        var downloads = new HttpDownloads(TimeSpan.FromSeconds(30));
        var roots = new NamespaceRoots(processes, Path.Combine(UserCache.Folder(Environment.GetEnvironmentVariable), "roots"));
        return new Outside(processes, downloads, clock, story)
        {
            Git = new LocalRepositories(),
            WorkTrees = new WorkTrees(),
            Roots = roots,
            Running = new Host.Bench.RunningRoots(processes, roots),
            Folders = new Folders(),
        };
    }
#pragma warning restore RS0030

    private static string Version() =>
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
