using System.Collections.Immutable;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>One file of a three-way merge that had to be merged.</summary>
/// <param name="Path">Where it is in the tree that the patch is moved to.</param>
/// <param name="Result">What it becomes; null where it goes away, or where a conflict has no lines to show (a link, binary content).</param>
/// <param name="Merge">Its lines; null where it is taken or left as a whole.</param>
/// <param name="Conflict">Why a person has to decide; null when nobody has to.</param>
/// <param name="Note">What else a person should know: that upstream renamed the file.</param>
public sealed record MergedFile(TreePath Path, TreeFile? Result, LineMerge? Merge, string? Conflict, string? Note = null);

/// <summary>A patch moved to another tree by merging.</summary>
/// <param name="Tree">The tree with every file that merged, and with conflicts between markers in the others.</param>
public sealed record PatchMerge(ImmutableArray<MergedFile> Files, LayeredTree Tree)
{
    public bool IsClean => Files.All(file => file.Conflict is null);
}

/// <summary>
/// Moves a patch by a three-way merge, file by file: the tree it was made on is the ancestor, that tree patched is
/// one side and the tree that it has to go to is the other. Content, mode and presence of a file are merged alike:
/// what one side alone changed is taken. A file that upstream renamed is merged under its new name.
/// </summary>
public sealed class PatchMerger
{
    // Of a renamed file at least so much is the same, in hundredths of its lines (git-merge(1), find-renames).
    private const int RenameLikeness = 50;
    private readonly ITree _ancestor;
    private readonly LayeredTree _ours;
    private readonly MergeLabels _labels;
    private readonly List<MergedFile> _merged = [];
    private LayeredTree _tree;

    private PatchMerger(ITree ancestor, LayeredTree ours, MergeLabels labels) => (_ancestor, _ours, _labels, _tree) = (ancestor, ours, labels, ours);

    /// <param name="patch">Applies to <paramref name="ancestor"/> without fuzz.</param>
    /// <returns>Null when it does not apply there: there is no third side then.</returns>
    public static PatchMerge? Merge(Patch patch, ITree ancestor, LayeredTree ours, MergeLabels labels)
    {
        var outcome = PatchApplier.Apply(patch, ancestor, maxFuzz: 0);
        if (outcome.Tree is not { } theirs)
        {
            return null;
        }

        var merger = new PatchMerger(ancestor, ours, labels);
        foreach (var file in patch.Files)
        {
            merger.File(file.Change, theirs);
        }

        return new PatchMerge([.. merger._merged], merger._tree);
    }

    private void File(FileChange change, LayeredTree theirs)
    {
        switch (change)
        {
            case FileChange.Rename rename:
                Moved(rename.From, rename.Path, theirs);
                break;
            case FileChange.Copy copy:
                // The copy's ancestor is its source: what upstream changed there belongs into the copy.
                One(copy.Path, _ancestor.Find(copy.From), _ours.Find(copy.Path) ?? _ours.Find(copy.From), theirs.Find(copy.Path), isMade: true);
                break;
            default:
                Plain(change.Path, theirs);
                break;
        }
    }

    private void Plain(TreePath path, LayeredTree theirs)
    {
        var (was, now, wanted) = (_ancestor.Find(path), _ours.Find(path), theirs.Find(path));
        if (was is not null && now is null && wanted is not null && UpstreamRenamed(was) is { } renamed)
        {
            One(renamed.Path, was, renamed, wanted with { Path = renamed.Path }, isMade: false, $"upstream renamed {path} to {renamed.Path}");
            return;
        }

        One(path, was, now, wanted, isMade: was is null);
    }

    private void Moved(TreePath from, TreePath to, LayeredTree theirs)
    {
        var (was, source, wanted) = (_ancestor.Find(from), _ours.Find(from), theirs.Find(to));
        if (_ours.Find(to) is { } there && wanted is not null)
        {
            // Both have a file of the new name.
            if (source is null)
            {
                One(to, was, there, wanted, isMade: false); // upstream renamed it alike
                return;
            }

            Conflicting(to, null, there, wanted, $"the patch renames {from} to this name, and upstream has a file of it");
            return;
        }

        if (source is null)
        {
            Conflicting(to, was, null, wanted, $"the patch renames {from}, which upstream does not have any more");
            return;
        }

        One(to, was, source with { Path = to }, wanted, isMade: true);
        _tree = _tree.Without(from);
    }

