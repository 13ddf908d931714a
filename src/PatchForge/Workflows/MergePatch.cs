using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>What a person decided about a patch on a release.</summary>
/// <param name="Text">The patch as it shall be there; null to leave it out there.</param>
public sealed record Resolution(ReadOnlyMemory<byte>? Text);

/// <summary>A text that a patch got on another release in the same run.</summary>
public sealed record OtherText(string Release, ReadOnlyMemory<byte> Text);

/// <summary>A patch that was merged, or has to be by a person.</summary>
/// <param name="Ancestor">The release that was the ancestor; null when none is at hand, and only likeness places the hunks.</param>
public sealed record MovedMerge(PatchMerge Merge, string? Ancestor, MergeLabels Labels);

/// <summary>Moves a patch that does not apply: by the text that it got elsewhere in this run, or by a three-way merge.</summary>
internal static class MergePatch
{
    /// <param name="conflict">What became of it as it is.</param>
    public static MovedPatch Run(MovedPatch conflict, LayeredTree tree, MoveRequest request, CancellationToken cancel)
    {
        var loaded = conflict.Loaded;
        if (loaded.Plan.Generated)
        {
            return conflict; // it makes files of ours: what is in their way is mended in our sources
        }

        foreach (var other in request.OtherTexts.GetValueOrDefault(loaded.Name, []))
        {
            if (WithText(conflict, other.Text, tree, $"as on {other.Release}") is { } fitting)
            {
                return fitting;
            }
        }

        return request.Ancestors is { } ancestors && conflict.Outcome is { } outcome ? Merge(conflict, outcome, ancestors, tree, request.Release, cancel) : conflict;
    }

    /// <summary>The patch with another text; null when that does not apply either, without fuzz.</summary>
    public static MovedPatch? WithText(MovedPatch moved, ReadOnlyMemory<byte> text, LayeredTree tree, string why)
    {
        var (entry, name) = (moved.Loaded.Plan.Entry, moved.Loaded.Patch.Name);
        var patch = Patch.Parse(text, name, entry.Strip);
        var outcome = PatchApplier.Apply(entry.Reverse ? PatchReverser.Reverse(patch) : patch, tree, maxFuzz: 0);
        return outcome.Applies ? moved with { Result = new MoveResult.Modified(why, Moved: true), Outcome = outcome, Text = text } : null;
    }

    private static MovedPatch Merge(MovedPatch conflict, PatchOutcome outcome, Ancestors ancestors, LayeredTree tree, string release, CancellationToken cancel)
    {
        var loaded = conflict.Loaded;
        var ancestor = ancestors.Find(loaded, release, cancel);
        var labels = new MergeLabels(release, ancestor is null ? "what the patch expects" : $"{ancestor.Release}, on which the patch was made", loaded.Name.Text);
        if (ancestor is null || PatchMerger.Merge(outcome.Patch, ancestor.Tree, tree, labels) is not { } merge)
        {
            return conflict with { Merge = new MovedMerge(HunkConflicts.Of(outcome, tree, labels), null, labels) };
        }

        var merged = conflict with { Merge = new MovedMerge(merge, ancestor.Release, labels) };
        if (!merge.IsClean || Paths(outcome.Patch, merge).All(path => Same(tree.Find(path), merge.Tree.Find(path))))
        {
            return merged; // also where nothing is left of it: that is no proof that upstream has all of it
        }

        var text = RefreshPatch.Run(loaded.Patch, loaded.Plan.Entry.Reverse, tree, merge.Tree, merge.Files.Select(file => file.Path));
        return WithText(merged, text, tree, $"merged with what changed since {ancestor.Release}") ?? throw new InvalidOperationException($"The merged text of {loaded.Name} does not apply.");
    }

    private static IEnumerable<TreePath> Paths(Patch patch, PatchMerge merge) =>
        patch.Files.Select(file => file.Change.Path)
            .Concat(patch.Files.Select(file => file.Change).OfType<FileChange.Rename>().Select(rename => rename.From))
            .Concat(merge.Files.Select(file => file.Path));

    private static bool Same(TreeFile? one, TreeFile? two) =>
        one is null || two is null ? one is null && two is null : one.Mode == two.Mode && one.Content.Span.SequenceEqual(two.Content.Span);
}
