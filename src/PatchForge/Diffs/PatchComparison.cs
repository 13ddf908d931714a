using System.Collections.Immutable;
using System.Text;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>A line of one patch beside the other's.</summary>
/// <param name="Kind">Context: both have it. Removed: the first alone. Added: the second alone.</param>
public sealed record ComparedLine(LineKind Kind, string Text);

/// <summary>Two lines side by side; null where a side has none.</summary>
/// <param name="Same">Whether they are the same.</param>
public sealed record LinePair(string? Left, string? Right, bool Same);

/// <summary>What differs of one part of two patches: the header, or one file's diff.</summary>
/// <param name="Of">The file; null for the header.</param>
/// <param name="Was">The file's name in the first patch, where it is another one.</param>
public sealed record ComparedPart(TreePath? Of, TreePath? Was, ImmutableArray<ComparedLine> Lines, ImmutableArray<LinePair> Pairs);

/// <summary>How two patches differ.</summary>
public sealed record PatchDifference(bool SameBytes, ImmutableArray<ComparedPart> Parts)
{
    /// <summary>Whether they do the same, apart from the lines at which they do it and what tools write around it.</summary>
    public bool SameContent => Parts.IsEmpty;

    public bool OnlyHeader => Parts is [{ Of: null }];
}

/// <summary>
/// Compares two patches as git range-diff does, diff against diff, file by file: no source is needed. What does not
/// change a patch's meaning is left out on both sides: line numbers, function names behind <c>@@</c>, index lines, time
/// stamps, trailers of mail. Renames, copies and modes are lines of their own and are compared.
/// </summary>
public static class PatchComparison
{
    public static PatchDifference Of(Patch before, Patch after)
    {
        if (before.ToBytes().AsSpan().SequenceEqual(after.ToBytes()))
        {
            return new PatchDifference(true, []);
        }

        var parts = new List<ComparedPart?> { Part(null, null, Header(before), Header(after)) };
        var (old, made) = (ByPath(before), ByPath(after));

        // A file of the first that the second does not have, and the other way round, with the same lines: renamed.
        var gone = old.Keys.Where(path => !made.ContainsKey(path)).ToList();
        foreach (var path in old.Keys.Union(made.Keys).Order())
        {
            var was = !old.ContainsKey(path) ? gone.Find(other => Hunks(old[other]).SequenceEqual(Hunks(made[path])) && Hunks(made[path]).Any()) : default;
            if (was != default)
            {
                gone.Remove(was);
                parts.RemoveAll(part => part?.Of == was);
                parts.Add(Part(path, was, Text(old[was]), Text(made[path])));
            }
            else if (made.ContainsKey(path) || gone.Contains(path))
            {
                parts.Add(Part(path, null, old.TryGetValue(path, out var one) ? Text(one) : [], made.TryGetValue(path, out var two) ? Text(two) : []));
            }
        }

        return new PatchDifference(false, [.. parts.OfType<ComparedPart>()]);
    }

    /// <summary>How alike two patches are, 0 to 1: the share of lines that both change. For finding a patch that has another name now.</summary>
    public static double Likeness(Patch one, Patch other)
    {
        var (first, second) = (Changed(one).ToHashSet(), Changed(other).ToHashSet());
        var all = first.Union(second).Count();
        return all == 0 ? 0 : (double)first.Intersect(second).Count() / all;

        static IEnumerable<(TreePath, LineKind, string)> Changed(Patch patch) => patch.Files.SelectMany(file =>
            file.Hunks.SelectMany(hunk => hunk.Lines).Where(line => line.Kind != LineKind.Context).Select(line => (file.Change.Path, line.Kind, Shown(line.Text))));
    }

    private static Dictionary<TreePath, ImmutableArray<FileDiff>> ByPath(Patch patch) =>
        patch.Files.GroupBy(file => file.Change.Path).ToDictionary(group => group.Key, group => group.ToImmutableArray());

    private static List<string> Header(Patch patch) => [.. patch.Header.Select(Shown).Reverse().SkipWhile(line => line.Length == 0).Reverse()];

    private static List<string> Text(ImmutableArray<FileDiff> files) => [.. files.SelectMany(file => Lead(file).Concat(Hunks([file])))];

    private static IEnumerable<string> Lead(FileDiff file)
    {
        switch (file.Change)
        {
            case FileChange.Create:
                yield return $"new file mode {Octal(file.NewMode ?? TreeMode.Regular)}";
                break;
            case FileChange.Delete:
                yield return "deleted file";
                break;
            case FileChange.Rename rename:
                yield return $"rename from {rename.From}";
                break;
            case FileChange.Copy copy:
                yield return $"copy from {copy.From}";
                break;
            default:
                break;
        }

        if (file.Change is not (FileChange.Create or FileChange.Delete) && file is { OldMode: { } old, NewMode: { } now } && old != now)
        {
            yield return $"mode {Octal(old)} becomes {Octal(now)}";
        }
    }

    private static IEnumerable<string> Hunks(ImmutableArray<FileDiff> files)
    {
        foreach (var hunk in files.SelectMany(file => file.Hunks))
        {
            yield return "@@";
            foreach (var line in hunk.Lines)
            {
                yield return (line.Kind switch { LineKind.Context => ' ', LineKind.Removed => '-', _ => '+' }) + Shown(line.Text) + (line.Text.HasLineFeed ? "" : " (no line feed)");
            }
        }
    }

    private static string Octal(TreeMode mode) => Convert.ToString((int)mode, 8);

    private static string Shown(Line line) =>
        string.Concat(Encoding.UTF8.GetString(line.Body.Span).Select(c => c != '\t' && char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));

    private static ComparedPart? Part(TreePath? of, TreePath? was, List<string> before, List<string> after)
    {
        if (was is null && before.SequenceEqual(after))
        {
            return null;
        }

        var (old, made) = (string.Join('\n', before), string.Join('\n', after));
        var inline = InlineDiffBuilder.Diff(old, made, ignoreWhiteSpace: false);
        var sides = SideBySideDiffBuilder.Diff(old, made, ignoreWhiteSpace: false);
        return new ComparedPart(
            of,
            was,
            before.Count == 0 ? [.. after.Select(line => new ComparedLine(LineKind.Added, line))]
            : after.Count == 0 ? [.. before.Select(line => new ComparedLine(LineKind.Removed, line))]
            : [.. inline.Lines.Select(line => new ComparedLine(line.Type switch { ChangeType.Inserted => LineKind.Added, ChangeType.Deleted => LineKind.Removed, _ => LineKind.Context }, line.Text))],
            [.. sides.OldText.Lines.Zip(sides.NewText.Lines).Select(pair => new LinePair(
                pair.First.Type == ChangeType.Imaginary ? null : pair.First.Text,
                pair.Second.Type == ChangeType.Imaginary ? null : pair.Second.Text,
                pair.First.Type == ChangeType.Unchanged && pair.Second.Type == ChangeType.Unchanged))]);
    }
}
