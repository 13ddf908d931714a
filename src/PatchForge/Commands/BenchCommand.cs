using System.Collections.Immutable;
using System.CommandLine;
using PatchForge.Bench;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary><c>patchforge bench</c></summary>
internal static class BenchCommand
{
    private static readonly Argument<string?> Release = new("RELEASE")
    {
        Description = "A release by version; the newest of the settings when none is named",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> Names = new("--workload") { Description = "One of those that --list shows; all but the soaks when none is named. May be given several times", HelpName = "NAME" };
    private static readonly Option<bool> List = new("--list") { Description = "Show the workloads of the release's line and measure nothing" };
    private static readonly Option<int> Rounds = new("--rounds") { Description = "Measurements of each server; 20 or more are judged", HelpName = "N", DefaultValueFactory = _ => 25 };
    private static readonly Option<int> Duration = new("--duration") { Description = "Seconds of one measurement", HelpName = "SECONDS", DefaultValueFactory = _ => 2 };
    private static readonly Option<ulong?> Seed = new("--seed") { Description = "Of the order of measurements and of the resamples; otherwise the time. The report says it", HelpName = "N" };
    private static readonly Option<bool> Quick = new("--quick") { Description = "One round of one second: a try of the bench itself, nothing is judged" };
    private static readonly Option<bool> Resume = new("--resume") { Description = "Take the workloads that an earlier run of the same images and pace has finished" };
    private static readonly Option<double?> Soak = new("--soak") { Description = "The soak alone, or the one that --workload names, for so long: full load, restarts, killed workers", HelpName = "MINUTES" };
    private static readonly Option<bool> Profile = new("--profile") { Description = "After the rounds, show where each server's time goes: perf and strace, whichever is there. With one --workload" };
    private static readonly Option<string[]> Images = new("--image") { Description = "A server built elsewhere for the prefix /opt/httpd, such as prefork=DIR; nothing is built then. May be given several times", HelpName = "VARIANT=DIR" };
    private static readonly Option<string?> Report = new("--report") { Description = "Write the HTML report there", HelpName = "FILE" };
    private static readonly Option<string?> Csv = new("--csv") { Description = "Write every single measurement there", HelpName = "FILE" };
    private static readonly Option<string?> Svg = new("--svg") { Description = "Write the plot there", HelpName = "FILE" };
    private static readonly Option<string?> Distdir = CommonOptions.Distdir();
    private static readonly Option<string?> Git = CommonOptions.Git();
    private static readonly Option<bool> Unofficial = CommonOptions.Unofficial();
    private static readonly Option<bool> Trust = CommonOptions.TrustFirstUse();
    private static readonly Option<string?> Root = CommonOptions.Root();

    public static Command Declare(Doors doors) => CommandRun.Verb(
        doors,
        "bench",
        "Measure pool, fork, httpd's own MPMs and what else serves users' sites against each other in one run",
        Run,
        Release, Names, List, Rounds, Duration, Seed, Quick, Resume, Soak, Profile, Images, Report, Csv, Svg, Distdir, Git, Unofficial, Trust, Root);

    private static async Task<int> Run(CommandRun run)
    {
        var parsed = run.Parsed;
        if (parsed.GetValue(List))
        {
            run.Answers.Write(TextTable.Of(["workload", "what it measures"], SuiteOf(parsed, run.Settings()).Workloads.Select(one => (IReadOnlyList<string>)[one.Name, one.What])));
            return 0;
        }

        var answer = await new BenchRelease(run.Outside, run.Roots, Environment.GetEnvironmentVariable).Run(RequestOf(run), run.Cancel);
        run.Answer(answer, Json.Default.BenchAnswer, BenchText.Of);
        var written = new[] { (parsed.GetValue(Report), (Func<BenchAnswer, string>)BenchHtml.Of), (parsed.GetValue(Csv), BenchCsv.Of), (parsed.GetValue(Svg), BenchSvg.Of) }
            .Where(one => one.Item1 is not null)
            .Select(one => Write(run, one.Item1 ?? "", one.Item2(answer)))
            .ToArray();
        return written.Append(answer.Succeeded ? 0 : (int)FailureKind.Refused).Max();
    }

    private static BenchRequest RequestOf(CommandRun run)
    {
        var parsed = run.Parsed;
        var settings = run.Settings();
        var names = parsed.GetValue(Names) ?? [];
        var soak = parsed.GetValue(Soak);
        var suite = SuiteOf(parsed, settings);
        if (soak is not null && names.Any(name => suite.Find(name) is { Kind: not WorkloadKind.Soak }))
        {
            throw new Failure(FailureKind.CommandLine, "--soak is a run of its own", "leave out --workload, or name a soak");
        }

        if (parsed.GetValue(Profile) && names.Length != 1)
        {
            throw new Failure(FailureKind.CommandLine, "--profile looks at one workload", "name it: --workload NAME");
        }

        return new BenchRequest(
            settings,
            Version(parsed, settings),
            soak is not null && names.Length == 0 ? [Workloads.SoakName] : [.. names],
            Chosen.Source(parsed, Distdir, Git, Unofficial, Trust),
            parsed.GetValue(Root),
            (parsed.GetValue(Images) ?? []).Select(text => Image(suite, text)).ToImmutableSortedDictionary(image => image.Variant, image => image.Folder, StringComparer.Ordinal),
            parsed.GetValue(Quick) ? 1 : Within("--rounds", parsed.GetValue(Rounds), 1000),
            parsed.GetValue(Quick) ? 1 : Within("--duration", parsed.GetValue(Duration), 600),
            parsed.GetValue(Seed),
            soak ?? 10,
            parsed.GetValue(Quick),
            parsed.GetValue(Resume),
            parsed.GetValue(Profile))
        {
            SoakMinutes = soak is <= 0 or > 1440 ? throw new Failure(FailureKind.CommandLine, "--soak takes minutes, more than 0 and up to 1440") : soak ?? 10,
        };
    }

    private static string Version(ParseResult parsed, ForgeSettings settings) =>
        parsed.GetValue(Release) is { } release ? Chosen.Release(settings, release).Version : settings.Lines[0].Releases[^1].Version;

    private static Suite SuiteOf(ParseResult parsed, ForgeSettings settings) => BenchRelease.SuiteOf(settings, Version(parsed, settings));

    private static int Within(string option, int value, int most) => value >= 1 && value <= most
        ? value
        : throw new Failure(FailureKind.CommandLine, $"{option} takes a number from 1 to {most}, not {value}");

    private static (string Variant, string Folder) Image(Suite suite, string text) => text.Split('=', 2) is [{ Length: > 0 } variant, { Length: > 0 } folder]
        ? suite.Variants.Any(one => one.Image == variant)
            ? (variant, folder)
            : throw new Failure(FailureKind.CommandLine, $"--image: there is no variant {variant}", "the variants are " + string.Join(", ", suite.Variants.Select(one => one.Image).Distinct()))
        : throw new Failure(FailureKind.CommandLine, $"--image takes VARIANT=DIR, not '{text}'");

    private static int Write(CommandRun run, string named, string text)
    {
        var file = Path.GetFullPath(named);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? ".");
            File.WriteAllText(file + ".new", text);
            File.Move(file + ".new", file, overwrite: true);
            run.Outside.Story.Say($"wrote {file}");
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            run.Outside.Story.Warn($"{file} could not be written: {e.Message}");
            return (int)FailureKind.Refused;
        }
    }
}
