using System.Text.RegularExpressions;

namespace PatchForge.Settings;

/// <summary>The schema of <c>php</c>.</summary>
internal static partial class PhpReader
{
    public static PhpSettings Php(YamlPiece piece)
    {
        var map = piece.Map("php", "packages", "source", "version", "patches", "configure", "ini");
        return new PhpSettings(
            BuildReader.Lists(map, "packages"),
            ReleaseReader.PackageName(map, "source"),
            ReleaseReader.Checked(map, "version", VersionStart(), "the beginning of a version, numbers with dots between them: \"8.2\""),
            SettingsReader.Inside(map, "patches"),
            map.Texts("configure"),
            map.Find("ini") is null ? [] : map.Texts("ini"));
    }

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex VersionStart();
}
