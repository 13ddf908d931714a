using System.Collections.Immutable;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>Where a refresh waits.</summary>
/// <param name="Tree">The work tree's folder.</param>
/// <param name="Next">What to do, line by line.</param>
public sealed record SessionFacts(string Release, string Patch, string Tree, ImmutableArray<string> Next)
{
    public static SessionFacts Of(ConflictSession session, SessionState state) =>
        new(state.Release, state.Patch.Text, session.TreeFolder(state), [.. session.HowToGoOn(state).Split('\n')]);
}

/// <summary>A file in which a patch conflicts.</summary>
/// <param name="Why">A sentence.</param>
/// <param name="Note">What else is to be known, such as a new name; null for nothing.</param>
/// <param name="Blocks">The conflicts in it; empty where there are no lines to show.</param>
public sealed record ConflictFacts(string File, string Why, string? Note, string Ours, string Base, string Theirs, ImmutableArray<ConflictBlock> Blocks);

/// <summary>Both sides of one conflict, and what both were made of; lines without their line feeds.</summary>
/// <param name="Line">The block's first line in the release's file, from 1.</param>
/// <param name="Rows">The two sides beside each other.</param>
public sealed record ConflictBlock(int Line, ImmutableArray<string> Ours, ImmutableArray<string> Base, ImmutableArray<string> Theirs, ImmutableArray<ShownRow> Rows);

/// <summary>A line of each side; a number is null where that side has none.</summary>
public sealed record ShownRow(int? LeftLine, ImmutableArray<ShownPiece> Left, int? RightLine, ImmutableArray<ShownPiece> Right);

/// <param name="Changed">Whether the other side has something else in its place.</param>
public sealed record ShownPiece(string Text, bool Changed);

/// <summary>A conflict as the plain facts that reports show.</summary>
internal static class ConflictReport
{
    private const string Guessed = "no release at hand is known to be what the patch was made on, so nothing was merged and its place is a guess; patchforge fetch gets more releases";

    // Lines around a conflict, from both sides alike.
    private const int Context = 3;

    public static ImmutableArray<ConflictFacts> Of(MovedPatch stopped) => stopped.Merge is not { } moved ? [] :
    [
        .. moved.Merge.Files.Where(file => file.Conflict is not null).Select(file => new ConflictFacts(
            file.Path.Text, file.Conflict ?? "", file.Note ?? (moved.Ancestor is null ? Guessed : null), moved.Labels.Ours, moved.Labels.Base, moved.Labels.Theirs,
            file.Merge is { } merge ? [.. merge.Conflicts.Select(block => Block(block, stopped.Before?.Find(file.Path)))] : [])),
    ];

    private static ConflictBlock Block(MergeChunk.Conflict block, TreeFile? upstream)
    {
        var file = Line.Split(upstream?.Content ?? default);
        var from = Math.Clamp(block.OursStart - Context, 0, file.Length);
        var before = file[from..Math.Clamp(block.OursStart, from, file.Length)];
        var end = Math.Clamp(block.OursStart + block.Ours.Length, 0, file.Length);
        var after = file[end..Math.Min(file.Length, end + Context)];
        return new ConflictBlock(
            block.OursStart + 1, Texts(block.Ours), Texts(block.Base), Texts(block.Theirs),
            [
                .. SideBySide.Rows([.. before, .. block.Ours, .. after], from, [.. before, .. block.Theirs, .. after], Math.Max(0, block.TheirsStart - before.Length))
                    .Select(row => new ShownRow(row.LeftNumber, Pieces(row.Left), row.RightNumber, Pieces(row.Right))),
            ]);
    }

    private static ImmutableArray<ShownPiece> Pieces(ImmutableArray<SidePiece> pieces) => [.. pieces.Select(piece => new ShownPiece(piece.Text, piece.Changed))];

    private static ImmutableArray<string> Texts(ImmutableArray<Line> lines) => [.. lines.Select(line => Encoding.UTF8.GetString(line.Body.Span))];
}
