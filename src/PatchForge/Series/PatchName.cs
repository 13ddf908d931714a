using PatchForge.Seams;

namespace PatchForge.Series;

/// <summary>
/// The name of a patch file in its series' folder: one segment of printable ASCII without spaces, ending in
/// <c>.patch</c> or <c>.diff</c> (what eapply takes from a folder, PMS section 12.3.13).
/// </summary>
public readonly record struct PatchName : IComparable<PatchName>
{
    private readonly string? _text;

    private PatchName(string text) => _text = text;

    public string Text => _text ?? throw new InvalidOperationException("A default PatchName is not a name.");

    /// <summary>Null when <paramref name="text"/> is a patch's name, else why it is not.</summary>
    public static string? Complaint(string text) =>
        text.Length is 0 or > 255 ? "a patch's name has 1 to 255 characters"
        : text.Contains('/', StringComparison.Ordinal) ? "a patch lies in its series' own folder: no '/' in its name"
        : text.Any(c => c is <= ' ' or >= '\x7f' or '\\' or '"' or '\'' or '#' or '*' or '?') ? "a patch's name is printable ASCII without spaces, quotes, '#', '*' and '?'"
        : text[0] is '.' or '-' ? "a patch's name begins with neither '.' nor '-'"
        : !text.EndsWith(".patch", StringComparison.Ordinal) && !text.EndsWith(".diff", StringComparison.Ordinal) ? "a patch's name ends in .patch or .diff"
        : null;

    /// <exception cref="Failure">Refused, naming what is wrong and <paramref name="at"/>.</exception>
    public static PatchName Parse(string text, FileLocation? at = null) =>
        Complaint(text) is { } why
            ? throw Failure.Refused($"{why}: '{string.Concat(text.Take(200).Select(c => char.IsControl(c) ? '?' : c))}'", null, at)
            : new PatchName(text);

    public int CompareTo(PatchName other) => string.CompareOrdinal(_text, other._text);

    public override string ToString() => _text ?? "";
}
