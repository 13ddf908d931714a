using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace PatchForge.Releases;

/// <summary>
/// An upstream version that an ebuild can be named after: PMS section 3.2 without the revision, such as
/// <c>2.0.65</c> or <c>2.1_rc1</c>. Ordered as PMS section 3.3 orders (so 2.0.9 is before 2.0.48).
/// </summary>
public sealed partial record ReleaseVersion : IComparable<ReleaseVersion>
{
    private readonly ImmutableArray<string> _numbers;
    private readonly string _letter;
    private readonly ImmutableArray<(int Rank, BigInteger Number)> _suffixes;

    private ReleaseVersion(string text, Match match)
    {
        Text = text;
        _numbers = [.. match.Groups["number"].Captures.Select(capture => capture.Value)];
        _letter = match.Groups["letter"].Value;
        _suffixes = [.. match.Groups["suffix"].Captures.Select(capture => Suffix(capture.Value))];
    }

    public string Text { get; }

    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ReleaseVersion? version)
    {
        version = text.Length <= 100 && Shape().Match(text) is { Success: true } match ? new ReleaseVersion(text, match) : null;
        return version is not null;
    }

    public static ReleaseVersion Parse(string text) =>
        TryParse(text, out var version)
            ? version
            : throw Seams.Failure.Refused($"'{text}' is not a version", "a version is numbers with dots between them, such as 2.0.65 (PMS section 3.2)");

    public int CompareTo(ReleaseVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        var order = CompareNumbers(_numbers, other._numbers);
        if (order == 0)
        {
            order = string.CompareOrdinal(_letter, other._letter);
        }

        return order != 0 ? order : CompareSuffixes(_suffixes, other._suffixes);
    }

    public bool Equals(ReleaseVersion? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    // PMS algorithms 3.2 and 3.3: the first number compares as a number; a later one that starts with 0 on either
    // side compares as a string without its trailing zeros, as a decimal fraction would.
    private static int CompareNumbers(ImmutableArray<string> a, ImmutableArray<string> b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            var order = i > 0 && (a[i][0] == '0' || b[i][0] == '0')
                ? string.CompareOrdinal(a[i].TrimEnd('0'), b[i].TrimEnd('0'))
                : Number(a[i]).CompareTo(Number(b[i]));
            if (order != 0)
            {
                return order;
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    // PMS algorithm 3.5: where one side has more suffixes, the extra one counts for more only if it is _p.
    private static int CompareSuffixes(ImmutableArray<(int Rank, BigInteger Number)> a, ImmutableArray<(int Rank, BigInteger Number)> b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            var order = a[i].CompareTo(b[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return a.Length > b.Length ? Extra(a[b.Length].Rank) : a.Length < b.Length ? -Extra(b[a.Length].Rank) : 0;

        static int Extra(int rank) => rank == Ranks.Length - 1 ? 1 : -1;
    }

    private static readonly string[] Ranks = ["alpha", "beta", "pre", "rc", "p"];

    private static (int Rank, BigInteger Number) Suffix(string text)
    {
        var name = text.TrimEnd("0123456789".ToCharArray());
        return (Array.IndexOf(Ranks, name), text.Length == name.Length ? BigInteger.Zero : Number(text[name.Length..]));
    }

    private static BigInteger Number(string digits) => BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A(?<number>[0-9]+)(\.(?<number>[0-9]+))*(?<letter>[a-z])?(_(?<suffix>(alpha|beta|pre|rc|p)[0-9]*))*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
