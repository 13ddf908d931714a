using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Diffs;

/// <summary>Reads one file of a diff with git's extended header (git-diff(1), "Generating patch text with -p").</summary>
internal sealed class GitFileParser(PatchLines lines, int strip)
{
    private readonly record struct Name(string Raw, FileLocation At);

    private TreeMode? _oldMode;
    private TreeMode? _newMode;
    private bool _creates;
    private bool _deletes;
    private Name? _renameFrom;
    private Name? _renameTo;
    private Name? _copyFrom;
    private Name? _copyTo;
    private (DiffName.Label Label, FileLocation At)? _oldLabel;
    private (DiffName.Label Label, FileLocation At)? _newLabel;

    /// <summary>
    /// Whether a <c>diff --git</c> line begins a file's part. git diff writes it alone for files that were touched and
    /// not changed; git apply and GNU patch pass over one that none of its header's lines follows.
    /// </summary>
    public static bool Begins(PatchLines lines)
    {
        if (!lines.Current.StartsWith("diff --git "u8))
        {
            return false;
        }

        var next = lines.Peek(1);
        return next.StartsWith("--- "u8) || next.StartsWith("Binary files "u8) || next.StartsWith("GIT binary patch"u8) || next.StartsWith("@@ -"u8)
            || next.StartsWith("index "u8) || next.StartsWith("similarity index "u8) || next.StartsWith("dissimilarity index "u8) || SaysChange(next);
    }

    /// <summary>Whether a line of a header changes something by itself.</summary>
    public static bool SaysChange(Line line) =>
        line.StartsWith("old mode "u8) || line.StartsWith("new mode "u8) || line.StartsWith("new file mode "u8) || line.StartsWith("deleted file mode "u8)
        || line.StartsWith("rename from "u8) || line.StartsWith("rename to "u8) || line.StartsWith("rename old "u8) || line.StartsWith("rename new "u8)
        || line.StartsWith("copy from "u8) || line.StartsWith("copy to "u8);

    public FileDiff Parse(IEnumerable<Line> lead)
    {
        var at = lines.Here;
        var own = new List<Line>(lead) { lines.TakeStructure() };
        var gitNames = DiffName.SplitGitLine(own[^1].Body.Span["diff --git "u8.Length..], strip, at);
        while (TakesHeader())
        {
            own.Add(lines.TakeStructure());
        }

        RefuseBinary();
        if (_oldLabel is null != _newLabel is null || (_oldLabel is null && lines.Current.StartsWith("+++ "u8)))
        {
            throw lines.Refuse("one of the lines '---' and '+++' is missing");
        }

        if (_oldLabel is null && lines.Current.StartsWith("@@ -"u8))
        {
            throw lines.Refuse("a hunk without the lines '---' and '+++' before it");
        }

        if (_oldLabel is not null && !lines.Current.StartsWith("@@ -"u8))
        {
            throw lines.Refuse("a file's header without a hunk after it", "was the patch cut off?");
        }

        var hunks = HunkParser.ParseAll(lines);
        var change = Change(gitNames, at, hunks);
        if (change is FileChange.Edit && hunks.IsEmpty && (_oldMode is null || _newMode is null))
        {
            throw lines.Refuse("a git header that says no change", "was the patch cut off?");
        }

        return new FileDiff(at, [.. own], change, _oldMode, _newMode, hunks);
    }

    private bool TakesHeader()
    {
        var line = lines.Current;
        var text = line.Body;
        if (Says("old mode "u8, out var rest))
        {
            _oldMode = Mode(rest);
        }
        else if (Says("new mode "u8, out rest))
        {
            _newMode = Mode(rest);
        }
        else if (Says("new file mode "u8, out rest))
        {
            _newMode = Mode(rest);
            _creates = true;
        }
        else if (Says("deleted file mode "u8, out rest))
        {
            _oldMode = Mode(rest);
            _deletes = true;
        }
        else if (Says("rename from "u8, out rest) || Says("rename old "u8, out rest))
        {
            Once(_renameFrom);
            _renameFrom = Whole(rest);
        }
        else if (Says("rename to "u8, out rest) || Says("rename new "u8, out rest))
        {
            Once(_renameTo);
            _renameTo = Whole(rest);
        }
        else if (Says("copy from "u8, out rest))
        {
            Once(_copyFrom);
            _copyFrom = Whole(rest);
        }
        else if (Says("copy to "u8, out rest))
        {
            Once(_copyTo);
            _copyTo = Whole(rest);
        }
        else if (Says("index "u8, out rest))
        {
            // "index old..new mode": the mode is both files' when it does not change.
            if (rest.Span.IndexOf((byte)' ') is >= 0 and var space)
            {
                _oldMode = Mode(rest[(space + 1)..]);
            }
        }
        else if (Says("--- "u8, out rest))
        {
            Once(_oldLabel);
            _oldLabel = (DiffName.ReadLabel(WithoutCr(rest), lines.Here), lines.Here);
        }
        else if (_oldLabel is not null && Says("+++ "u8, out rest))
        {
            _newLabel = (DiffName.ReadLabel(WithoutCr(rest), lines.Here), lines.Here);
        }
        else
        {
            return _newLabel is null && (Says("similarity index "u8, out _) || Says("dissimilarity index "u8, out _));
        }

        return true;

        bool Says(ReadOnlySpan<byte> word, out ReadOnlyMemory<byte> value)
        {
            var says = _newLabel is null && text.Span.StartsWith(word);
            value = says ? text[word.Length..] : default;
            return says;
        }
    }

