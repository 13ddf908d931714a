using System.Collections.Immutable;
using System.Text;
using PatchForge.Seams;

namespace PatchForge.Series;

/// <summary>A patch's line in a series file.</summary>
/// <param name="Strip">Leading segments of names that are not part of the path; quilt's default is 1.</param>
/// <param name="Reverse">Whether the patch is applied the other way round: <c>-R</c>.</param>
/// <param name="At">The line, for messages.</param>
public sealed record SeriesEntry(PatchName Name, int Strip, bool Reverse, FileLocation At);

/// <summary>
/// quilt's series file without loss (quilt(1), "series file"): a patch a line with its options, comments from
/// <c>#</c> to the end, empty lines. <see cref="ToBytes"/> of what was read is the file again; changing one
/// entry leaves every other byte alone.
/// </summary>
public sealed class SeriesFile
{
    private sealed record SeriesLine(string Raw, SeriesEntry? Entry);

    private readonly ImmutableArray<SeriesLine> _lines;

    private SeriesFile(string file, ImmutableArray<SeriesLine> lines)
    {
        File = file;
        _lines = lines;
        Entries = [.. lines.Select(line => line.Entry).OfType<SeriesEntry>()];
    }

    /// <summary>The file's name, for messages.</summary>
    public string File { get; }

    public ImmutableArray<SeriesEntry> Entries { get; }

    /// <exception cref="Failure">Refused, with file and line: an unknown option, a patch named twice, a bad name, CRLF.</exception>
    public static SeriesFile Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        // Latin-1 keeps every byte of a comment; an entry that is not ASCII is refused as a name.
        var text = Encoding.Latin1.GetString(bytes.Span);
        var lines = ImmutableArray.CreateBuilder<SeriesLine>();
        var seen = new Dictionary<PatchName, int>();
        for (var start = 0; start < text.Length;)
        {
            var feed = text.IndexOf('\n', start);
            var end = feed < 0 ? text.Length : feed + 1;
            var at = new FileLocation(file, lines.Count + 1);
            var line = new SeriesLine(text[start..end], ParseLine(text[start..end], at));
            if (line.Entry is { } entry && !seen.TryAdd(entry.Name, at.Line))
            {
                throw Failure.Refused($"the patch '{entry.Name}' is named twice, first in line {seen[entry.Name]}", "a patch is applied once", at);
            }

            lines.Add(line);
            start = end;
        }

        return new SeriesFile(file, lines.DrainToImmutable());
    }

    public byte[] ToBytes() => Encoding.Latin1.GetBytes(string.Concat(_lines.Select(line => line.Raw)));

    /// <summary>The series without these patches' lines; comments stay where they are.</summary>
    public SeriesFile Without(params IEnumerable<PatchName> names)
    {
        var gone = names.ToHashSet();
        return new SeriesFile(File, [.. _lines.Where(line => line.Entry is null || !gone.Contains(line.Entry.Name))]);
    }

    /// <summary>The series with a patch added as the last, or right behind another.</summary>
    /// <exception cref="Failure">Refused: the patch is in the series already, or <paramref name="after"/> is not.</exception>
    public SeriesFile With(PatchName name, PatchName? after = null)
    {
        if (Entries.FirstOrDefault(entry => entry.Name == name) is { } there)
        {
            throw Failure.Refused($"the patch '{name}' is in the series already", null, there.At);
        }

        var index = after is null ? _lines.Length - 1 : IndexOf(after.Value);
        var lines = _lines;
        if (index >= 0 && !lines[index].Raw.EndsWith('\n'))
        {
            lines = lines.SetItem(index, lines[index] with { Raw = lines[index].Raw + "\n" });
        }

        var at = new FileLocation(File, index + 2);
        return new SeriesFile(File, lines.Insert(index + 1, new SeriesLine(name.Text + "\n", new SeriesEntry(name, 1, false, at))));
    }

    /// <summary>
    /// The series with these patches in this order: those that are missing leave it, new ones come behind the one
    /// before them, and lines keep their options. Comments stay where they are.
    /// </summary>
    public SeriesFile Arranged(IReadOnlyList<PatchName> order)
    {
        var series = Without(Entries.Select(entry => entry.Name).Except(order));
        var there = series.Entries.Select(entry => entry.Name).ToHashSet();
        var lines = series._lines.ToBuilder();
        var raws = series._lines.Where(line => line.Entry is not null).ToDictionary(line => line.Entry!.Name); // filtered
        using var next = order.Where(there.Contains).GetEnumerator();
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Entry is not null && next.MoveNext())
            {
                var line = raws[next.Current];
                // Only the file's last line may lack its line feed.
                lines[i] = line with { Raw = line.Raw.EndsWith('\n') || i == lines.Count - 1 ? line.Raw : line.Raw + "\n" };
            }
        }

        series = new SeriesFile(File, lines.ToImmutable());
        for (var i = 0; i < order.Count; i++)
        {
            if (!there.Contains(order[i]))
            {
                series = i == 0 ? series.WithFirst(order[i]) : series.With(order[i], order[i - 1]);
            }
        }

        return series;
    }

    /// <summary>The series with whole lines added behind a patch, or at its end; what they say is checked as if it had stood there.</summary>
    /// <exception cref="Failure">Refused: a patch is named twice, or <paramref name="after"/> is not in the series.</exception>
    public SeriesFile WithLines(IEnumerable<string> lines, PatchName? after = null)
    {
        var index = after is null ? _lines.Length - 1 : IndexOf(after.Value);
        var raws = _lines.Select(line => line.Raw).ToList();
        if (index >= 0 && !raws[index].EndsWith('\n'))
        {
            raws[index] += "\n";
        }

        raws.InsertRange(index + 1, lines.Select(line => line + "\n"));
        return Parse(Encoding.Latin1.GetBytes(string.Concat(raws)), File);
    }

    private SeriesFile WithFirst(PatchName name)
    {
        var first = Entries.IsEmpty ? -1 : IndexOf(Entries[0].Name);
        return first < 0
            ? With(name)
            : new SeriesFile(File, _lines.Insert(first, new SeriesLine(name.Text + "\n", new SeriesEntry(name, 1, false, new FileLocation(File, first + 1)))));
    }

    private int IndexOf(PatchName name)
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            if (_lines[i].Entry?.Name == name)
            {
                return i;
            }
        }

        throw Failure.Refused($"the patch '{name}' is not in the series", null, new FileLocation(File));
    }

    private static SeriesEntry? ParseLine(string raw, FileLocation at)
    {
        if (raw.EndsWith("\r\n", StringComparison.Ordinal))
        {
            throw Failure.Refused("the series file's lines end in CRLF", "convert it to line feeds", at);
        }

        var words = raw.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word[0] != '#').ToList();
        if (words.Count == 0)
        {
            return null;
        }

        var (strip, reverse) = (1, false);
        foreach (var option in words.Skip(1))
        {
            switch (option)
            {
                case "-p1" or "-pab":
                    strip = 1;
                    break;
                case "-p0":
                    strip = 0;
                    break;
                case "-R":
                    reverse = true;
                    break;
                default:
                    throw Failure.Refused($"an unknown option '{Printable(option)}'", "-p0, -p1, -pab and -R are known; a comment begins with ' #'", at);
            }
        }

        return new SeriesEntry(PatchName.Parse(words[0], at), strip, reverse, at);
    }

    private static string Printable(string text) => string.Concat(text.Take(100).Select(c => char.IsControl(c) ? '?' : c));
}
