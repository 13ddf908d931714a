using System.Collections.Immutable;
using PatchForge.Roots;
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
                Attack = request.Attack && Switches(settings, request),
            },
            cancel);
        return answer with
        {
            Trial = new TrialFacts(request.Variants, RootOf(settings, request.Root), Environment.MachineName, request.Build, made.Settings, made.Series),
        };
    }

    /// <summary>The root as a plan and its jobs name it.</summary>
    internal static string RootOf(ForgeSettings settings, string? named) => named ?? settings.Root.Default;

    /// <exception cref="Failure">CommandLine: the line has no such variant or set of USE flags.</exception>
    internal static void Known(LineSettings line, ImmutableArray<string> names)
    {
        ImmutableArray<string> known = [.. line.Build.Variants.Keys, .. (line.Ebuild?.Sets ?? []).Select(set => set.Name).Where(name => !line.Build.Variants.ContainsKey(name))];
        if (names.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            throw new Failure(FailureKind.CommandLine, $"line {line.Line} has no variant {unknown}", "the variants, and sets of USE flags, are " + string.Join(", ", known));
        }
    }

    /// <summary>What is built of the names that were said: with Portage a set of USE flags, or those that make a variant; else variants.</summary>
    /// <exception cref="Failure">Missing: a set where nothing is built by Portage.</exception>
    internal static (ImmutableArray<string> Variants, ImmutableSortedDictionary<string, PortageRequest>? Sets) Narrow(
        PreparedRelease release, ImmutableArray<string> names, ImmutableSortedDictionary<string, PortageRequest>? portage)
    {
        if (portage is null)
        {
            return names.FirstOrDefault(name => !release.Line.Build.Variants.ContainsKey(name)) is { } set
                ? throw Failure.Missing($"{set} is a set of USE flags, and {release.Release} is built without Portage here", "name a root that has Portage, and have the official distfile at hand")
                : (names, null);
        }

        var sets = portage.Where(set => names.Contains(set.Key) || (names.Contains(set.Value.Variant) && !portage.ContainsKey(set.Value.Variant))).ToImmutableSortedDictionary(StringComparer.Ordinal);
        return sets.IsEmpty
            ? throw new Failure(FailureKind.CommandLine, $"no set of USE flags makes {string.Join(", ", names)}", "'emerge' in the settings names the sets: " + string.Join(", ", portage.Keys))
            : ([.. sets.Values.Select(set => set.Variant).Distinct()], sets);
    }

    /// <summary>Whether any of it serves each site as its user.</summary>
    private static bool Switches(ForgeSettings settings, RefreshRequest request) =>
        request.Variants.Concat(request.Releases.SelectMany(release => settings.Release(release).Line.Ebuild?.Sets ?? []).Where(set => request.Variants.Contains(set.Name)).Select(set => set.Variant))
            .Any(settings.Smoke.Switching.Contains);
}
