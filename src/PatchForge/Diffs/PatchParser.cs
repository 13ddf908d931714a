using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Diffs;

/// <summary>
/// Reads a patch file line by line: text until a file's header, the header, its hunks, text again. Every line
/// goes to exactly one place, which is what makes writing it again lossless.
/// </summary>
/// <remarks>
/// Where git apply and GNU patch skip what they do not understand, this refuses when a change would be lost:
/// lines left over after a hunk, headers without hunks, binary parts, context and combined diffs.
/// </remarks>
internal sealed class PatchParser(ReadOnlyMemory<byte> bytes, string name, int strip)
{
    private readonly PatchLines _lines = new(name, Line.Split(bytes));
    private readonly ImmutableArray<FileDiff>.Builder _files = ImmutableArray.CreateBuilder<FileDiff>();
    private readonly List<Line> _text = [];
    private ImmutableArray<Line> _header = [];

    public Patch Parse()
    {
        while (!_lines.AtEnd)
        {
            if (GitFileParser.Begins(_lines))
            {
                Add(_text.Count, lead => new GitFileParser(_lines, strip).Parse(lead));
            }
            else if (_lines.Current.StartsWith("--- "u8) && _lines.Peek(1).StartsWith("+++ "u8))
            {
                var git = _text.FindLast(line => line.StartsWith("diff --git "u8));
                Add(_text.Count - NoiseBefore(), lead => Agreed(git, new PlainFileParser(_lines, strip).Parse(lead)));
            }
            else
            {
                RefuseLostChange();
                _text.Add(_lines.Take());
            }
        }

        if (_files.Count == 0)
        {
            _header = [.. _text];
            _text.Clear();
        }

        return new Patch(name, strip, _header, _files.DrainToImmutable(), [.. _text]);
    }

    /// <param name="ownFrom">The index in the text from which lines are the file's own, not the header's.</param>
    private void Add(int ownFrom, Func<IEnumerable<Line>, FileDiff> parse)
    {
        if (_files.Count == 0)
        {
            _header = [.. _text[..ownFrom]];
            _text.RemoveRange(0, ownFrom);
        }

        var lead = _text.ToArray();
        _text.Clear();
        _files.Add(parse(lead));
    }

    /// <summary>A git line that other text follows still tells patch the name, and git apply 2.39 ends with a failed assertion when it is another.</summary>
    private FileDiff Agreed(Line git, FileDiff file) =>
        git.IsEmpty || DiffName.SplitGitLine(git.Body.Span["diff --git "u8.Length..], strip, file.At) is not { } names
        || DiffName.ToPath(names.New, strip, file.At) == file.Change.Path
            ? file
            : throw Failure.Refused($"the names of one file do not agree: '{names.New}' and '{file.Change.Path}'", null, file.At);

    /// <summary>The lines that quilt, Subversion, CVS and diff -r write before a file's <c>---</c>.</summary>
    private int NoiseBefore()
    {
        var count = 0;
        while (count < _text.Count && IsNoise(_text[^(count + 1)]))
        {
            count++;
        }

        return count;

        static bool IsNoise(Line line) =>
            line.StartsWith("Index: "u8) || line.StartsWith("diff "u8) || line.StartsWith("RCS file: "u8)
            || line.StartsWith("retrieving revision "u8)
            || (line.Bytes.Length >= 60 && line.Body.Span.TrimEnd((byte)'\r').IndexOfAnyExcept((byte)'=') < 0);
    }