    /// <param name="isMade">Whether the patch makes a file of this name, so that the tree gets it even where nothing of it changed.</param>
    private void One(TreePath path, TreeFile? was, TreeFile? now, TreeFile? wanted, bool isMade, string? note = null)
    {
        if (Same(now, wanted) || Same(was, wanted))
        {
            Settle(path, Same(was, wanted) ? now : wanted, isMade, note);
        }
        else if (Same(was, now))
        {
            Settle(path, wanted, isMade: true, note);
        }
        else if (now is null || wanted is null)
        {
            Conflicting(path, was, now, wanted, now is null
                ? "upstream removed the file that the patch changes"
                : "upstream changed the file that the patch removes");
        }
        else if (HasNoLines(now) || HasNoLines(wanted) || (was is not null && HasNoLines(was)))
        {
            Conflicting(path, was, now, wanted, now.Mode == TreeMode.Link || wanted.Mode == TreeMode.Link
                ? "a link on one side at least, and both sides changed it"
                : "binary content, and both sides changed it");
        }
        else
        {
            Lines(path, was, now, wanted, note);
        }
    }

    private void Lines(TreePath path, TreeFile? was, TreeFile now, TreeFile wanted, string? note)
    {
        var lines = ThreeWay.Merge(was?.Content ?? default, now.Content, wanted.Content);
        var result = new TreeFile(path, was is null || now.Mode != was.Mode ? now.Mode : wanted.Mode, lines.ToBytes(_labels));
        var why = was is null ? "upstream has a file of the name that the patch makes" : "both sides changed the same lines";
        _merged.Add(new MergedFile(path, result, lines, lines.IsClean ? null : why, note));
        _tree = _tree.With(result);
    }

    private void Settle(TreePath path, TreeFile? result, bool isMade, string? note)
    {
        if (result is null)
        {
            _tree = _tree.Without(path);
        }
        else if (isMade)
        {
            _tree = _tree.With(result with { Path = path });
        }

        if (note is not null)
        {
            _merged.Add(new MergedFile(path, result, null, null, note));
        }
    }

    /// <summary>A conflict of whole files: as lines with the missing side empty, and without lines where there are none.</summary>
    private void Conflicting(TreePath path, TreeFile? was, TreeFile? now, TreeFile? wanted, string why)
    {
        if (new[] { was, now, wanted }.Any(file => file is not null && HasNoLines(file)))
        {
            _merged.Add(new MergedFile(path, null, null, why));
            return; // the tree keeps what upstream has
        }

        var lines = Whole(was, now, wanted);
        var result = new TreeFile(path, now?.Mode ?? wanted?.Mode ?? TreeMode.Regular, lines.ToBytes(_labels));
        _merged.Add(new MergedFile(path, result, lines, why));
        _tree = _tree.With(result);
    }

    /// <summary>A side that has no file removed every line; that is a decision about all of them, also where the other side changed few.</summary>
    private static LineMerge Whole(TreeFile? was, TreeFile? now, TreeFile? wanted) => new(
    [
        new MergeChunk.Conflict(0, Line.Split(was?.Content ?? default), 0, Line.Split(now?.Content ?? default), 0, Line.Split(wanted?.Content ?? default)),
    ]);

    /// <summary>The one file that is new in the tree and looks most like this one; null when none is like enough.</summary>
    private TreeFile? UpstreamRenamed(TreeFile was)
    {
        if (HasNoLines(was))
        {
            return null;
        }

        var lines = Line.Split(was.Content).ToHashSet();
        var known = _ancestor.Paths().ToHashSet();
        return _ours.Paths()
            .Where(path => !known.Contains(path))
            .Select(path => _ours.Find(path))
            .OfType<TreeFile>()
            .Where(file => !HasNoLines(file))
            .Select(file => (File: file, Likeness: Likeness(lines, was, file)))
            .Where(one => one.Likeness >= RenameLikeness)
            .OrderByDescending(one => one.Likeness)
            .ThenByDescending(one => one.File.Path.Name == was.Path.Name)
            .ThenBy(one => one.File.Path)
            .FirstOrDefault().File;
    }

    private static int Likeness(HashSet<Line> lines, TreeFile was, TreeFile file)
    {
        // A file of another size by far is not looked into.
        var (shorter, longer) = (Math.Min(was.Content.Length, file.Content.Length), Math.Max(was.Content.Length, file.Content.Length));
        return shorter * 2 < longer ? 0 : Line.Split(file.Content) is { Length: > 0 } found ? found.Count(lines.Contains) * 100 / found.Length : 0;
    }

    private static bool HasNoLines(TreeFile file) => file.Mode == TreeMode.Link || file.Content.Span.Contains((byte)0);

    private static bool Same(TreeFile? one, TreeFile? two) =>
        one is null || two is null ? one is null && two is null : one.Mode == two.Mode && one.Content.Span.SequenceEqual(two.Content.Span);
}
