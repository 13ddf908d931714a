using System.Text.RegularExpressions;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>The schema of <c>php</c>.</summary>
internal static partial class PhpReader
{
    public static PhpSettings Php(YamlPiece piece)
    {
        var map = piece.Map("php", "packages", "source", "version", "patches", "configure", "ini");
        return new PhpSettings(
            BuildReader.Lists(map, "packages"),
            Checked(map, "source", SourceName(), "a source package's name: lower-case letters, digits, '+', '-' and '.' (Debian policy 5.6.1)"),
            Checked(map, "version", VersionStart(), "the beginning of a version, numbers with dots between them: \"8.2\""),
            SettingsReader.Inside(map, "patches"),
            map.Texts("configure"),
            map.Find("ini") is null ? [] : map.Texts("ini"));
    }

    private static string Checked(YamlMap map, string key, Regex form, string what)
    {
        var text = map.Text(key);
        return form.IsMatch(text)
            ? text
            : throw Failure.Refused($"{map.Named(key)} is '{text}'", "it is " + what, map.Get(key).At);
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9+.-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex SourceName();

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex VersionStart();
}
