

namespace PatchForge.Settings;

/// <summary>The schema of <c>smoke</c>.</summary>
internal static class SmokeReader
{

    public static SmokeSettings Smoke(YamlPiece piece)
    {
        var map = piece.Map("smoke", "port", "start-limit", "variants", "switching", "sites");
        return new SmokeSettings(
            [.. SettingsReader.Filled(map, "sites").Select(Site)],
            (int)map.Get("port").Number("'port' of smoke", 1, 65535),
            TimeSpan.FromSeconds(map.Get("start-limit").Number("'start-limit' of smoke (seconds)", 1, 3600)),
            map.Find("switching") is null ? [] : map.Texts("switching"))
        {
            Variants = map.Find("variants") is null ? [] : map.Texts("variants"),
        };
    }

    private static SmokeSite Site(YamlPiece piece)
    {
        var map = piece.Map("a site", "host", "uid", "gid");
        return new SmokeSite(
            map.Text("host"),
            Id(map, "uid"),
            Id(map, "gid"));
    }

    private static int Id(YamlMap map, string key) => (int)map.Get(key).Number(map.Named(key), 1, int.MaxValue);
}
