using System.Globalization;
using System.Text.RegularExpressions;

namespace PatchForge.Series;

/// <summary>Names for patches that have none yet, made of their subjects.</summary>
public static partial class PatchNaming
{
    // git format-patch's own limit for the whole name (format.filenameMaxLength).
    private const int Longest = 64;

    /// <summary>
    /// A name of the subject as git format-patch makes it: everything but letters, digits, <c>.</c> and <c>_</c> is one
    /// <c>-</c>. Where the neighbours' names begin with a number, so does this one, with a number between theirs when
    /// there is one.
    /// </summary>
    /// <param name="before">The patch it follows; null for the first.</param>
    /// <param name="after">The patch that follows it; null for the last.</param>
    public static PatchName ForSubject(string subject, PatchName? before, PatchName? after, IReadOnlySet<PatchName> taken)
    {
        var words = Ends().Replace(Dots().Replace(Odd().Replace(subject, "-"), "."), "");
        var number = Number(before, after);
        for (var count = 1; ; count++)
        {
            var end = (count == 1 ? "" : "-" + count.ToString(CultureInfo.InvariantCulture)) + ".patch";
            var room = Math.Max(1, Longest - number.Length - end.Length);
            var cut = Ends().Replace(words.Length > room ? words[..room] : words, "");
            var name = PatchName.Parse(number + (cut.Length == 0 ? "patch" : cut) + end);
            if (!taken.Contains(name))
            {
                return name;
            }
        }
    }

    /// <summary>The words of a name without its number and ending: a subject for a patch that says nothing.</summary>
    public static string Words(PatchName name) =>
        Path.GetFileNameWithoutExtension(name.Text) is var stem && Numbered().Match(stem) is { Success: true } match && match.Length < stem.Length
            ? stem[match.Length..].Replace('-', ' ')
            : stem.Replace('-', ' ');

    private static string Number(PatchName? before, PatchName? after)
    {
        var (low, high) = (Digits(before), Digits(after));
        if ((low ?? high) is not { } known)
        {
            return "";
        }

        var width = known.Length;
        var from = low is null ? 0 : long.Parse(low, CultureInfo.InvariantCulture);
        var to = high is null ? long.MaxValue : long.Parse(high, CultureInfo.InvariantCulture);

        // Tens where the series counts in tens and there is room, else the next number, else the one before once more.
        var tens = from % 10 == 0 && (high is null || to % 10 == 0) && (low is null || from > 0) ? from + 10 : from + 1;
        var next = tens < to ? tens : from + (to - from > 1 ? (to - from) / 2 : 0);
        return next.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0') + "-";
    }

    private static string? Digits(PatchName? name) =>
        name is { } there && Numbered().Match(there.Text) is { Success: true } match ? match.Groups["number"].Value : null;

    [GeneratedRegex("[^A-Za-z0-9._]+")]
    private static partial Regex Odd();

    [GeneratedRegex(@"\.{2,}")]
    private static partial Regex Dots();

    [GeneratedRegex("^[-.]+|[-.]+$")]
    private static partial Regex Ends();

    [GeneratedRegex("^(?<number>[0-9]{1,9})[-_]")]
    private static partial Regex Numbered();
}
