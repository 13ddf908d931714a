using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>The root that is measured in, and what of the distribution's is there to compare with.</summary>
/// <param name="Files">Of those that were asked for, the ones that the root has.</param>
/// <param name="Versions">The packages that brought them, as the root's own package manager tells: <c>php8.2-fpm 8.2.36</c>.</param>
/// <param name="Why">Why their packages could not be had; null when nothing stood in the way.</param>
internal sealed record FoundPeers(OpenedRoot Root, ImmutableHashSet<string> Files, ImmutableArray<string> Versions, string? Why)
{
    /// <summary>Null when all files are there; otherwise what is missing and why.</summary>
    public string? Lacks(IEnumerable<string> files) =>
        files.Where(file => !Files.Contains(file)).ToArray() is { Length: > 0 } missing
            ? $"the root has no {string.Join(" and no ", missing)}{(Why is null ? "" : $": {Why}")}"
            : null;
}

/// <summary>Opens the root for measuring: the generators, without which nothing is, and the peers' packages as far as they can be had.</summary>
internal sealed class BenchPeers(Outside outside, IRoots roots)
{
    /// <param name="root">The root that was built in; what is installed goes over it and changes no image's key.</param>
    /// <param name="peers">The line's packages; empty where no chosen server needs any.</param>
    /// <param name="files">That the chosen servers need.</param>
    /// <exception cref="Failure">Missing: the generators are not to be had either.</exception>
    public async Task<FoundPeers> Run(RootTree root, BenchSettings generators, BenchSettings peers, ImmutableArray<string> files, CancellationToken cancel)
    {
        var (opened, why) = await Open(root, generators, files.IsEmpty ? BenchSettings.None : peers, cancel);
        if (files.IsEmpty)
        {
            return new FoundPeers(opened, [], [], why);
        }

        // A root without dpkg tells no versions; what it has is told all the same.
        var names = peers.Packages.GetValueOrDefault("apt", []);
        var answer = await roots.Run(
            new RootRun(opened.Tree, RootRights.Build,
            [
                "sh", "-c", "while [ \"$1\" != -- ]; do [ ! -e \"$1\" ] || echo \"file $1\"; shift; done; shift; [ $# = 0 ] || dpkg-query -W -f 'package ${Package} ${Version}\\n' \"$@\" 2> /dev/null || :", "look",
                .. files, "--", .. names,
            ])
            {
                TimeLimit = TimeSpan.FromSeconds(30),
            },
            cancel);
        ImmutableArray<string> Said(string kind) =>
            [.. answer.Output.Split('\n').Where(line => line.StartsWith(kind, StringComparison.Ordinal)).Select(line => line[kind.Length..].Trim())];
        return new FoundPeers(opened, [.. Said("file ")], Said("package "), why);
    }

    private async Task<(OpenedRoot Root, string? Why)> Open(RootTree root, BenchSettings generators, BenchSettings peers, CancellationToken cancel)
    {
        var open = new OpenRoot(outside, roots);
        try
        {
            return (await open.Run(root, generators.With(peers).Packages, cancel), null);
        }
        catch (Failure failure) when (failure.Kind == FailureKind.Missing && !peers.Packages.IsEmpty)
        {
            outside.Story.Warn($"going on without the distribution's own servers and modules: {failure.Message}");
            return (await open.Run(root, generators.Packages, cancel), failure.Message);
        }
    }
}
