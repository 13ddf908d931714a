using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>What a refresh of single variants was, so that it can be merged with others' (<c>matrix merge</c>).</summary>
/// <param name="Root">As <c>--root</c> or the settings name it.</param>
/// <param name="Machine">Where the logs are.</param>
/// <param name="Built">Whether building was asked for.</param>
/// <param name="Settings">Digest of the settings.</param>
/// <param name="Series">Digest of each release's series.</param>
public sealed record TrialFacts(
    ImmutableArray<string> Variants, string Root, string Machine, bool Built, string Settings, ImmutableSortedDictionary<string, string> Series);

/// <summary>
/// <c>refresh --variant</c>: one job of a matrix. All that refresh does but for writing: a line must not land because
/// one of its variants is good.
/// </summary>
public sealed class TryVariants(Outside outside, IRoots roots, IFolders folders, Func<string, string?> variable)
{
    public async Task<RefreshAnswer> Run(RefreshRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        foreach (var release in request.Releases)
        {
            Known(settings.Release(release).Line, request.Variants);
        }

        var made = await MadeOf.Read(settings, request.Releases, cancel);
        var answer = await new Refresh(outside, roots, folders, variable).Run(
            request with
            {
                DryRun = true,
                Measure = false,
                Attack = request.Attack && request.Variants.Any(settings.Smoke.Switching.Contains),
            },
            cancel);
        return answer with
        {
            Trial = new TrialFacts(request.Variants, RootOf(settings, request.Root), Environment.MachineName, request.Build, made.Settings, made.Series),
        };
    }

    /// <summary>The root as a plan and its jobs name it.</summary>
    internal static string RootOf(ForgeSettings settings, string? named) => named ?? settings.Root.Default;

    /// <exception cref="Failure">CommandLine: the line has no such variant.</exception>
    internal static void Known(LineSettings line, ImmutableArray<string> variants)
    {
        if (variants.FirstOrDefault(name => !line.Build.Variants.ContainsKey(name)) is { } unknown)
        {
            throw new Failure(FailureKind.CommandLine, $"line {line.Line} has no variant {unknown}", "the variants are " + string.Join(", ", line.Build.Variants.Keys));
        }
    }
}
