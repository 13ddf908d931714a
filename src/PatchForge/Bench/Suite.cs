using System.Collections.Immutable;
using PatchForge.Httpd;

namespace PatchForge.Bench;

/// <summary>What is compared on a line of httpd, all of it data: servers, workloads, and how they come by PHP.</summary>
/// <param name="Dialect">The line's: a line is measured by the suite that speaks as it does.</param>
/// <param name="Workloads">All but the soaks are what a run without names measures.</param>
public sealed record Suite(Dialect Dialect, PhpParts Php, ImmutableArray<Variant> Variants, ImmutableArray<Workload> Workloads)
{
    public static ImmutableArray<Suite> All { get; } = [Suite20.Suite, Suite24.Suite];

    /// <summary>Every dialect has one: a test holds that.</summary>
    public static Suite Of(Dialect dialect) => All.Single(suite => suite.Dialect == dialect);

    /// <summary>Throws for a name that is not in <see cref="Variants"/>: workloads are data of this room.</summary>
    public Variant Variant(string name) => Variants.Single(variant => variant.Name == name);

    public Workload? Find(string workload) => Workloads.FirstOrDefault(known => known.Name == workload);

    /// <summary>The root's files, beside the image's, that the server of an arm cannot do without: parts of packages.</summary>
    public IEnumerable<string> Needs(Arm arm)
    {
        var variant = Variant(arm.Variant);
        var php = !arm.Layout.Php ? null : variant.Pools is null ? Php.InImage ? null : Php.Module : Php.Pools;
        return variant.Needs.Concat(php is null ? [] : [php]);
    }
}

/// <summary>PHP for a suite's servers.</summary>
/// <param name="Module">For the server's own processes: a name beside the server's other modules, or a file of the root's.</param>
/// <param name="Pools">FPM's program, a file of the root's; null where no server has scripts run by it.</param>
public sealed record PhpParts(string Module, string? Pools)
{
    /// <summary>It is built for the image and lies in it; otherwise it comes with a package of the root's.</summary>
    public bool InImage => !Module.StartsWith('/');
}
