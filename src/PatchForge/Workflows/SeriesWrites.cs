using System.Collections.Immutable;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;
using FileChange = PatchForge.Landing.FileChange;

namespace PatchForge.Workflows;

/// <param name="Texts">Every patch file that gets another text, by its path.</param>
/// <param name="Moved">Whether any of them is made for a release, not from our sources.</param>
internal sealed record SeriesChanges(
    ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Texts, ImmutableArray<PatchBase> Bases, ImmutableArray<FileChange> Changes, bool Moved, ImmutableArray<string> Notes)
{
    public static SeriesChanges None(LoadedSeries series) =>
        new(ImmutableSortedDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal), series.Bases, [], false, []);
}

/// <summary>
/// What moving a line's series over releases says its files shall be (docs/adr/0020). A patch that got another text on a
/// release gets it for the whole line where every other release of the line can be shown to become the same by it;
/// where that cannot be shown the release gets a patch of its own, and nobody else's changes.
/// </summary>
internal sealed class SeriesWrites
{
    private readonly LineSettings _line;
    private readonly LoadedSeries _series;
    private readonly ImmutableArray<SeriesMove> _moves;
    private readonly ImmutableArray<SeriesMove> _others;
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>> _texts = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];
    private bool _moved;

    private SeriesWrites(LineSettings line, LoadedSeries series, ImmutableArray<SeriesMove> moves, ImmutableArray<SeriesMove> others) =>
        (_line, _series, _moves, _others) = (line, series, moves, others);

    /// <summary>Whether the moves have a text that is made for a release, so that the line's other releases have to be looked at.</summary>
    public static bool AsksOthers(IEnumerable<SeriesMove> moves) =>
        moves.Any(move => move.Patches.Any(patch => patch.Result is MoveResult.Modified { Moved: true } or MoveResult.AlreadyMerged));

    /// <param name="moves">Of the releases that are written now, none of them stopped.</param>
    /// <param name="others">Of the line's other releases, as far as they are at hand.</param>
    public static SeriesChanges Of(LineSettings line, LoadedSeries series, ImmutableArray<SeriesMove> moves, ImmutableArray<SeriesMove> others) =>
        new SeriesWrites(line, series, moves, others).Run();

    private SeriesChanges Run()
    {
        foreach (var patch in _series.Patches)
        {
            var moved = _moves.Select(move => (move.Release, Patch: move.Patches.First(one => one.Name == patch.Name))).ToImmutableArray();
            if (moved.Select(one => one.Patch).FirstOrDefault(one => one.Result is MoveResult.New or MoveResult.Modified { Moved: false }) is { } made)
            {
                Write(made.Loaded.File, made.Text);
            }

            Place(patch, [.. moved.Where(one => one.Patch.Result is MoveResult.Modified { Moved: true })]);
            foreach (var (release, one) in moved)
            {
                if (one.Result is MoveResult.Skipped)
                {
                    LeaveOut(release, one, $"Left out of {release} by a person (refresh --skip).", "was left out of it");
                }
                else if (one.Result is MoveResult.AlreadyMerged && !MergedEverywhere(patch.Name))
                {
                    LeaveOut(release, one, $"Applied-Upstream: {release}, all of it, so that {release} does without this patch.", "is in it already (it applies the other way round)");
                }
            }
        }

        return Finish();
    }

    /// <summary>Each new text goes to the line's file, or to files of the releases' own.</summary>
    private void Place(LoadedPatch patch, ImmutableArray<(string Release, MovedPatch Patch)> changed)
    {
        var forAll = changed.Where(one => one.Patch.Loaded.Shared is null)
            .Select(one => (ReadOnlyMemory<byte>?)one.Patch.Text)
            .FirstOrDefault(text => text is { } some && IsRightForAll(patch, some));
        foreach (var (release, one) in changed)
        {
            _moved = true;
            var why = ((MoveResult.Modified)one.Result).Why;
            if (one.Loaded.Shared is null && forAll is { } text)
            {
                Write(patch.File, text);
                _notes.Add($"{release}: {patch.File}: {why}");
            }
            else
            {
                var file = one.Loaded.Shared is null ? $"{_series.Folder}/{release}/{patch.Name}" : one.Loaded.File;
                Write(file, one.Text);
                _notes.Add($"{release}: {file}: {why}" + (one.Loaded.Shared is null ? "; a patch of its own, since other releases need the line's" : ""));
            }
        }
    }

    /// <summary>Whether every release that takes the line's patch becomes with this text what it becomes now.</summary>
    private bool IsRightForAll(LoadedPatch patch, ReadOnlyMemory<byte> text)
    {
        var known = _moves.Concat(_others).ToImmutableArray();
        if (_line.Carried.Any(release => known.All(move => move.Release != release.Version) && !HasOwn(release.Version, patch.Name)))
        {
            return false; // one that users get and nobody can look at here
        }

        var parsed = Patch.Parse(text, patch.File, patch.Plan.Entry.Strip);
        var applied = patch.Plan.Entry.Reverse ? PatchReverser.Reverse(parsed) : parsed;
        return known.All(move => move.Patches.First(one => one.Name == patch.Name) is var one
            && (one.Loaded.Shared is not null || one.Result is MoveResult.Skipped or MoveResult.Conflict // what it is now is no program of theirs
                || (one is { Before: { } before, Outcome.Tree: { } wanted, Result: MoveResult.Unmodified or MoveResult.Modified }
                && PatchApplier.Apply(applied, before, maxFuzz: 0).Tree is { } made && SameChanges(made, wanted))));
    }

    private static bool SameChanges(LayeredTree one, LayeredTree other) =>
        one.Changes.Keys.Union(other.Changes.Keys).All(path => one.Find(path) is var left && other.Find(path) is var right
            && (left is null || right is null ? left is null && right is null : left.Mode == right.Mode && left.Content.Span.SequenceEqual(right.Content.Span)));

    private bool MergedEverywhere(PatchName name) =>
        _line.Releases.All(release => _moves.Concat(_others).FirstOrDefault(move => move.Release == release.Version) is { } move
            && move.Patches.First(one => one.Name == name) is { Result: MoveResult.AlreadyMerged } or { Loaded.Shared: not null, Loaded.Patch.Files.IsEmpty: true });

    private bool HasOwn(string release, PatchName name) => _series.Own.TryGetValue(release, out var own) && own.ContainsKey(name);

    private void LeaveOut(string release, MovedPatch patch, string because, string why)
    {
        _moved = true;
        var file = $"{_series.Folder}/{release}/{patch.Name}";
        Write(file, HeaderAlone(patch.Loaded.Patch, because));
        _notes.Add($"{release}: {patch.Name} {why}; {file} says so, and without that file it is applied again");
    }

    /// <summary>The header stays, so that who reads the file knows what was left out; its last paragraph says why.</summary>
    private static byte[] HeaderAlone(Patch patch, string because)
    {
        var header = Encoding.UTF8.GetString(Line.Join(patch.Header)).TrimEnd();
        return Encoding.UTF8.GetBytes(header + (header.Length > 0 ? "\n\n" : "") + because + "\n");
    }

    private void Write(string file, ReadOnlyMemory<byte> text)
    {
        if (_series.Files.FirstOrDefault(patch => patch.File == file)?.OnDisk is not { } now || !now.Span.SequenceEqual(text.Span))
        {
            _texts[file] = text;
        }
    }

    private SeriesChanges Finish()
    {
        var texts = _texts.ToImmutableSortedDictionary(StringComparer.Ordinal);
        var bases = Bases(texts);
        var changes = texts.Select(text => FileChange.Write(TreePath.Parse(text.Key), text.Value)).ToList();
        var written = BasesFile.ToBytes(bases);
        if (!written.AsSpan().SequenceEqual(BasesFile.ToBytes(_series.Bases)))
        {
            changes.Add(FileChange.Write(TreePath.Parse($"{_series.Folder}/{BasesFile.FileName}"), written));
        }

        return new SeriesChanges(texts, bases, [.. changes], _moved, [.. _notes.Order(StringComparer.Ordinal)]);
    }

    /// <summary>A record for each text that is on disk afterwards, in the series' order; the one that was there before a new one.</summary>
    private ImmutableArray<PatchBase> Bases(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> texts)
    {
        var kept = _series.Files.Where(patch => !texts.ContainsKey(patch.File)).Select(patch => (patch.Name, Id: BlobId.Of((patch.OnDisk ?? patch.Bytes).Span)))
            .Concat(texts.Select(text => (Name: PatchName.Parse(text.Key[(text.Key.LastIndexOf('/') + 1)..]), Id: BlobId.Of(text.Value.Span))))
            .ToHashSet();
        var order = _series.Patches.Select((patch, index) => (patch.Name, index)).ToDictionary(one => one.Name, one => one.index);
        return
        [
            .. _series.Bases.Concat(_moves.SelectMany(move => move.Bases))
                .Where(record => kept.Contains((record.Name, record.Text)))
                .DistinctBy(record => (record.Name, record.Text))
                .OrderBy(record => order.GetValueOrDefault(record.Name, int.MaxValue)),
        ];
    }
}
