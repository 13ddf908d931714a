using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>
/// A stage3's <c>.DIGESTS</c>: <c># BLAKE2B HASH</c>, then lines <c>HEX  FILE</c>, and likewise SHA512, for the
/// stage3 and for its list of contents.
/// </summary>
public static class Stage3Digests
{
    public const long Limit = 64 << 10;

    /// <summary>Digits of each algorithm's digest; others that may stand in the file are of no account.</summary>
    private static readonly ImmutableSortedDictionary<string, int> s_digits = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal)
        .Add("BLAKE2B", 128)
        .Add("SHA512", 128);

    /// <summary>The digests of <paramref name="stage3"/> by algorithm, BLAKE2B or SHA512 or both; lower-case hexadecimal.</summary>
    /// <exception cref="Failure">Refused, with the line, when a digest is malformed, given twice, or none is there.</exception>
    public static ImmutableSortedDictionary<string, string> Parse(string text, string stage3, string file)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        string? algorithm = null;
        foreach (var (number, line) in Armour.Body(text, file))
        {
            if (line.StartsWith('#'))
            {
                var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                algorithm = words is ["#", var name, "HASH"] && s_digits.ContainsKey(name) ? name : null;
                continue;
            }

            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (algorithm is null || fields.Length != 2 || fields[1] != stage3)
            {
                continue;
            }

            var at = new FileLocation(file, number);
            if (fields[0].Length != s_digits[algorithm] || !fields[0].All(char.IsAsciiHexDigitLower))
            {
                throw Failure.Refused($"this is no {algorithm} digest", at: at);
            }

            if (!found.TryAdd(algorithm, fields[0]))
            {
                throw Failure.Refused($"two {algorithm} digests of {stage3}", at: at);
            }
        }

        return found.Count > 0
            ? found.ToImmutable()
            : throw Failure.Refused($"{file} has neither a BLAKE2B nor a SHA512 digest of {stage3}", "is it the .DIGESTS beside that very file?", new FileLocation(file));
    }
}
