using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>A piece of a YAML document that knows where it stands, so that every complaint can say where.</summary>
internal abstract record YamlPiece(FileLocation At)
{
    protected abstract string Kind { get; }

    /// <summary>This piece as a mapping whose keys are all among <paramref name="known"/>.</summary>
    /// <param name="what">What it is, for messages: <c>a release</c>.</param>
    /// <exception cref="Failure">Refused: not a mapping, or an unknown key (with the nearest known one).</exception>
    public YamlMap Map(string what, params ReadOnlySpan<string> known)
    {
        var map = FreeMap(what);
        foreach (var entry in map.Entries)
        {
            if (!known.Contains(entry.Key))
            {
                var near = Nearest(entry.Key, known);
                throw Failure.Refused(
                    $"'{entry.Key}' is not a key of {what}",
                    (near is null ? "" : $"did you mean '{near}'? ") + "the keys here are " + string.Join(", ", known.ToArray()),
                    entry.KeyAt);
            }
        }

        return map;
    }

    /// <summary>This piece as a mapping with keys of the user's own choice.</summary>
    public YamlMap FreeMap(string what) =>
        this as YamlMap is { } map ? map with { What = what } : throw Not($"{what} must be a mapping (key: value)");

    public ImmutableArray<YamlPiece> List(string what) =>
        this is YamlList list ? list.Items : throw Not($"{what} must be a list (- item)");

    public string AsText(string what)
    {
        if (this is not YamlScalar scalar)
        {
            throw Not($"{what} must be text");
        }

        if (scalar.Value.Length == 0)
        {
            throw Failure.Refused($"{what} is empty", "give it a value or take the key out", At);
        }

        return PlainText.Complaint(scalar.Value) is { } complaint
            ? throw Failure.Refused($"{what} has {complaint}", "write it on one line, without escapes such as \\t", At)
            : scalar.Value;
    }

    /// <summary>A whole number in decimal digits, as written: a quoted one is text and is refused.</summary>
    public long Number(string what, long least, long most)
    {
        if (this is not YamlScalar { Quoted: false } scalar
            || !long.TryParse(scalar.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw Not($"{what} must be a whole number, digits only and without quotes");
        }

        return number >= least && number <= most
            ? number
            : throw Failure.Refused($"{what} is {number}", $"it must be from {least} to {most}", At);
    }

    public bool YesNo(string what) =>
        this is YamlScalar { Quoted: false, Value: "true" or "false" } scalar ? scalar.Value == "true" : throw Not($"{what} must be true or false");

    private Failure Not(string wanted) => Failure.Refused($"{wanted}, and this is {Kind}", at: At);

    /// <summary>The known key that takes fewest single-letter edits, if that is less than half of it.</summary>
    private static string? Nearest(string key, ReadOnlySpan<string> known)
    {
        string? best = null;
        var fewest = int.MaxValue;
        foreach (var candidate in known)
        {
            var edits = Edits(key, candidate);
            if (edits < fewest && edits * 2 <= candidate.Length)
            {
                (best, fewest) = (candidate, edits);
            }
        }

        return best;
    }

    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var swap = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(swap, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}

internal sealed record YamlScalar(string Value, bool Quoted, FileLocation At) : YamlPiece(At)
{
    protected override string Kind => Quoted ? "quoted text" : Value.Length == 0 ? "empty" : $"'{(Value.Length > 60 ? Value[..60] + "…" : Value)}'";
}

internal sealed record YamlList(ImmutableArray<YamlPiece> Items, FileLocation At) : YamlPiece(At)
{
    protected override string Kind => "a list";
}

internal sealed record YamlEntry(string Key, FileLocation KeyAt, YamlPiece Value);

internal sealed record YamlMap(ImmutableArray<YamlEntry> Entries, FileLocation At) : YamlPiece(At)
{
    /// <summary>What the mapping is, for messages about keys that it lacks.</summary>
    public string What { get; init; } = "the mapping";

    protected override string Kind => "a mapping";

    public YamlPiece? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;

    /// <exception cref="Failure">Refused: the key is missing.</exception>
    public YamlPiece Get(string key) =>
        Find(key) ?? throw Failure.Refused($"{What} has no '{key}'", $"add a line '{key}: …' to the mapping that starts here", At);

    public string Text(string key) => Get(key).AsText(Named(key));

    public string? TextOrNull(string key) => Find(key)?.AsText(Named(key));

    public ImmutableArray<string> Texts(string key) =>
        [.. Get(key).List(Named(key)).Select(item => item.AsText("an item of " + Named(key)))];

    /// <summary>Keys of the user's own choice, sorted. By a builder: AddRange takes a sorted set of its own, whose code is made anew for each type.</summary>
    public ImmutableSortedDictionary<string, T> Sorted<T>(Func<YamlEntry, T> value)
    {
        var sorted = ImmutableSortedDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        foreach (var entry in Entries)
        {
            sorted.Add(entry.Key, value(entry));
        }

        return sorted.ToImmutable();
    }

    public string Named(string key) => $"'{key}' of {What}";
}
