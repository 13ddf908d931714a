using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace PatchForge.Diffs;

/// <summary>
/// One line as bytes, its line feed included; only the last line of a file may lack it. Two lines are equal
/// when their bytes are, so a missing line feed or a carriage return is a difference like any other, and no
/// encoding is ever assumed.
/// </summary>
public readonly struct Line(ReadOnlyMemory<byte> bytes) : IEquatable<Line>
{
    public static readonly Line Empty;

    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public ReadOnlySpan<byte> Span => Bytes.Span;

    public bool IsEmpty => Bytes.IsEmpty;

    public bool HasLineFeed => Span is [.., (byte)'\n'];

    /// <summary>The line without its line feed.</summary>
    public ReadOnlyMemory<byte> Body => HasLineFeed ? Bytes[..^1] : Bytes;

    public static Line FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>The lines of a file; joined again they are the file, byte for byte.</summary>
    public static ImmutableArray<Line> Split(ReadOnlyMemory<byte> content)
    {
        var span = content.Span;
        var lines = new Line[span.Count((byte)'\n') + (span is [] or [.., (byte)'\n'] ? 0 : 1)];
        for (int i = 0, start = 0; i < lines.Length; i++)
        {
            var feed = span[start..].IndexOf((byte)'\n');
            var length = feed < 0 ? span.Length - start : feed + 1;
            lines[i] = new Line(content.Slice(start, length));
            start += length;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(lines);
    }

    public static byte[] Join(IEnumerable<Line> lines)
    {
        using var joined = new MemoryStream();
        foreach (var line in lines)
        {
            joined.Write(line.Span);
        }

        return joined.ToArray();
    }

    public bool StartsWith(ReadOnlySpan<byte> start) => Span.StartsWith(start);

    public bool Equals(Line other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is Line other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    public static bool operator ==(Line left, Line right) => left.Equals(right);

    public static bool operator !=(Line left, Line right) => !left.Equals(right);

    /// <summary>For messages: UTF-8 with replacement, control characters escaped, at most 100 characters.</summary>
    public override string ToString()
    {
        var text = Encoding.UTF8.GetString(Body.Span);
        var shown = text.Length > 100 ? text[..100] + "…" : text;
        return string.Concat(shown.Select(c => c == '\t' ? "\t" : char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));
    }
}