    private void RefuseLostChange()
    {
        var line = _lines.Current;
        if (line.StartsWith("diff --cc "u8) || line.StartsWith("diff --combined "u8) || line.StartsWith("@@@ -"u8))
        {
            throw _lines.Refuse("a combined diff of a merge cannot be applied", "make the patch against one parent");
        }

        if (line.StartsWith("*** "u8) && _lines.Peek(1).StartsWith("--- "u8) && _lines.Peek(2).StartsWith("***************"u8))
        {
            throw _lines.Refuse("a context diff is not read", "make the patch with diff -u or git diff");
        }

        if (line.StartsWith("--- "u8) && _lines.Peek(1).StartsWith("--- "u8) && _lines.Peek(2).StartsWith("+++ "u8))
        {
            throw _lines.Refuse("one of the lines '---' and '+++' is missing");
        }

        if (line.StartsWith("@@ -"u8) && HunkParser.TryHeading(line, out _))
        {
            throw _lines.Refuse("a hunk without file names before it", "the lines '--- a/file' and '+++ b/file' are missing");
        }

        if (line.StartsWith("Binary files "u8) && line.Body.Span.TrimEnd((byte)'\r').EndsWith(" differ"u8)
            && (_files.Count > 0 || (_text.Count > 0 && _text[^1].StartsWith("diff "u8))))
        {
            throw _lines.Refuse("a binary file differs and the patch does not carry its content", "ship the file another way, or leave it out");
        }

        // A part of which only pieces are left: passed over, what it would have done is lost. The tools stop at them.
        var behindGit = _text.Exists(text => text.StartsWith("diff --git "u8)) || (_files.Count > 0 && _files[^1].Hunks.IsEmpty);
        if (behindGit && line.StartsWith("GIT binary patch"u8))
        {
            throw _lines.Refuse("a binary patch is not applied", "nobody can review it; ship the file another way");
        }

        if (behindGit && line.StartsWith("@@ -"u8))
        {
            throw _lines.Refuse("a hunk's line that cannot be read, and no file names before it", "was the patch edited by hand?");
        }

        if (line.StartsWith("diff --git "u8)
            && DiffName.SplitGitLine(line.Body.Span["diff --git "u8.Length..].TrimEnd((byte)'\r'), strip, _lines.Here) is { } names && strip > 0
            && DiffName.ToPath(names.Old, strip, _lines.Here) != DiffName.ToPath(names.New, strip, _lines.Here))
        {
            throw _lines.Refuse("a git header that names two files and says no more", "a rename needs 'rename from' and 'rename to' lines");
        }

        // GNU patch takes such a line wherever it stands before the next file, git apply where it belongs.
        if (behindGit && GitFileParser.SaysChange(line))
        {
            throw _lines.Refuse("a line of a git header that is not in one", "was the patch edited by hand?");
        }

        // A line that looks like a hunk's right after a hunk: the counts are too small, and the tools
        // that skip it lose a change. Blank lines are no change and do not end the suspicion.
        var afterHunk = _files.Count > 0 && !IsBlank(line) && _text.TrueForAll(IsBlank);
        if (afterHunk && _files[^1].Hunks.Length > 0 && line.Span is [(byte)' ' or (byte)'+' or (byte)'-' or (byte)'\\', ..] && !IsSignature(line))
        {
            throw _lines.Refuse("a line after the hunk's end: the counts of its '@@' line are too small", HunkParser.CountHint);
        }
    }

    private static bool IsBlank(Line line) => line.Span.IndexOfAnyExcept(" \t\n"u8) < 0;

    /// <summary>The line before the version in a mail of git format-patch, which begins like a removed line (RFC 3676, 4.3).</summary>
    internal static bool IsSignature(Line line) => line.Span is [(byte)'-', (byte)'-', (byte)' ', (byte)'\n'];
}

/// <summary>A cursor over a patch file's lines that knows where it is, for messages.</summary>
internal sealed class PatchLines(string file, ImmutableArray<Line> lines)
{
    private int _next;

    public bool AtEnd => _next == lines.Length;

    /// <summary>The line's number, from 1.</summary>
    public int Number => _next + 1;

    public FileLocation Here => new(file, Number);

    public Line Current => Peek(0);

    public Line Peek(int ahead) => _next + ahead < lines.Length ? lines[_next + ahead] : Line.Empty;

    public Line Take() => lines[_next++];

    /// <summary>Takes a line of the diff's structure, which has to end in a plain line feed.</summary>
    public Line TakeStructure()
    {
        if (!Current.HasLineFeed)
        {
            throw Refuse("the patch file ends in the middle of a line", "it lacks the last line feed; was it cut off?");
        }

        if (Current.Span is [.., (byte)'\r', (byte)'\n'])
        {
            throw Refuse("the diff's own lines end in CRLF", "convert the patch to line feeds; only lines of content may carry a CR");
        }

        return Take();
    }

    public Failure Refuse(string sentence, string? hint = null) => RefuseAt(Number, sentence, hint);

    public Failure RefuseAt(int number, string sentence, string? hint = null) =>
        Failure.Refused(sentence, hint, new FileLocation(file, number));
}
