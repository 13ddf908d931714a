using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary>One run of one command: what was said, the doors, and where the answer goes.</summary>
internal sealed record CommandRun(ParseResult Parsed, Outside Outside, TextWriter Answers, string Version, CancellationToken Cancel)
{
    public static CommandRun Of(Doors doors, ParseResult parsed, CancellationToken cancel) =>
        new(parsed, doors.Open(CommonOptions.Volume(parsed)), doors.Answers, doors.Version, cancel) { Screen = doors.Screen };

    /// <summary>A verb whose run answers an exit code.</summary>
    public static Command Verb(Doors doors, string name, string description, Func<CommandRun, Task<int>> run, params ReadOnlySpan<Symbol> symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    command.Add(option);
                    break;
                case Argument argument:
                    command.Add(argument);
                    break;
                case Command below:
                    command.Add(below);
                    break;
                default:
                    throw new InvalidOperationException($"{symbol} is no part of a command.");
            }
        }

        command.SetAction((parsed, cancel) => run(Of(doors, parsed, cancel)));
        return command;
    }

    /// <summary>The terminal that answers go to; null where they go elsewhere.</summary>
    public Screen? Screen { get; private init; }

    public IRoots Roots => Outside.Roots;

    public IFolders Folders => Outside.Folders;

    public ForgeSettings Settings() => LoadSettings.Run(Environment.CurrentDirectory, Parsed.GetValue(CommonOptions.Settings));

    /// <summary>The same, where no serializer is made that nobody asked for.</summary>
    public void Answer<T>(T answer, Func<JsonTypeInfo<T>> json, Func<T, string> text) =>
        Answers.Write(CommonOptions.IsJson(Parsed) ? JsonText.Of(answer, json()) + "\n" : text(answer));

    /// <summary>Writes the answer in the format that was asked for.</summary>
    public void Answer<T>(T answer, JsonTypeInfo<T> json, Func<T, string> text) =>
        Answers.Write(CommonOptions.IsJson(Parsed) ? JsonText.Of(answer, json) + "\n" : text(answer));
}
