using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>
/// Applies a patch to a tree, all of it or nothing. Every file and hunk gets an outcome even when an earlier
/// one conflicts, so that a person sees the whole damage at once.
/// </summary>
/// <remarks>
/// Files are taken in the patch's order, each seeing what the ones before it made; renames and copies read
/// the tree as it was before the patch, because git's patches do not depend on their order there.
/// </remarks>
public sealed class PatchApplier
{
    private readonly Patch _patch;
    private readonly ITree _start;
    private readonly int _maxFuzz;
    private readonly Dictionary<TreePath, TreeFile> _written = [];
    private readonly HashSet<TreePath> _removed = [];

    /// <summary>The folders of what is written, with how many files lie below each.</summary>
    private readonly Dictionary<TreePath, int> _folders = [];
    private readonly HashSet<TreePath> _leaving;

    private PatchApplier(Patch patch, ITree start, int maxFuzz)
    {
        _patch = patch;
        _start = start;
        _maxFuzz = maxFuzz;
        _leaving = [.. patch.Files.Select(file => file.Change).Select(change => change switch
        {
            FileChange.Delete delete => delete.Path,
            FileChange.Rename rename => rename.From,
            _ => (TreePath?)null,
        }).OfType<TreePath>()];
    }

    /// <param name="maxFuzz">How much fuzz is looked for (patch(1), -F); a caller that wants none checks <see cref="PatchOutcome.Fuzz"/>.</param>
    /// <exception cref="Failure">Refused, with file and line: a change through a link, or a link that leaves the tree.</exception>
    public static PatchOutcome Apply(Patch patch, ITree tree, int maxFuzz = 2)
    {
        var applier = new PatchApplier(patch, tree, maxFuzz);
        var outcomes = patch.Files.Select(applier.Apply).ToImmutableArray();
        return new PatchOutcome(patch, outcomes, outcomes.All(outcome => outcome.Applies) ? applier.Finish() : null);
    }

    private LayeredTree Finish()
    {
        var tree = _start as LayeredTree ?? new LayeredTree(_start);
        tree = _removed.Where(path => !_written.ContainsKey(path)).Order().Aggregate(tree, (made, path) => made.Without(path));
        return _written.OrderBy(file => file.Key).Aggregate(tree, (made, file) => made.With(file.Value));
    }

    private FileOutcome Apply(FileDiff diff)
    {
        RefuseThroughLink(diff.Change.Path, diff);
        switch (diff.Change)
        {
            case FileChange.Create:
                return Create(diff);
            case FileChange.Delete:
                return Delete(diff);
            case FileChange.Rename rename:
                RefuseThroughLink(rename.From, diff);
                return Move(diff, rename.From, keep: false);
            case FileChange.Copy copy:
                RefuseThroughLink(copy.From, diff);
                return Move(diff, copy.From, keep: true);
            default:
                return Edit(diff);
        }
    }

    private TreeFile? Find(TreePath path) =>
        _written.TryGetValue(path, out var file) ? file : _removed.Contains(path) ? null : _start.Find(path);

    private FileOutcome Create(FileDiff diff)
    {
        var path = diff.Change.Path;
        var made = new TreeFile(path, diff.NewMode ?? TreeMode.Regular, Line.Join(diff.Hunks.SelectMany(hunk => hunk.New)));
        if (Find(path) is { } there)
        {
            return there.Content.Span.SequenceEqual(made.Content.Span) && there.Mode == made.Mode
                ? new FileOutcome(diff, new FileState.AlreadyApplied(), [.. diff.Hunks.Select(hunk => new HunkOutcome.AlreadyApplied(hunk, 1))])
                : Whole(diff, ConflictReason.FileExists, "the file is there already");
        }

        if (InTheWay(path) is { } way)
        {
            return Whole(diff, ConflictReason.FileExists, way);
        }

        Write(made, diff);
        return new FileOutcome(diff, new FileState.Applied(), [.. diff.Hunks.Select(hunk => new HunkOutcome.Clean(hunk, 1))]);
    }

    private FileOutcome Delete(FileDiff diff)
    {
        var path = diff.Change.Path;
        if (Find(path) is not { } there)
        {
            return new FileOutcome(diff, new FileState.AlreadyApplied(), [.. diff.Hunks.Select(hunk => new HunkOutcome.AlreadyApplied(hunk, 1))]);
        }

        if (TypeProblem(diff, there) is { } problem)
        {
            return problem;
        }

        if (!there.Content.Span.SequenceEqual(Line.Join(diff.Hunks.SelectMany(hunk => hunk.Old))))
        {
            return Whole(diff, ConflictReason.ContentLeft, "the file to delete holds other lines than the patch says");
        }

        if (_written.Remove(path))
        {
            CountFolders(path, -1);
        }

        _removed.Add(path);
        return new FileOutcome(diff, new FileState.Applied(), [.. diff.Hunks.Select(hunk => new HunkOutcome.Clean(hunk, 1))], ModeAsSaid(diff, there));
    }

