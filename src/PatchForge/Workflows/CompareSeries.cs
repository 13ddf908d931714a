using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Before">A folder with a series, a revision of the repository that holds the settings, a release (its refreshed form), or null for HEAD.</param>
/// <param name="After">The same; null for the series as it is now.</param>
public sealed record CompareRequest(ForgeSettings Settings, LineSettings Line, string? Before, string? After, SourceOptions Source);

/// <summary>One patch of either state.</summary>
/// <param name="Was">Its name in the first state, where it is another one.</param>
/// <param name="What">same, lines (only where it applies, or what tools write around it), header, changed, added or removed.</param>
/// <param name="Moved">Whether it has another place among the patches that both have.</param>
/// <param name="Options">The series' options, where they differ: "-p0 becomes -p1".</param>
public sealed record ComparedPatch(string Name, string? Was, string What, bool Moved, string? Options, ImmutableArray<ComparedFacts> Parts);

/// <param name="Of">The file, or null for the header.</param>
/// <param name="Lines">Each with what it is in front of it: a blank for both, '-' for the first state, '+' for the second.</param>
/// <param name="Pairs">The same side by side.</param>
public sealed record ComparedFacts(string? Of, string? Was, ImmutableArray<string> Lines, ImmutableArray<ComparedPair> Pairs);

public sealed record ComparedPair(string? Left, string? Right, bool Same);

/// <summary>What <c>diff</c> answers.</summary>
public sealed record CompareAnswer(string Line, string Before, string After, ImmutableArray<ComparedPatch> Patches)
{
    public bool Same => Patches.All(patch => patch is { What: "same", Was: null, Moved: false, Options: null });
}

/// <summary>Says what moved between two states of a series, patch by patch.</summary>
public sealed class CompareSeries(Outside outside, Func<string, string?> variable)
{
    // Below this share of common lines two patches are two patches.
    private const double Alike = 0.5;

    private sealed record State(string Name, ImmutableArray<(SeriesEntry Entry, Patch Patch)> Patches);

    public async Task<CompareAnswer> Run(CompareRequest request, CancellationToken cancel)
    {
        var before = await Open(request, request.Before ?? "HEAD", cancel);
        var after = request.After is { } named ? await Open(request, named, cancel)
            : Now(ReadSeries.Run(request.Settings.Home, request.Line, cancel));
        var pairs = Paired(before, after);
        var kept = pairs.Where(pair => pair is { Before: not null, After: not null }).ToList();
        var inPlace = Steady([.. kept.OrderBy(pair => pair.Before).Select(pair => pair.After ?? 0)]);
        return new CompareAnswer(request.Line.Line, before.Name, after.Name, [.. pairs.Select(pair => Compared(before, after, pair, inPlace))]);
    }

    private static State Now(LoadedSeries series) =>
        new("as it is now", [.. series.Patches.Where(patch => !patch.IsAbsent).Select(patch => (patch.Plan.Entry, patch.Patch))]);

    private async Task<State> Open(CompareRequest request, string name, CancellationToken cancel)
    {
        if (Directory.Exists(name))
        {
            var folder = new DirectoryTree(name);
            return Read(name, "series", path => folder.Find(path)?.Content.ToArray());
        }

        if (request.Settings.Lines.SelectMany(line => line.Releases).Any(release => release.Version == name))
        {
            return await Refreshed(request, name, cancel);
        }

        var git = outside.Git ?? throw new InvalidOperationException("This command opened no way to git repositories.");
        using var snapshot = git.OpenRevision(request.Settings.Home, name, out var below) ?? throw new Failure(
            FailureKind.CommandLine,
            $"'{name}' is no folder, no release and no revision of the repository of {request.Settings.Home}",
            "name a folder with a series file, a release such as " + request.Line.Releases[^1].Version + ", or a revision such as HEAD~1");
        var files = snapshot.Entries.ToDictionary(entry => entry.Path, entry => entry.Id, StringComparer.Ordinal);
        var place = (below.Length == 0 ? "" : below + "/") + request.Line.Series + "/";
        return Read(name, request.Line.SeriesFile, path => files.TryGetValue(place + path, out var id) ? snapshot.Read(id) : null);
    }

    private static State Read(string state, string file, Func<TreePath, byte[]?> read)
    {
        var text = read(TreePath.Parse("series")) ?? throw Failure.Refused($"{state} has no series file", $"it is looked for as {file}", new FileLocation(state));
        var series = SeriesFile.Parse(text, $"{state}: {file}");
        return new State(state, [.. series.Entries
            .Select(entry => (Entry: entry, Bytes: read(TreePath.Parse(entry.Name.Text))))
            .Where(one => one.Bytes is not null) // what single releases alone have lies elsewhere
            .Select(one => (one.Entry, Patch.Parse(one.Bytes, $"{state}: {one.Entry.Name}", one.Entry.Strip)))]);
    }

