using System.Collections.Immutable;

namespace PatchForge.Ebuilds;

/// <summary>Reads SRC_URI: addresses, renames and USE conditionals (PMS section 7.3.2 and 8.2).</summary>
public static class SourceAddresses
{
    /// <summary>Every file name that any combination of flags could want, sorted, each once.</summary>
    /// <param name="value">The value with white space normalised.</param>
    public static ImmutableSortedSet<string> Names(string value)
    {
        var names = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        var tokens = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] is "(" or ")" || tokens[i].EndsWith('?'))
            {
                continue;
            }

            if (i + 2 < tokens.Length && tokens[i + 1] == "->")
            {
                names.Add(tokens[i + 2]);
                i += 2;
                continue;
            }

            names.Add(tokens[i][(tokens[i].LastIndexOf('/') + 1)..]);
        }

        return names.ToImmutable();
    }
}
