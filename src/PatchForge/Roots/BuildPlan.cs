using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Roots;

/// <summary>One command of a build, with the name that its log has.</summary>
/// <param name="Name">prepare, configure, make, install.</param>
/// <param name="Counts">A line of output that holds this is one unit of progress; null for none.</param>
public sealed record BuildStep(string Name, ImmutableArray<string> Command, string? Counts = null)
{
    public ImmutableSortedDictionary<string, string> Environment { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Folders of the machine that this step sees, beside the tree it works in.</summary>
    public ImmutableArray<RootBind> Binds { get; init; } = [];

    public RootRights Rights { get; init; } = RootRights.Build;

    /// <summary>An empty folder that keeps what the step writes into the root, as a layer; null throws it away.</summary>
    public string? KeepIn { get; init; }

    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(30);
}

/// <summary>How a release is built where there is no Portage: the ebuild's own arguments, as commands.</summary>
public static class BuildPlan
{
    /// <summary>Where the source tree is inside the root.</summary>
    public const string Tree = "/var/tmp/patchforge/tree";

    /// <summary>Where the server lives inside the root: what configure is told, so that it runs from there.</summary>
    public const string Prefix = "/opt/httpd";

    /// <summary>Once for all variants, in a copy of the patched tree.</summary>
    public static ImmutableArray<BuildStep> Prepare(BuildSettings build) =>
        [.. build.Prepare.Select((command, number) => new BuildStep(build.Prepare.Length == 1 ? "prepare" : string.Create(CultureInfo.InvariantCulture, $"prepare-{number + 1}"), command))];

    /// <param name="image">The machine's folder that becomes <see cref="Prefix"/>.</param>
    /// <param name="jobs">Compilers at a time.</param>
    /// <exception cref="Failure">CommandLine, when the settings have no such variant.</exception>
    public static ImmutableArray<BuildStep> Variant(BuildSettings build, string variant, string image, int jobs)
    {
        if (!build.Variants.TryGetValue(variant, out var own))
        {
            throw new Failure(
                FailureKind.CommandLine,
                $"there is no build variant '{variant}'",
                $"the settings have {string.Join(", ", build.Variants.Keys)}");
        }

        ImmutableArray<RootBind> prefix = [new RootBind(image, Prefix, Writable: true)];
        return
        [
            new BuildStep("configure", ["./configure", "--prefix=" + Prefix, .. build.Configure, .. own], "checking "),
            new BuildStep("make", ["make", string.Create(CultureInfo.InvariantCulture, $"-j{jobs}")], "--mode=compile"),
            new BuildStep("install", ["make", "install"]) { Binds = prefix },
        ];
    }
}