    private FileOutcome Edit(FileDiff diff)
    {
        var path = diff.Change.Path;
        if (Find(path) is { } there)
        {
            return Change(diff, there);
        }

        // A plain diff against an empty file does not say whether the file was there; both tools make it.
        return diff is { Hunks: [{ OldCount: 0, OldStart: 0 }], OldMode: null } && InTheWay(path) is null
            ? Create(diff)
            : Whole(diff, ConflictReason.FileMissing, "the file is not in the source");
    }

    private FileOutcome Move(FileDiff diff, TreePath from, bool keep)
    {
        var path = diff.Change.Path;
        if (_start.Find(from) is not { } source)
        {
            return Whole(diff, ConflictReason.FileMissing, $"the file '{from}' is not in the source");
        }

        if (_written.ContainsKey(path) || (_start.Find(path) is not null && !_leaving.Contains(path)))
        {
            return Whole(diff, ConflictReason.FileExists, "the file is there already");
        }

        if (InTheWay(path) is { } way)
        {
            return Whole(diff, ConflictReason.FileExists, way);
        }

        var outcome = Change(diff, source with { Path = path });
        if (outcome.Applies && !keep)
        {
            _removed.Add(from);
        }

        return outcome;
    }

    private FileOutcome Change(FileDiff diff, TreeFile there)
    {
        if (TypeProblem(diff, there) is { } problem)
        {
            return problem;
        }

        var placer = new HunkPlacer(there.Content, _maxFuzz);
        var hunks = diff.Hunks.Select(placer.Apply).ToImmutableArray();
        var outcome = new FileOutcome(diff, new FileState.Applied(), hunks, ModeAsSaid(diff, there));
        if (outcome.Applies)
        {
            var content = diff.Hunks.IsEmpty ? there.Content : placer.Finish();
            Write(new TreeFile(there.Path, diff.NewMode ?? there.Mode, content), diff);
        }

        return outcome;
    }

    private void Write(TreeFile file, FileDiff diff)
    {
        if (file.Mode == TreeMode.Link && LinkTarget.Complaint(file.Path, file.Content.Span) is { } why)
        {
            throw Failure.Refused($"the patch makes '{file.Path}' {why}", "a link in a source tree may only lead to another place inside it", diff.At);
        }

        if (!_written.ContainsKey(file.Path))
        {
            CountFolders(file.Path, 1);
        }

        _written[file.Path] = file;
    }

    private void CountFolders(TreePath path, int by)
    {
        foreach (var parent in path.Parents())
        {
            _folders[parent] = _folders.GetValueOrDefault(parent) + by;
        }
    }

    private void RefuseThroughLink(TreePath path, FileDiff diff)
    {
        foreach (var parent in path.Parents())
        {
            if (Find(parent) is { Mode: TreeMode.Link })
            {
                throw Failure.Refused($"the patch changes '{path}' through the link '{parent}'", "nothing is ever written through a link", diff.At);
            }
        }
    }

    private string? InTheWay(TreePath path)
    {
        foreach (var parent in path.Parents())
        {
            if (Find(parent) is not null)
            {
                return $"'{parent}' is a file, not a folder";
            }
        }

        return _start.IsFolder(path) || _folders.GetValueOrDefault(path) > 0
            ? "a folder of that name is there"
            : null;
    }

    private static FileOutcome? TypeProblem(FileDiff diff, TreeFile there)
    {
        // Without any mode a diff with hunks is one of a file's lines; one without hunks moves whatever is there.
        var saysLink = (diff.OldMode ?? diff.NewMode) is { } said ? said == TreeMode.Link : diff.Hunks.IsEmpty && there.Mode == TreeMode.Link;
        return saysLink == (there.Mode == TreeMode.Link) && (diff.NewMode ?? there.Mode) == TreeMode.Link == saysLink ? null
            : Whole(diff, ConflictReason.TypeDiffers, saysLink ? "the patch is for a link and this is a file" : "the patch is for a file and this is a link");
    }

    private static bool ModeAsSaid(FileDiff diff, TreeFile there) => diff.OldMode is null || diff.OldMode == there.Mode;

    private static FileOutcome Whole(FileDiff diff, ConflictReason why, string sentence) =>
        new(diff, new FileState.Conflict(why, sentence), [.. diff.Hunks.Select(hunk => new HunkOutcome.Conflict(hunk, hunk.OldStart, why, sentence))]);
}
