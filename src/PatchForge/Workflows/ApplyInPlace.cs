using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Folder">The tree, as somebody unpacked it.</param>
/// <param name="Reverse">Take the series out of it.</param>
public sealed record InPlaceRequest(string Release, LoadedSeries Series, string Folder, ImmutableHashSet<PatchName> AcceptFuzz, bool Reverse);

/// <summary>What <c>apply --in</c> answers.</summary>
/// <param name="Folder">The absolute path of the tree.</param>
/// <param name="Patches">How many were applied, or taken out.</param>
/// <param name="Present">Those that the tree had already, each by the proof that all of it can be taken out.</param>
/// <param name="Written">Files that were written, new ones as well.</param>
/// <param name="Reversed">Whether they were taken out.</param>
/// <param name="Finished">Whether an interrupted run had done it but for what was ended now.</param>
public sealed record InPlaceAnswer(string Release, string Folder, int Patches, ImmutableArray<string> Present, int Written, int Deleted, bool Reversed, bool Finished);

/// <summary>
/// Applies a series to a tree that is there already. The whole series is applied in memory to the files that it
/// touches, and only then are those replaced (<see cref="TreeLanding"/>).
/// </summary>
public static class ApplyInPlace
{
    /// <exception cref="Failure">Conflict, and nothing is written; Refused: applied already, or not applied where it is to be taken out.</exception>
    public static InPlaceAnswer Run(InPlaceRequest request, IFolders folders, CancellationToken cancel)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder));
        if (!Directory.Exists(root))
        {
            throw Failure.Refused("there is no such folder", "--in names the unpacked source; to have it unpacked and patched: --to DIR", new FileLocation(root));
        }

        var landing = new TreeLanding(root, folders);
        var finished = landing.Recover();
        var tree = new KeptTree(new DirectoryTree(root));
        var series = request.Series.For(request.Release);
        var answer = new InPlaceAnswer(request.Release, root, 0, [], 0, 0, request.Reverse, !finished.IsEmpty);
        var (patched, count, present) = request.Reverse ? TakenOut(request, series, tree, answer, cancel) : Applied(request, series, tree, answer, cancel);
        var changes = Changes(tree, patched);
        cancel.ThrowIfCancellationRequested();
        if (!changes.IsEmpty)
        {
            landing.Land(changes);
        }

        return answer with
        {
            Patches = count,
            Present = present,
            Written = changes.Count(change => change.After is not null),
            Deleted = changes.Count(change => change.After is null),
            Finished = answer.Finished && changes.IsEmpty,
        };
    }

    private static (LayeredTree Tree, int Count, ImmutableArray<string> Present) Applied(
        InPlaceRequest request, LoadedSeries series, KeptTree tree, InPlaceAnswer answer, CancellationToken cancel)
    {
        var move = MoveSeries.Run(new MoveRequest(request.Release, tree, series, request.AcceptFuzz) { RecordsBases = false }, cancel);
        var there = move.Patches.Where(patch => patch.Result is MoveResult.AlreadyMerged).Select(patch => patch.Name.Text).ToImmutableArray();
        var count = move.Patches.Count(patch => patch.Result is MoveResult.Unmodified or MoveResult.Modified or MoveResult.New);
        if (move.Stopped is null && count > 0)
        {
            return (move.Tree, count, there);
        }

        // Later patches change what earlier ones made, so of a series that is in the tree not every patch alone can be seen there.
        if ((move.Stopped is null && there.Length > 0) || Out(series, tree, cancel).Left is null)
        {
            return answer.Finished ? (new LayeredTree(tree), series.Patches.Length, []) : throw new Failure(
                FailureKind.Refused,
                $"already applied: {answer.Folder} has the whole series of {request.Release}",
                "nothing was changed; --reverse takes it out",
                new FileLocation(answer.Folder));
        }

        return ApplySeries.Problem(move) is not { } problem ? (move.Tree, 0, there) : throw new Failure(
            problem.Kind,
            problem.Message,
            $"nothing was changed; is {answer.Folder} the source of {request.Release} as it was published?\n{problem.Hint}",
            problem.At)
        {
            Facts = problem.Facts,
        };
    }

    private static (LayeredTree Tree, int Count, ImmutableArray<string> Present) TakenOut(
        InPlaceRequest request, LoadedSeries series, KeptTree tree, InPlaceAnswer answer, CancellationToken cancel)
    {
        var (made, count, left, outcome) = Out(series, tree, cancel);
        if (left is null)
        {
            return (made, count, []);
        }

        if (MoveSeries.Run(new MoveRequest(request.Release, tree, series, request.AcceptFuzz) { RecordsBases = false }, cancel) is { Stopped: null } move
            && !move.Patches.Any(patch => patch.Result is MoveResult.AlreadyMerged))
        {
            return answer.Finished ? (new LayeredTree(tree), series.Patches.Length, []) : throw new Failure(
                FailureKind.Refused,
                $"not applied: {answer.Folder} has nothing of the series of {request.Release} that could be taken out",
                "nothing was changed; without --reverse it is applied",
                new FileLocation(answer.Folder));
        }

        var place = outcome?.Files.SelectMany(file => ApplySeries.Places(file, fuzz: true)).FirstOrDefault();
        throw new Failure(
            FailureKind.Conflict,
            $"{left.Name} cannot be taken out of {answer.Folder}{(place is { Sentence: { } sentence } ? ": " + sentence : "")}",
            "nothing was changed; the series is taken out where all of it is in, as it is now",
            new FileLocation(left.File, place?.Line ?? 0));
    }

    /// <summary>The tree without the series, its last patch first; <c>Left</c> is the one that is not there, or not as it is now.</summary>
    private static (LayeredTree Tree, int Count, LoadedPatch? Left, PatchOutcome? Outcome) Out(LoadedSeries series, KeptTree start, CancellationToken cancel)
    {
        var (tree, count) = (new LayeredTree(start), 0);
        foreach (var loaded in series.Patches.Reverse().Where(loaded => !loaded.Patch.Files.IsEmpty))
        {
            cancel.ThrowIfCancellationRequested();
            if (!loaded.Plan.Entry.Reverse && PatchReverser.Irreversible(loaded.Patch) is not null)
            {
                return (tree, count, loaded, null);
            }

            var outcome = PatchApplier.Apply(loaded.Plan.Entry.Reverse ? loaded.Patch : PatchReverser.Reverse(loaded.Patch), tree, maxFuzz: 0);
            if (!outcome.Proves || outcome.Tree is null)
            {
                return (tree, count, loaded, outcome);
            }

            (tree, count) = (outcome.Tree, count + 1);
        }

        return (tree, count, null, null);
    }

    private static ImmutableArray<FileReplacement> Changes(KeptTree tree, LayeredTree patched) =>
    [
        .. patched.Changes
            .Select(change => new FileReplacement(change.Key, tree.Find(change.Key), change.Value))
            .Where(change => !Same(change.Before, change.After)),
    ];

    private static bool Same(TreeFile? one, TreeFile? two) =>
        one is null || two is null ? one is null && two is null : one.Mode == two.Mode && one.Content.Span.SequenceEqual(two.Content.Span);
}
