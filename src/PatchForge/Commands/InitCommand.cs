using System.CommandLine;
using System.Globalization;
using System.Text;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge init</c></summary>
internal static class InitCommand
{
    private static readonly Argument<string> Package = new("PACKAGE") { Description = "Category and name, such as app-arch/unzip" };
    private static readonly Option<string> Version = new("--release") { Description = "The release to begin with", HelpName = "VERSION", Required = true };
    private static readonly Option<string?> Tarball = new("--tarball") { Description = "Its tarball; it is kept where the tool looks for distfiles", HelpName = "FILE" };
    private static readonly Option<string?> Control = new("--dsc") { Description = "A distribution's source control file that lists the tarball with its digest", HelpName = "FILE" };
    private static readonly Option<string?> Mirror = new("--mirror") { Description = "The https folder that has the tarballs of this and of newer releases", HelpName = "URL" };
    private static readonly Option<string?> Git = new("--git") { Description = "A local clone of upstream, for releases by tag, and for bisect", HelpName = "DIR" };
    private static readonly Option<string> Tag = new("--tag") { Description = "What upstream's tags are called", HelpName = "TAG", DefaultValueFactory = _ => "{version}" };
    private static readonly Option<string?> Line = new("--line") { Description = "What the line is called; otherwise the release's first two numbers", HelpName = "LINE" };
    private static readonly Option<string?> Date = new("--date") { Description = "The release's day; otherwise the tag's, or that of the tarball's newest file", HelpName = "YYYY-MM-DD" };
    private static readonly Option<string> Folder = new("--dir") { Description = "The folder of the project", HelpName = "DIR", DefaultValueFactory = _ => "." };

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors, "init", "Begin another package's series: a patchforge.yaml that works, and an empty series", Run, Package, Version, Tarball, Control, Mirror, Git, Tag, Line, Date, Folder);

    private static async Task<int> Run(CommandRun run)
    {
        var parsed = run.Parsed;
        var answer = await new InitProject(run.Outside, Environment.GetEnvironmentVariable).Run(
            new InitRequest(
                parsed.GetRequiredValue(Folder),
                parsed.GetRequiredValue(Package),
                parsed.GetRequiredValue(Version),
                parsed.GetValue(Tarball),
                parsed.GetValue(Control),
                Address(parsed.GetValue(Mirror)),
                parsed.GetValue(Git),
                parsed.GetRequiredValue(Tag),
                parsed.GetValue(Line),
                Day(parsed.GetValue(Date))),
            run.Cancel);
        run.Answer(answer, Json.Default.InitAnswer, Text);
        return 0;
    }

    private static Uri? Address(string? text) => text is null ? null
        : Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var address) ? address
        : throw new Failure(FailureKind.CommandLine, $"--mirror takes an address, not '{text}'", "write https://host/folder");

    private static DateOnly? Day(string? text) => text is null ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw new Failure(FailureKind.CommandLine, $"--date takes a day such as 2026-01-31, not '{text}'");

    private static string Text(InitAnswer answer)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{answer.Package}, line {answer.Line}: {answer.Folder}\n");
        text.AppendJoin("", answer.Written.Select(path => $"wrote {path}\n"));
        text.Append(answer.Distfile is { } distfile ? $"the distfile is {distfile}\n" : "");
        text.AppendJoin("", answer.Notes.Select(note => $"note: {note}\n"));
        return text.Append("next: patchforge import SOURCE, then patchforge status\n").ToString();
    }
}
