using System.Collections.Immutable;
using System.CommandLine;
using PatchForge.Matrix;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge matrix plan</c> and <c>merge</c></summary>
internal static class MatrixCommand
{
    private static readonly Argument<string[]> Releases = CommonOptions.Releases();
    private static readonly Option<string?> Line = new("--line") { Description = "The releases of one line that have an ebuild, or its newest where it has none", HelpName = "LINE" };
    private static readonly Option<bool> All = new("--all") { Description = "Every release of the settings, with or without an ebuild" };
    private static readonly Option<string[]> Variant = new("--variant") { Description = "Of these variants; otherwise those that refresh builds. May be given several times", HelpName = "NAME" };
    private static readonly Option<string[]> Root = new("--root") { Description = "Where jobs build, as the machines that run them name it; otherwise the settings' default. May be given several times", HelpName = "ROOT" };
    private static readonly Option<string[]> Portage = new("--portage") { Description = "A root that has Portage, as --root names it: a job for each set of USE flags that the settings' `emerge` names. May be given several times", HelpName = "ROOT" };
    private static readonly Option<string> Tool = new("--tool") { Description = "How jobs call the tool; blanks separate words", HelpName = "COMMAND", DefaultValueFactory = _ => "./patchforge" };
    private static readonly Option<bool> NoAttack = new("--no-attack") { Description = "Jobs leave out the attacks" };
    private static readonly Option<bool> NoBuild = new("--no-build") { Description = "Jobs stop before building" };
    private static readonly Option<bool> Unofficial = new("--unofficial") { Description = "Jobs work with sources that are not the official distfiles" };
    private static readonly Option<string?> Distdir = new("--distdir") { Description = "The folder of distfiles on the machines that run jobs", HelpName = "DIR" };
    private static readonly Option<string?> Gentoo = new("--gentoo") { Description = "The checkout of ::gentoo on the machines that run jobs", HelpName = "DIR" };
    private static readonly Option<string?> For = new Option<string?>("--for") { Description = "For which engine the jobs are written: the JSON of GitHub's strategy.matrix, GitLab's jobs as YAML, or a command a line for GNU parallel" }
        .AcceptOnlyFromAmong("github", "gitlab", "parallel");

    private static readonly Option<bool> Workflow = new("--workflow") { Description = "With --for github: a whole workflow file that plans, runs and merges" };

