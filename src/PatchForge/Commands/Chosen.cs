using System.Collections.Immutable;
using System.CommandLine;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Commands;

/// <summary>What the command line chose, as the records that workflows take.</summary>
internal static class Chosen
{
    /// <summary>The releases named; with none named those that a line, or each line, carries (<see cref="LineSettings.Carried"/>).</summary>
    /// <exception cref="Failure">CommandLine, when a release or a line is not in the settings.</exception>
    public static ImmutableArray<string> Releases(ForgeSettings settings, string[] named, string? line = null, bool all = false)
    {
        if (line is not null && settings.Lines.All(known => known.Line != line))
        {
            throw new Failure(FailureKind.CommandLine, $"there is no line {line}", "the lines are " + string.Join(", ", settings.Lines.Select(known => known.Line)));
        }

        if (named.Length > 0)
        {
            return [.. named.Distinct().Select(version => Release(settings, version).Version)];
        }

        return
        [
            .. settings.Lines.Where(known => line is null || known.Line == line)
                .SelectMany(known => all ? known.Releases : known.Carried)
                .Select(release => release.Version),
        ];
    }

    /// <exception cref="Failure">CommandLine, when the settings have no such release.</exception>
    public static ReleaseSettings Release(ForgeSettings settings, string version) => version.StartsWith('-')
        ? throw new Failure(FailureKind.CommandLine, $"there is no option {version}", "--help after the command shows those there are")
        : settings.Lines.SelectMany(line => line.Releases).FirstOrDefault(release => release.Version == version) ?? throw new Failure(
            FailureKind.CommandLine,
            $"{settings.File} has no release {version}",
            "the releases are " + string.Join(", ", settings.Lines.SelectMany(line => line.Releases).Select(release => release.Version)));

    /// <summary>The line named, the release's, or the only one.</summary>
    /// <exception cref="Failure">CommandLine, when there is no such line, or there are several and none is named.</exception>
    public static LineSettings Line(ForgeSettings settings, string? named, string? release)
    {
        var of = release is null ? null : settings.Release(release).Line;
        var line = named is null ? of ?? (settings.Lines.Length == 1 ? settings.Lines[0] : null) : settings.Lines.FirstOrDefault(known => known.Line == named);
        return line is null || (of is not null && of.Line != line.Line)
            ? throw new Failure(
                FailureKind.CommandLine,
                line is not null ? $"{release} is a release of line {of?.Line}, not of {named}" : named is null ? "there are several lines" : $"there is no line {named}",
                "name one with --line: " + string.Join(", ", settings.Lines.Select(known => known.Line)))
            : line;
    }

    public static SourceOptions Source(ParseResult parsed, Option<string?> distdir, Option<string?>? git, Option<bool>? unofficial, Option<bool>? trust)
    {
        var folder = parsed.GetValue(distdir);
        if (folder is not null && !Directory.Exists(folder))
        {
            throw Failure.Missing($"--distdir: there is no folder {folder}", "make it, or name another");
        }

        var clones = git is null ? null : parsed.GetValue(git);
        var isUnofficial = unofficial is not null && parsed.GetValue(unofficial);
        return clones is not null && !isUnofficial
            ? throw new Failure(FailureKind.CommandLine, "a source from git is not the official distfile", "say that you mean it: --git DIR --unofficial")
            : new SourceOptions
            {
                Distdir = folder is null ? null : Path.GetFullPath(folder),
                Git = clones is null ? null : Path.GetFullPath(clones),
                Unofficial = isUnofficial,
                TrustFirstUse = trust is not null && parsed.GetValue(trust),
            };
    }

    public static ImmutableHashSet<PatchName> Patches(string[] names) => [.. names.Select(name => PatchName.Parse(name))];
}
