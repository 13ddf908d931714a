using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Good">A release or revision to which the patch applies; null for the line's oldest release.</param>
/// <param name="Bad">One to which it does not; null for the head of upstream's clone.</param>
/// <param name="Git">The clone, or a folder of clones; null where the settings say where it is.</param>
public sealed record BisectRequest(ForgeSettings Settings, LineSettings Line, PatchName Patch, string? Good, string? Bad, string? Git);

/// <summary>What <c>bisect</c> answers.</summary>
/// <param name="What">does not apply, applies only with fuzz, or is in upstream.</param>
/// <param name="Commit">The first commit of which that is so.</param>
/// <param name="Date">Of the commit's author, ISO 8601 with the author's offset.</param>
/// <param name="Places">Each hunk that finds no place there.</param>
/// <param name="Commits">Commits between good and bad by first parents.</param>
/// <param name="Touching">Those of them that touch a file of the patch.</param>
/// <param name="Steps">How many commits were tried, both ends included.</param>
public sealed record BisectAnswer(
    string Patch, string Good, string Bad, string What, string Commit, string Subject, string Author, string Date, ImmutableArray<string> Places, int Commits, int Touching, int Steps);

/// <summary>
/// Finds the upstream commit since which a patch no longer applies: by halves, over the commits of the first-parent
/// history that touch the patch's files, in the clone's objects alone. No work tree is made or changed.
/// </summary>
public sealed class BisectPatch(Outside outside)
{
    public BisectAnswer Run(BisectRequest request, LoadedSeries series, CancellationToken cancel)
    {
        var patch = series.Patches.FirstOrDefault(one => one.Name == request.Patch) ?? throw new Failure(
            FailureKind.CommandLine, $"the series of line {request.Line.Line} has no patch '{request.Patch}'", "its patches are " + string.Join(", ", series.Patches.Select(one => one.Name)));
        var clone = Clone.Of(outside, request, patch);
        using var history = clone.Open();
        var (good, bad) = (clone.Commit(history, request.Good ?? request.Line.Releases[0].Version), clone.Commit(history, request.Bad ?? "HEAD"));
        var search = new Search(history, clone, series, patch);
        var start = Start(search, history, request, good, bad);
        var line = history.FirstParents(start, bad.Commit, [.. clone.Paths]);
        ImmutableArray<string> touching = [.. line.Where(commit => commit.Touches).Select(commit => commit.Commit)];
        if (search.Look(bad.Commit).Stopped is null && !IsMerged(search.Look(bad.Commit)))
        {
            throw Failure.Refused($"{request.Patch} applies to {bad.Name} as well", "there is nothing to find; name another end with --bad");
        }

        var (low, high) = (-1, touching.Length - 1);
        if (high < 0)
        {
            throw Failure.Refused(
                $"none of the {line.Length} commits from {good.Name} to {bad.Name} touches a file of {request.Patch}", "name other ends with --good and --bad");
        }

        while (high - low > 1)
        {
            cancel.ThrowIfCancellationRequested();
            var middle = low + ((high - low) / 2);
            (low, high) = Applies(search.Look(touching[middle])) ? (middle, high) : (low, middle);
        }

        var (found, move) = (history.Describe(touching[high]), search.Look(touching[high]));
        return new BisectAnswer(
            request.Patch.Text,
            good.Name,
            bad.Name,
            IsMerged(move) ? "is in upstream" : move.Stopped?.Result is MoveResult.Conflict { OnlyFuzz: true } ? "applies only with fuzz" : "does not apply",
            found.Id,
            found.Subject,
            $"{found.Author.Name} <{found.Author.Email}>",
            found.Author.When.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture),
            ApplySeries.Problem(move)?.Facts.GetValueOrDefault("places") ?? [],
            line.Length,
            touching.Length,
            search.Count);
    }

    private static string Start(Search search, IGitHistory history, BisectRequest request, (string Name, string Commit) good, (string Name, string Commit) bad)
    {
        if (ApplySeries.Problem(search.Look(good.Commit)) is { } problem)
        {
            throw Failure.Refused($"{request.Patch} does not apply to {good.Name} either: {problem.Message}", "name a release to which it does with --good", problem.At);
        }

        var start = history.Ancestor(good.Commit, bad.Commit) ?? throw Failure.Refused($"{good.Name} and {bad.Name} have no ancestor in common", "name other ends with --good and --bad");

        // A tag may stand beside the branch; then what counts is where the branch left it.
        return Applies(search.Look(start))
            ? start
            : throw Failure.Refused(
                $"{request.Patch} applies to {good.Name} and not to {start[..10]}, where the way to {bad.Name} begins", "name a good end that lies on that way: --good REVISION");
    }

    private static bool Applies(SeriesMove move) => move.Stopped is null && !IsMerged(move);

    private static bool IsMerged(SeriesMove move) => move.Patches[^1].Result is MoveResult.AlreadyMerged;

    /// <summary>The clone that has the patch's files: upstream's own, or that of a component whose folder they all lie in.</summary>
    private sealed record Clone(IGitRepositories Git, string Repository, string Folder, string? Component, LineSettings Line, ImmutableArray<TreePath> Files)
    {
        public IEnumerable<string> Paths => Files.Select(path => Folder.Length == 0 ? path.Text : path.Text[(Folder.Length + 1)..]);

        public static Clone Of(Outside outside, BisectRequest request, LoadedPatch patch)
        {
            var git = outside.Git ?? throw new InvalidOperationException("This command opened no way to git repositories.");
            var upstream = request.Line.Upstream.Git ?? throw Failure.Refused(
                $"line {request.Line.Line} does not say where upstream's git is", "add 'git' to its upstream, see docs/settings.md", new FileLocation(request.Settings.File));
            ImmutableArray<TreePath> files = [.. patch.Patch.Files.SelectMany(file => TouchedPaths.Of(file.Change)).Distinct()];
            var component = upstream.Components.FirstOrDefault(one => files.Any(path => path.Text.StartsWith(one.Path + "/", StringComparison.Ordinal)));
            if (component is not null && !files.All(path => path.Text.StartsWith(component.Path + "/", StringComparison.Ordinal)))
            {
                throw Failure.Refused($"{request.Patch} changes files of {upstream.Repository} and of {component.Repository}, which have histories of their own", "bisect wants the files of one repository");
            }

            var path = component is null ? upstream.ClonePath : component.ClonePath;
            if (request.Git is null && path is null)
            {
                throw new Failure(FailureKind.CommandLine, "nothing says where the clone of upstream is", $"name it, or a folder of clones, with --git DIR; or 'clone: PATH' in {request.Settings.File}");
            }

            var repository = OpenSource.Repository(git, request.Settings, component?.Repository ?? upstream.Repository, path, request.Git ?? request.Settings.Home, component is null);
            return new Clone(git, repository, component?.Path ?? "", component?.Repository, request.Line, files);
        }

        public IGitHistory Open() => Git.OpenHistory(Repository);

        /// <summary>What a release or a revision is called, and its commit.</summary>
        public (string Name, string Commit) Commit(IGitHistory history, string said)
        {
            var release = Line.Releases.FirstOrDefault(one => one.Version == said);
            var tag = release is null ? said
                : Component is not null ? release.Components.GetValueOrDefault(Component) ?? said
                : Line.Upstream.Git?.Tag.Replace("{version}", said, StringComparison.Ordinal) ?? said;
            return (said, history.Resolve(tag) ?? throw Failure.Refused($"{Repository} has no {(release is null ? "revision" : "tag")} {tag}", $"fetch it, or name another: git -C {Repository} tag"));
        }
    }

    /// <summary>Tries the patch on commits, each once: behind those patches of the series before it that touch its files and apply.</summary>
    private sealed class Search(IGitHistory history, Clone clone, LoadedSeries series, LoadedPatch patch)
    {
        private readonly Dictionary<string, SeriesMove> _looked = new(StringComparer.Ordinal);

        private readonly ImmutableArray<LoadedPatch> _before =
        [
            .. series.Patches.TakeWhile(one => one.Name != patch.Name)
                .Where(one => !one.IsAbsent && one.Patch.Files.SelectMany(file => TouchedPaths.Of(file.Change)).Any(clone.Files.Contains)),
        ];

        public int Count => _looked.Count;

        public SeriesMove Look(string commit)
        {
            if (!_looked.TryGetValue(commit, out var known))
            {
                using var snapshot = history.Snapshot(commit);
                ITree tree = new GitTree([(snapshot, clone.Folder)]);
                foreach (var before in _before)
                {
                    tree = Move(commit, tree, before) is { Stopped: null } moved ? moved.Tree : tree;
                }

                _looked[commit] = known = Move(commit, tree, patch);
            }

            return known;
        }

        private SeriesMove Move(string commit, ITree tree, LoadedPatch one) =>
            MoveSeries.Run(new MoveRequest(commit[..10], tree, series with { Patches = [one], Bases = [] }), CancellationToken.None);
    }
}
