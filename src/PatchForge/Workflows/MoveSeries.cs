using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Release">The release's name, for messages and the record of bases.</param>
/// <param name="AcceptFuzz">The patches that may be applied with fuzz; each of them is then written anew without.</param>
public sealed record MoveRequest(string Release, ITree Tree, LoadedSeries Series, ImmutableHashSet<PatchName> AcceptFuzz)
{
    public MoveRequest(string release, ITree tree, LoadedSeries series)
        : this(release, tree, series, [])
    {
    }

    /// <summary>Whether the patches behind a conflict are tried as well, on what there would be without it: for looking, not for writing.</summary>
    public bool GoOn { get; init; }

    /// <summary>Whether <see cref="SeriesMove.Bases"/> are wanted: what only looks or wants the tree is spared an id of every file that a patch changes.</summary>
    public bool RecordsBases { get; init; } = true;

    /// <summary>For three-way merges; null where a patch that does not apply is only told.</summary>
    public Ancestors? Ancestors { get; init; }

    /// <summary>What a person decided on this release.</summary>
    public ImmutableSortedDictionary<PatchName, Resolution> Resolved { get; init; } = ImmutableSortedDictionary<PatchName, Resolution>.Empty;

    /// <summary>Texts to try where the series' own does not apply, before a merge.</summary>
    public ImmutableSortedDictionary<PatchName, ImmutableArray<OtherText>> OtherTexts { get; init; } = ImmutableSortedDictionary<PatchName, ImmutableArray<OtherText>>.Empty;
}

/// <summary>What became of a patch on a release: the six cases of StGit's push, and the patches behind a conflict.</summary>
public abstract record MoveResult
{
    private MoveResult() { }

    /// <summary>A generated patch that was not on disk before.</summary>
    public sealed record New : MoveResult;

    /// <summary>Applies, at most with offsets; its file stays as it is.</summary>
    public sealed record Unmodified : MoveResult;

    /// <summary>Applies, and its file gets another text: the sources changed, fuzz was accepted, it was merged or resolved.</summary>
    /// <param name="Moved">Whether the text is made for this release, so that it may not be right for another one.</param>
    public sealed record Modified(string Why, bool Moved = false) : MoveResult;

    /// <summary>A person left it out of this release.</summary>
    public sealed record Skipped : MoveResult;

    /// <summary>The source has it already: the whole patch applies the other way round, without fuzz.</summary>
    public sealed record AlreadyMerged(PatchOutcome Proof) : MoveResult;

    /// <summary>Changes nothing and never did: there is no diff in it.</summary>
    public sealed record Empty : MoveResult;

    /// <summary>Does not apply, or (<paramref name="OnlyFuzz"/>) only with fuzz that nobody accepted.</summary>
    public sealed record Conflict(bool OnlyFuzz) : MoveResult;

    /// <summary>A patch before it conflicts, so what it would be applied to is not known.</summary>
    public sealed record NotReached : MoveResult;
}

/// <param name="Outcome">File by file and hunk by hunk; null when the patch was not tried.</param>
/// <param name="Text">The text its file shall have.</param>
public sealed record MovedPatch(LoadedPatch Loaded, MoveResult Result, PatchOutcome? Outcome, ReadOnlyMemory<byte> Text)
{
    public PatchName Name => Loaded.Name;

    /// <summary>The tree that it was tried on: the release with the patches before it.</summary>
    public LayeredTree? Before { get; init; }

    /// <summary>The conflict before it in whose files it does not apply, so that it says little; null when there is none.</summary>
    public PatchName? Behind { get; init; }

    /// <summary>How it was merged, or what a person has to resolve; null when nothing was merged.</summary>
    public MovedMerge? Merge { get; init; }
}

/// <summary>A series on a release.</summary>
/// <param name="Tree">The patched tree; up to the conflict when there is one.</param>
/// <param name="Bases">What each patch was made on, as it shall be recorded; empty where the request does not want them.</param>
public sealed record SeriesMove(
    string Release,
    ImmutableArray<MovedPatch> Patches,
    LayeredTree Tree,
    ImmutableArray<PatchBase> Bases)
{
    /// <summary>The patch that a person has to look at, or null when the series went to its end.</summary>
    public MovedPatch? Stopped => Patches.FirstOrDefault(patch => patch.Result is MoveResult.Conflict);
}

