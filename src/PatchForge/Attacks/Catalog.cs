using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Every attack there is, by theme.</summary>
public static class Catalog
{
    public static ImmutableArray<Attack> All { get; } = CatalogPeers.With(
    [
        .. CatalogIds.All,
        .. CatalogProcesses.All,
        .. CatalogThings.All,
        .. CatalogMischief.All,
        .. CatalogClients.All,
        .. CatalogFaults.All,
        .. CatalogStarts.All,
    ]);

    /// <summary>
    /// Guards of the sources that no attack takes out, each with the reason. What is here is checked otherwise
    /// (tests/mpm-itk) or cannot be seen from outside when it is gone alone.
    /// </summary>
    public static ImmutableSortedDictionary<string, string> Unproven { get; } = new Dictionary<string, string>
    {
        ["regain"] = "it tries the ways back that other guards close: alone taken out, those still close them",
        ["generation"] = "a worker cannot write into its own channel what it reads there; messages of an earlier generation are made in tests/mpm-itk",
        ["request-valid"] = "its sender is the dispatcher, where no code of an attacker's runs in this suite; wrong requests are made in tests/mpm-itk",
        ["share-uid"] = "it refuses a configuration at start-up, before there is a worker to attack; tests/mpm-itk/config.pl gives it such ones",
        ["in-flight"] = "the kernel's limit on descriptors in flight is per user and far above what a run on loopback has; tests/mpm-itk has a worker that takes nothing",
        ["fork-rate"] = "it is for a thousand forks a second of all pools together; one attacker's pool is stopped by backoff first",
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Which guards have an attack.</summary>
    public static ImmutableSortedSet<string> Proven { get; } = [.. All.SelectMany(attack => attack.Guards)];
}
