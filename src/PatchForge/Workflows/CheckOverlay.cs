using System.Collections.Immutable;
using PatchForge.Overlays;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// What is wrong with the overlay: the rules' findings, and every generated file that a regeneration would
/// write otherwise. Nothing is written.
/// </summary>
public sealed class CheckOverlay(IProcesses processes)
{
    /// <returns>In the order of the file, then the line; an <see cref="Severity.Error"/> among them is a failed check.</returns>
    public async Task<ImmutableArray<Finding>> Run(RegenerateOverlayRequest request, CancellationToken cancel)
    {
        var overlay = new OverlayFolder(request.Root ?? request.Settings.Home, request.Settings.Overlay);
        var answer = await new RegenerateOverlay(processes).Run(request, cancel);
        var drift = answer.Changes.Select(change => new Finding(
            "drift",
            // An entry also changes when ::gentoo changes an eclass, which is nobody's mistake here.
            change.Path.Text.StartsWith(overlay.Cache + "/", StringComparison.Ordinal) ? Severity.Warning : Severity.Error,
            new FileLocation(change.Path.Text),
            change.Content is null ? "refresh would remove it" : "it is not as refresh would write it",
            "run refresh and look at the difference"));
        return [.. OverlayRules.Check(overlay, request.Eclasses).Concat(drift)
            .OrderBy(finding => finding.At.File, StringComparer.Ordinal).ThenBy(finding => finding.At.Line)];
    }
}