/// <summary>Applies a series to a release and says what each patch's text shall be; <see cref="SeriesWrites"/> says which files that makes.</summary>
public static class MoveSeries
{
    /// <exception cref="Failure">Refused, with file and line: a patch that is hostile. A conflict is an answer, not a failure.</exception>
    public static SeriesMove Run(MoveRequest request, CancellationToken cancel)
    {
        var tree = request.Tree as LayeredTree ?? new LayeredTree(request.Tree);
        var series = request.Series.For(request.Release);
        var moved = ImmutableArray.CreateBuilder<MovedPatch>();
        var bases = ImmutableArray.CreateBuilder<PatchBase>();
        var stopped = false;
        foreach (var loaded in series.Patches)
        {
            cancel.ThrowIfCancellationRequested();
            if (stopped && !request.GoOn)
            {
                moved.Add(new MovedPatch(loaded, new MoveResult.NotReached(), null, loaded.Bytes));
                continue;
            }

            var patch = Decided(loaded, tree, request) ?? Move(loaded, tree, request.AcceptFuzz);
            patch = (patch.Result is MoveResult.Conflict ? MergePatch.Run(patch, tree, request, cancel) : patch) with { Before = tree };
            patch = patch.Result is MoveResult.Conflict ? patch with { Behind = Before(patch, moved) } : patch;
            moved.Add(patch);
            stopped |= patch.Result is MoveResult.Conflict;
            if (request.RecordsBases && RecordBases.For(patch, tree, request) is { } made)
            {
                bases.Add(made);
            }

            // A conflict for fuzz alone has a tree, on which those behind it can be looked at.
            tree = patch.Result is MoveResult.AlreadyMerged or MoveResult.Skipped || (stopped && !request.GoOn) ? tree : patch.Outcome?.Tree ?? tree;
        }

        return new SeriesMove(request.Release, moved.DrainToImmutable(), tree, bases.DrainToImmutable());
    }

    /// <summary>Whether a tree has all of a patch: it applies the other way round, without fuzz.</summary>
    public static bool IsMerged(LoadedPatch patch, LayeredTree tree) =>
        Merged(patch.Plan.Entry.Reverse ? PatchReverser.Reverse(patch.Patch) : patch.Patch, tree) is not null;

    /// <summary>The patch as a person resolved it; null when nobody did, or what it was resolved on has changed since.</summary>
    private static MovedPatch? Decided(LoadedPatch loaded, LayeredTree tree, MoveRequest request)
    {
        if (request.Resolved.GetValueOrDefault(loaded.Name) is not { } decided)
        {
            return null;
        }

        var plain = new MovedPatch(loaded, new MoveResult.Skipped(), null, loaded.Bytes);
        return decided.Text is { } text ? MergePatch.WithText(plain, text, tree, "resolved by hand") : plain;
    }

    private static MovedPatch Move(LoadedPatch loaded, LayeredTree tree, ImmutableHashSet<PatchName> acceptFuzz)
    {
        var reverse = loaded.Plan.Entry.Reverse;
        var applied = reverse ? PatchReverser.Reverse(loaded.Patch) : loaded.Patch;
        var outcome = PatchApplier.Apply(applied, tree);
        if (loaded.Patch.Files.IsEmpty)
        {
            return new MovedPatch(loaded, new MoveResult.Empty(), outcome, loaded.Bytes);
        }

        if (!outcome.Applies || Unchanged(outcome, tree))
        {
            return Merged(applied, tree) is { } proof ? new MovedPatch(loaded, new MoveResult.AlreadyMerged(proof), outcome, loaded.Bytes)
                : outcome.Applies ? new MovedPatch(loaded, new MoveResult.Empty(), outcome, loaded.Bytes)
                : new MovedPatch(loaded, new MoveResult.Conflict(OnlyFuzz: false), outcome, loaded.Bytes);
        }

        if (outcome.Fuzz > 0)
        {
            return acceptFuzz.Contains(loaded.Name)
                ? new MovedPatch(loaded, new MoveResult.Modified("applied with fuzz that was accepted", Moved: true), outcome,
                    RefreshPatch.Run(loaded.Patch, reverse, tree, outcome.Tree ?? tree))
                : new MovedPatch(loaded, new MoveResult.Conflict(OnlyFuzz: true), outcome, loaded.Bytes);
        }

        MoveResult result = loaded.OnDisk is not { } onDisk ? new MoveResult.New()
            : onDisk.Span.SequenceEqual(loaded.Bytes.Span) ? new MoveResult.Unmodified()
            : new MoveResult.Modified("its sources changed");
        return new MovedPatch(loaded, result, outcome, loaded.Bytes);
    }

    /// <summary>An earlier conflict in a file that this one conflicts in, too.</summary>
    private static PatchName? Before(MovedPatch patch, IEnumerable<MovedPatch> moved)
    {
        var places = Places(patch);
        return moved.FirstOrDefault(other => other.Result is MoveResult.Conflict && places.Overlaps(Places(other)))?.Name;
    }

    private static HashSet<TreePath> Places(MovedPatch patch) =>
        [.. patch.Outcome?.Files.Where(file => !file.Applies || patch.Result is MoveResult.Conflict { OnlyFuzz: true }).Select(file => file.Path) ?? []];

    private static bool Unchanged(PatchOutcome outcome, LayeredTree before) =>
        outcome.Tree is { } after && outcome.Files.All(file => Same(before.Find(file.Path), after.Find(file.Path)));

    private static bool Same(TreeFile? one, TreeFile? two) =>
        one is null || two is null ? one is null && two is null : one.Mode == two.Mode && one.Content.Span.SequenceEqual(two.Content.Span);

    /// <summary>A patch is in the source when all of it can be taken out again; anything weaker is no proof.</summary>
    private static PatchOutcome? Merged(Patch applied, LayeredTree tree)
    {
        if (PatchReverser.Irreversible(applied) is not null)
        {
            return null;
        }

        var outcome = PatchApplier.Apply(PatchReverser.Reverse(applied), tree, maxFuzz: 0);
        return outcome.Proves && !Unchanged(outcome, tree) ? outcome : null;
    }
}
