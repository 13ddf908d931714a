using System.Text.RegularExpressions;
using PatchForge.Seams;

namespace PatchForge.Ebuilds;

/// <summary>Versions and file names as PMS sections 3.1 and 3.2 allow them.</summary>
internal static partial class EbuildVersion
{
    /// <exception cref="Failure">Refused, when <paramref name="version"/> cannot be an ebuild's version.</exception>
    internal static void Check(string version, FileLocation? at)
    {
        if (!Version().IsMatch(version))
        {
            throw Failure.Refused($"'{version}' cannot be an ebuild's version (PMS section 3.2)", at: at);
        }
    }

    /// <summary>
    /// <c>apache-2.0.65-r1.ebuild</c> of package <c>apache</c> gives version <c>2.0.65</c> and revision 1;
    /// null when the name is not an ebuild of that package.
    /// </summary>
    internal static (string Version, string Revision)? Split(string package, string fileName)
    {
        var match = fileName.StartsWith(package + "-", StringComparison.Ordinal)
            ? FileEnd().Match(fileName[(package.Length + 1)..])
            : Match.Empty;
        return match.Success
            ? (match.Groups["version"].Value, match.Groups["revision"] is { Success: true } r ? r.Value : "0")
            : null;
    }

    /// <summary>
    /// EAPI as PMS section 7.3.1 reads it without sourcing: the first line that is neither blank nor a comment.
    /// Null when that line does not set it, which means EAPI 0.
    /// </summary>
    internal static string? Eapi(ReadOnlySpan<byte> content)
    {
        foreach (var line in System.Text.Encoding.UTF8.GetString(content).Split('\n'))
        {
            if (!Ignorable().IsMatch(line))
            {
                return EapiLine().Match(line) is { Success: true } match ? match.Groups["eapi"].Value : null;
            }
        }

        return null;
    }

    private const string Pattern =
        @"[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*";

    [GeneratedRegex($@"\A{Pattern}\z")]
    private static partial Regex Version();

    [GeneratedRegex($@"\A(?<version>{Pattern})(?:-r(?<revision>[0-9]+))?\.ebuild\z")]
    private static partial Regex FileEnd();

    [GeneratedRegex(@"\A\s*(#.*)?\z")]
    private static partial Regex Ignorable();

    [GeneratedRegex("""\A[ \t]*EAPI=(['"]?)(?<eapi>[A-Za-z0-9+_.-]*)\1[ \t]*(?:[ \t]#.*)?\z""")]
    private static partial Regex EapiLine();
}