    /// <summary>Each patch as it would be written for that release: our form, its lines where they apply.</summary>
    private async Task<State> Refreshed(CompareRequest request, string release, CancellationToken cancel)
    {
        var (line, _) = request.Settings.Release(release);
        if (line.Line != request.Line.Line)
        {
            throw new Failure(FailureKind.CommandLine, $"{release} is a release of line {line.Line}", $"name the line: --line {line.Line}");
        }

        using var source = await new OpenSource(outside, variable).Run(request.Settings, release, request.Source, cancel);
        var move = ApplySeries.Run(new MoveRequest(release, source.Tree, ReadSeries.Run(request.Settings.Home, line, cancel).For(release)), cancel);
        var patches = ImmutableArray.CreateBuilder<(SeriesEntry, Patch)>();
        foreach (var patch in move.Patches.Where(patch => !patch.Loaded.IsAbsent))
        {
            var entry = patch.Loaded.Plan.Entry;
            var text = patch switch
            {
                { Result: MoveResult.Unmodified, Before: { } before, Outcome.Tree: { } after } => RefreshPatch.Run(patch.Loaded.Patch, entry.Reverse, before, after),
                { Result: MoveResult.Modified or MoveResult.New } => patch.Text,
                _ => default(ReadOnlyMemory<byte>?),
            };
            patches.Add((entry, text is { } made ? Patch.Parse(made, patch.Name.Text, Math.Min(entry.Strip, 1)) : patch.Loaded.Patch));
        }

        return new State($"refreshed for {release}", patches.ToImmutable());
    }

    /// <summary>The indices of the same patch in both states: by name, then by the most common lines.</summary>
    private static List<(int? Before, int? After)> Paired(State before, State after)
    {
        var pairs = new List<(int? Before, int? After)>();
        var left = Enumerable.Range(0, before.Patches.Length).ToList();
        foreach (var i in Enumerable.Range(0, after.Patches.Length))
        {
            var same = left.FindIndex(j => before.Patches[j].Entry.Name == after.Patches[i].Entry.Name);
            pairs.Add((same < 0 ? null : left[same], i));
            if (same >= 0)
            {
                left.RemoveAt(same);
            }
        }

        for (var i = 0; i < pairs.Count; i++)
        {
            if (pairs[i] is { Before: null, After: { } made }
                && left.Select(old => (Old: old, Like: PatchComparison.Likeness(before.Patches[old].Patch, after.Patches[made].Patch))).OrderByDescending(one => one.Like).FirstOrDefault() is { Like: >= Alike } renamed)
            {
                pairs[i] = (renamed.Old, made);
                left.Remove(renamed.Old);
            }
        }

        foreach (var gone in left)
        {
            // Where it was: behind the one before it.
            var at = pairs.FindLastIndex(pair => pair.Before < gone);
            pairs.Insert(at + 1, (gone, null));
        }

        return pairs;
    }

    /// <summary>The largest set of patches that have the same order in both states; the others have moved.</summary>
    private static HashSet<int> Steady(ImmutableArray<int> places)
    {
        var (best, before) = (new int[places.Length], new int[places.Length]);
        for (var i = 0; i < places.Length; i++)
        {
            (best[i], before[i]) = (1, -1);
            for (var j = 0; j < i; j++)
            {
                if (places[j] < places[i] && best[j] + 1 > best[i])
                {
                    (best[i], before[i]) = (best[j] + 1, j);
                }
            }
        }

        var steady = new HashSet<int>();
        for (var at = best.Length == 0 ? -1 : Array.IndexOf(best, best.Max()); at >= 0; at = before[at])
        {
            steady.Add(places[at]);
        }

        return steady;
    }

    private static ComparedPatch Compared(State before, State after, (int? Before, int? After) pair, HashSet<int> inPlace)
    {
        if (pair.Before is not { } old)
        {
            return new ComparedPatch(after.Patches[pair.After ?? 0].Entry.Name.Text, null, "added", false, null, []);
        }

        if (pair.After is not { } made)
        {
            return new ComparedPatch(before.Patches[old].Entry.Name.Text, null, "removed", false, null, []);
        }

        var (one, two) = (before.Patches[old], after.Patches[made]);
        var difference = PatchComparison.Of(one.Patch, two.Patch);
        return new ComparedPatch(
            two.Entry.Name.Text,
            one.Entry.Name == two.Entry.Name ? null : one.Entry.Name.Text,
            difference.SameBytes ? "same" : difference.SameContent ? "lines" : difference.OnlyHeader ? "header" : "changed",
            !inPlace.Contains(made),
            Options(one.Entry) == Options(two.Entry) ? null : $"{Options(one.Entry)} becomes {Options(two.Entry)}",
            [.. difference.Parts.Select(part => new ComparedFacts(
                part.Of?.Text,
                part.Was?.Text,
                [.. part.Lines.Select(line => (line.Kind switch { LineKind.Context => ' ', LineKind.Removed => '-', _ => '+' }) + line.Text)],
                [.. part.Pairs.Select(lines => new ComparedPair(lines.Left, lines.Right, lines.Same))]))]);
    }

    private static string Options(SeriesEntry entry) => $"-p{entry.Strip}{(entry.Reverse ? " -R" : "")}";
}
