using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace PatchForge.Diffs;

/// <summary>A piece of a line, and whether the other side has another one there.</summary>
public sealed record SidePiece(string Text, bool Changed);

/// <summary>A line of each side; one that has no counterpart is alone, with the other's number null and its pieces empty.</summary>
/// <param name="LeftNumber">Its line in the file, from 1.</param>
public sealed record SideRow(int? LeftNumber, ImmutableArray<SidePiece> Left, int? RightNumber, ImmutableArray<SidePiece> Right)
{
    public bool Same => LeftNumber is not null && RightNumber is not null && !Left.Concat(Right).Any(piece => piece.Changed);
}

/// <summary>Two runs of lines beside each other, for people: what belongs together in a row, and within a row what differs.</summary>
public static class SideBySide
{
    /// <param name="leftStart">The first left line's number, from 0.</param>
    public static ImmutableArray<SideRow> Rows(ImmutableArray<Line> left, int leftStart, ImmutableArray<Line> right, int rightStart)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return
            [
                .. left.Select((line, index) => new SideRow(leftStart + index + 1, Whole(line), null, [])),
                .. right.Select((line, index) => new SideRow(null, [], rightStart + index + 1, Whole(line))),
            ];
        }

        var model = SideBySideDiffBuilder.Diff(Text(left), Text(right), ignoreWhiteSpace: false);
        return
        [
            .. model.OldText.Lines.Zip(model.NewText.Lines, (one, other) => new SideRow(
                one.Position is { } old ? leftStart + old : null, Pieces(one),
                other.Position is { } now ? rightStart + now : null, Pieces(other))),
        ];
    }

    private static ImmutableArray<SidePiece> Whole(Line line) => [new SidePiece(Shown(line), true)];

    private static ImmutableArray<SidePiece> Pieces(DiffPiece line) => line.Type switch
    {
        ChangeType.Imaginary => [],
        ChangeType.Unchanged => [new SidePiece(line.Text ?? "", false)],
        ChangeType.Modified => Joined(line.SubPieces.Where(piece => piece.Type != ChangeType.Imaginary)),
        _ => [new SidePiece(line.Text ?? "", true)],
    };

    private static ImmutableArray<SidePiece> Joined(IEnumerable<DiffPiece> pieces)
    {
        var joined = new List<SidePiece>();
        foreach (var piece in pieces)
        {
            var changed = piece.Type != ChangeType.Unchanged;
            if (joined.Count > 0 && joined[^1].Changed == changed)
            {
                joined[^1] = joined[^1] with { Text = joined[^1].Text + piece.Text };
            }
            else
            {
                joined.Add(new SidePiece(piece.Text ?? "", changed));
            }
        }

        return [.. joined];
    }

    private static string Text(ImmutableArray<Line> lines) => string.Join('\n', lines.Select(Shown));

    /// <summary>As text that cannot break a row: a carriage return and a missing line feed are differences that have to be seen.</summary>
    private static string Shown(Line line)
    {
        var text = new StringBuilder();
        foreach (var c in Encoding.UTF8.GetString(line.Body.Span))
        {
            _ = c == '\t' ? text.Append("    ") : char.IsControl(c) ? text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}") : text.Append(c);
        }

        return text.Append(line.HasLineFeed ? "" : " (no line feed)").ToString();
    }
}