    private static readonly Argument<string[]> Results = new("RESULT") { Description = "Files that hold what jobs printed", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string?> Expect = new("--expect") { Description = "The plan, as `matrix plan --format json` wrote it: jobs without a result are named, and results of another plan do not count", HelpName = "PLAN" };
    private static readonly Option<string?> Report = new("--report") { Description = "Write an HTML report as well", HelpName = "FILE" };

    public static Command Declare(Doors doors) => new("matrix", "Releases, variants and roots as jobs for several machines, and one report of what they answered")
    {
        CommandRun.Verb(doors, "plan", "Write the jobs: for people, as JSON, or for an engine that runs them", Plan, Releases, Line, All, Variant, Root, Portage, For, Workflow, Tool, NoAttack, NoBuild, Unofficial, Distdir, Gentoo),
        CommandRun.Verb(doors, "merge", "Merge the jobs' answers into one table and report; files that are broken or of another series do not count", Merge, Results, Expect, Report),
    };

    private static async Task<int> Plan(CommandRun run)
    {
        var parsed = run.Parsed;
        var (form, workflow) = (parsed.GetValue(For), parsed.GetValue(Workflow));
        if ((form is not null && CommonOptions.IsJson(parsed)) || (workflow && form != "github"))
        {
            throw new Failure(FailureKind.CommandLine, workflow ? "--workflow goes with --for github" : "--for says how the plan is written, and so does --format json", "take one of them out");
        }

        ImmutableArray<string> call = [.. (parsed.GetValue(Tool) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        if (call.IsEmpty)
        {
            throw new Failure(FailureKind.CommandLine, "--tool names no command");
        }

        var settings = run.Settings();
        var plan = await PlanMatrix.Run(
            new PlanMatrixRequest(
                settings,
                Chosen.Releases(settings, parsed.GetValue(Releases) ?? [], parsed.GetValue(Line), parsed.GetValue(All)),
                [.. parsed.GetValue(Root) ?? []],
                [.. parsed.GetValue(Portage) ?? []],
                [.. parsed.GetValue(Variant) ?? []],
                call,
                Options(parsed),
                "patchforge " + run.Version),
            run.Cancel);
        switch (form)
        {
            case "github":
                var matrix = MatrixForms.GitHub(plan);
                run.Answers.Write(workflow ? MatrixForms.Workflow(call, Planning(parsed)) : matrix);
                break;
            case "gitlab":
                run.Answers.Write(MatrixForms.GitLab(plan, call, Planning(parsed)));
                break;
            case "parallel":
                run.Answers.Write(MatrixForms.Parallel(plan));
                break;
            default:
                run.Answer(plan, Json.Default.MatrixPlan, MatrixText.Of);
                break;
        }

        return 0;
    }

    private static int Merged(CommandRun run, MatrixAnswer answer)
    {
        run.Answer(answer, Json.Default.MatrixAnswer, MatrixText.Of);
        return run.Parsed.GetValue(Report) is { } file && !Written(run, Path.GetFullPath(file), MatrixHtml.Of(answer)) && answer.ExitCode is 0 ? (int)FailureKind.Refused : answer.ExitCode;
    }

    private static Task<int> Merge(CommandRun run)
    {
        MatrixPlan? plan = null;
        if (run.Parsed.GetValue(Expect) is { } file)
        {
            plan = File.Exists(file) ? MatrixPlan.Read(file, File.ReadAllBytes(file)) : throw Failure.Missing($"there is no plan {file}", "`patchforge matrix plan --format json` writes one");
        }

        return Task.FromResult(Merged(run, MergeMatrix.Run(new MergeMatrixRequest([.. run.Parsed.GetValue(Results) ?? []], plan))));
    }

    /// <summary>What every job gets of what the plan was told.</summary>
    private static ImmutableArray<string> Options(ParseResult parsed) =>
    [
        .. new[] { NoAttack, NoBuild, Unofficial }.Where(parsed.GetValue).Select(option => option.Name),
        .. new[] { Distdir, Gentoo }.SelectMany(option => parsed.GetValue(option) is { } value ? [option.Name, value] : Array.Empty<string>()),
    ];

    /// <summary>The words that make this plan again.</summary>
    private static ImmutableArray<string> Planning(ParseResult parsed) =>
    [
        "matrix", "plan",
        .. parsed.GetValue(Releases) ?? [],
        .. parsed.GetValue(Line) is { } line ? ["--line", line] : Array.Empty<string>(),
        .. parsed.GetValue(All) ? [All.Name] : Array.Empty<string>(),
        .. (parsed.GetValue(Variant) ?? []).SelectMany(name => new[] { Variant.Name, name }),
        .. new[] { Root, Portage }.SelectMany(option => (parsed.GetValue(option) ?? []).SelectMany(root => new[] { option.Name, root })),
        .. parsed.GetResult(Tool) is { Implicit: false } ? [Tool.Name, parsed.GetValue(Tool) ?? ""] : Array.Empty<string>(),
        .. Options(parsed),
    ];

    private static bool Written(CommandRun run, string file, string page)
    {
        try
        {
            var folder = Path.GetDirectoryName(file) ?? "/";
            Directory.CreateDirectory(folder);
            File.WriteAllText(file + ".new", page);
            run.Folders.Own(file + ".new", folder);
            File.Move(file + ".new", file, overwrite: true);
            run.Outside.Story.Say($"report: {file}");
            return true;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            run.Outside.Story.Warn($"the report could not be written to {file}: {wrong.Message}; --report names another place");
            return false;
        }
    }
}
