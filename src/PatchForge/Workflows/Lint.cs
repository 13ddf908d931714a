using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Overlays;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Root">As <c>--root</c> names it: where pkgcheck is; null for the machine's PATH.</param>
public sealed record LintRequest(ForgeSettings Settings, string? Gentoo, string? Root);

/// <param name="Severity">error, warning or note.</param>
/// <param name="Line">From 1; 0 where the finding is about no line.</param>
public sealed record LintFinding(string Rule, string Severity, string File, int Line, string Sentence, string? Hint)
{
    internal static LintFinding Of(Finding finding) =>
        new(finding.Rule, finding.Severity.ToString().ToLowerInvariant(), finding.At.File, finding.At.Line, finding.Sentence, finding.Hint);
}

/// <param name="Pkgcheck">Where pkgcheck ran, or why it did not.</param>
public sealed record LintAnswer(ImmutableArray<LintFinding> Findings, string Pkgcheck)
{
    public int ExitCode => Findings.Any(finding => finding.Severity == "error") ? (int)FailureKind.Refused : 0;
}

/// <summary><c>lint</c>: the overlay's own rules, and pkgcheck's where it is installed. Nothing is written.</summary>
public sealed class Lint(Outside outside, IRoots roots, Func<string, string?> variable)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);
    private static readonly ImmutableArray<string> s_scan = ["scan", "--color", "n", "-R", "JsonReporter", "--repo"];

    public async Task<LintAnswer> Run(LintRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        var overlay = new OverlayFolder(settings.Home, settings.Overlay);
        var own = OverlayRules.Check(overlay, EclassSources.Locate(request.Gentoo, variable, settings.PathOf(settings.Overlay.Packages)));
        var (theirs, how) = await Pkgcheck(request, overlay, cancel);
        return new LintAnswer(
            [.. own.Concat(theirs.Select(one => PkgcheckReport.Judge(one, own))).Select(LintFinding.Of)],
            how);
    }

    /// <summary>Scans the repository as it is published: links are this checkout's matter.</summary>
    private async Task<(ImmutableArray<Finding> Findings, string How)> Pkgcheck(LintRequest request, OverlayFolder overlay, CancellationToken cancel)
    {
        var settings = request.Settings;
        var tree = request.Root is { } named
            ? await new FindRoot(outside, roots).Run(RootSpec.Parse(named, Environment.CurrentDirectory), Stage3Trust.Of(null, takeUnsigned: false), cancel)
            : null;
        var isThere = tree is null ? outside.Processes.Find("pkgcheck") is not null : RootLook.Find(tree, "/usr/bin/pkgcheck") is not null;
        if (!isThere)
        {
            return ([], $"pkgcheck is not installed {(tree is null ? "on this machine" : "in " + tree.Name)}: its checks were not made");
        }

        var published = Path.Combine(roots.StateFolder, "published", "lint", settings.PackageName);
        PublishedTree.Write(overlay, published);
        var answer = tree is null
            ? await outside.Processes.Run(new ProcessRequest("pkgcheck", s_scan.Add(published)) { TimeLimit = s_limit }, cancel)
            : await InRoot(tree, published, settings, cancel);

        // Without --exit a scan answers 0 whatever it finds; anything else is pkgcheck's own failure.
        return answer.Succeeded
            ? (PkgcheckReport.Read(answer.Output), tree is null ? "pkgcheck of this machine" : $"pkgcheck in {tree.Name}")
            : throw Failure.Refused($"pkgcheck failed: {LogFile.LastWord(answer)}", "it needs a configured ::gentoo (/etc/portage/repos.conf), since this repository's master is that");
    }

    private Task<ProcessAnswer> InRoot(RootTree tree, string published, ForgeSettings settings, CancellationToken cancel)
    {
        var inside = "/var/db/repos/" + settings.Name;
        return roots.Run(
            new RootRun(tree, RootRights.Build, ["pkgcheck", .. s_scan, inside]) { Binds = [new RootBind(published, inside)], TimeLimit = s_limit },
            cancel);
    }
}