    private void Once<T>(T? before)
        where T : struct
    {
        if (before is not null)
        {
            throw lines.Refuse("a line of a git header that is there twice");
        }
    }

    private Name Whole(ReadOnlyMemory<byte> text) => new(DiffName.ReadWhole(WithoutCr(text), lines.Here), lines.Here);

    // The CR itself is refused by TakeStructure with the right words a moment later.
    private static ReadOnlySpan<byte> WithoutCr(ReadOnlyMemory<byte> text) => text.Span.TrimEnd((byte)'\r');

    private TreeMode Mode(ReadOnlyMemory<byte> text)
    {
        // Old git wrote 100664 and the like; only the owner's execute bit has ever counted.
        return WithoutCr(text) switch
        {
            [(byte)'1', (byte)'0', (byte)'0', >= (byte)'0' and <= (byte)'7' and var owner, >= (byte)'0' and <= (byte)'7', >= (byte)'0' and <= (byte)'7'] =>
                ((owner - '0') & 1) != 0 ? TreeMode.Executable : TreeMode.Regular,
            [(byte)'1', (byte)'2', (byte)'0', (byte)'0', (byte)'0', (byte)'0'] => TreeMode.Link,
            [(byte)'1', (byte)'6', (byte)'0', (byte)'0', (byte)'0', (byte)'0'] => throw lines.Refuse("a submodule is not a file of a release"),
            _ => throw lines.Refuse($"not a mode of a file or link: '{new Line(text)}'", "git knows 100644, 100755 and 120000"),
        };
    }

    private void RefuseBinary()
    {
        if (lines.Current.StartsWith("GIT binary patch"u8))
        {
            throw lines.Refuse("a binary patch is not applied", "nobody can review it; ship the file another way");
        }

        if (lines.Current.StartsWith("Binary files "u8))
        {
            throw lines.Refuse("a binary file differs and the patch does not carry its content", "ship the file another way, or leave it out");
        }
    }

    private FileChange Change((string Old, string New)? gitNames, FileLocation at, ImmutableArray<Hunk> hunks)
    {
        var count = (_creates ? 1 : 0) + (_deletes ? 1 : 0) + ((_renameFrom ?? _renameTo) is null ? 0 : 1) + ((_copyFrom ?? _copyTo) is null ? 0 : 1);
        if (count > 1 || _renameFrom is null != _renameTo is null || _copyFrom is null != _copyTo is null)
        {
            throw Failure.Refused("a git header that contradicts itself: new, deleted, renamed or copied?", null, at);
        }

        if ((_creates && hunks is not ([] or [{ OldCount: 0 }])) || (_deletes && hunks is not ([] or [{ NewCount: 0 }])))
        {
            throw Failure.Refused(
                _creates ? "a new file whose hunk has old lines" : "a deleted file whose hunk has new lines", null, new FileLocation(at.File, hunks[0].AtLine));
        }

        // rename and copy lines carry the name without the a/ or b/ in front (git-diff(1)).
        if ((_renameFrom ?? _copyFrom) is { } from && (_renameTo ?? _copyTo) is { } to)
        {
            var fromPath = DiffName.ToPath(from.Raw, Math.Max(0, strip - 1), from.At);
            var toPath = DiffName.ToPath(to.Raw, Math.Max(0, strip - 1), to.At);
            Agree(_oldLabel, fromPath, nothing: false);
            Agree(_newLabel, toPath, nothing: false);
            if (gitNames is { } both && (DiffName.ToPath(both.Old, strip, at) != fromPath || DiffName.ToPath(both.New, strip, at) != toPath))
            {
                throw Failure.Refused($"the names of one change do not agree: '{both.Old}' and '{both.New}', '{fromPath}' and '{toPath}'", null, at);
            }

            return _renameFrom is not null ? new FileChange.Rename(fromPath, toPath) : new FileChange.Copy(fromPath, toPath);
        }

        var path = Path(gitNames, at);
        Agree(_oldLabel, path, _creates);
        Agree(_newLabel, path, _deletes);
        return _creates ? new FileChange.Create(path) : _deletes ? new FileChange.Delete(path) : new FileChange.Edit(path);
    }

    private TreePath Path((string Old, string New)? gitNames, FileLocation at)
    {
        if (gitNames is { } names)
        {
            var oldPath = DiffName.ToPath(names.Old, strip, at);
            var newPath = DiffName.ToPath(names.New, strip, at);
            return oldPath == newPath ? oldPath
                : throw Failure.Refused($"the diff names two files, '{oldPath}' and '{newPath}'", "a rename needs 'rename from' and 'rename to' lines", at);
        }

        return (_newLabel is { Label.IsNothing: false } ? _newLabel : _oldLabel) is { Label.IsNothing: false } label
            ? DiffName.ToPath(label.Label.Raw, strip, label.At)
            : throw Failure.Refused("a git header that does not tell which file it is about", null, at);
    }

    /// <summary>Every line of a header has to name the same file; tools that believe one of them can be fooled by another.</summary>
    private void Agree((DiffName.Label Label, FileLocation At)? label, TreePath path, bool nothing)
    {
        if (label is not { } said)
        {
            return;
        }

        if (said.Label.IsNothing != nothing || (!nothing && DiffName.ToPath(said.Label.Raw, strip, said.At) != path))
        {
            throw Failure.Refused($"the names of one file do not agree: '{said.Label.Raw}' and '{path}'", null, said.At);
        }
    }
}
