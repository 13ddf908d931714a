using System.Collections.Concurrent;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>The releases whose sources are on this machine, each opened once and nothing downloaded. Safe to ask from several threads.</summary>
internal sealed class SourcesAtHand(Outside outside, Func<string, string?> variable, ForgeSettings settings, SourceOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<(string Word, SourceAnswer? Source)>>> _open = new(StringComparer.Ordinal);
    private readonly FindDistfile _find = new(outside, variable);
    private readonly OpenSource _sources = new(outside, variable);
    private readonly SourceOptions _options = options with { Offline = true };

    /// <summary>What the release's distfile is worth, in a word, and its tree; null where there is none that may be used.</summary>
    /// <exception cref="Failure">What is there cannot be read.</exception>
    public async Task<(string Word, ITree? Tree)> Open(string version, CancellationToken cancel)
    {
        var (word, source) = await _open.GetOrAdd(version, one => new(() => Opened(one, cancel))).Value;
        return (word, source?.Tree);
    }

    /// <summary>The ancestors of a line's patches, in every release of it that is at hand.</summary>
    public async Task<Ancestors> Ancestors(LineSettings line, LoadedSeries series, CancellationToken cancel)
    {
        var trees = await Task.WhenAll(line.Releases.Select(async release =>
        {
            try
            {
                return (release.Version, (await Task.Run(() => Open(release.Version, cancel), cancel)).Tree);
            }
            catch (Failure)
            {
                return (release.Version, Tree: null); // an ancestor less; who asked for this release is told by its own Open
            }
        }));
        var known = trees.ToDictionary(tree => tree.Version, tree => tree.Tree, StringComparer.Ordinal);
        return new Ancestors(series, [.. line.Releases.Select(release => release.Version)], known.GetValueOrDefault);
    }

    public void Dispose()
    {
        foreach (var one in _open.Values.Where(one => one.IsValueCreated && one.Value.IsCompletedSuccessfully))
        {
            one.Value.Result.Source?.Dispose();
        }
    }

    private async Task<(string Word, SourceAnswer? Source)> Opened(string version, CancellationToken cancel)
    {
        var (_, release) = settings.Release(version);
        var search = await _find.Release(settings, release, _options.Distdir, cancel);
        var word = search.Best is { } found ? DistfileFact.Word(found.Verdict) : "missing";
        var usable = _options.Git is not null || search.Best is { } best && (best.Verdict.IsAccepted || _options.Unofficial);
        var source = usable ? await _sources.Run(settings, version, _options, cancel) : null;
        return (source is null ? word : DistfileFact.Word(source.Verdict), source);
    }
}
