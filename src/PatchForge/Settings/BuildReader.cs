using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>The schema of <c>build</c>.</summary>
internal static class BuildReader
{
    public static BuildSettings Build(YamlPiece piece)
    {
        var map = piece.Map("build", "packages", "prepare", "configure", "variants");
        return new BuildSettings(
            Lists(map, "packages"),
            [.. (map.Find("prepare")?.List("'prepare' of build") ?? []).Select(Command)],
            map.Texts("configure"),
            Variants(map));
    }

    public static BenchSettings Bench(YamlPiece piece) => new(Lists(piece.Map("bench", "packages"), "packages"));

    /// <summary>Their names become USE flags of the ebuild.</summary>
    internal static ImmutableSortedDictionary<string, ImmutableArray<string>> Variants(YamlMap build)
    {
        foreach (var entry in build.Get("variants").FreeMap(build.Named("variants")).Entries)
        {
            PlainText.Name(entry.Key, "a variant", entry.KeyAt, dots: false);
        }

        return Lists(build, "variants");
    }

    private static ImmutableArray<string> Command(YamlPiece piece)
    {
        var words = piece.List("a command of 'prepare'").Select(word => word.AsText("a word of a command")).ToImmutableArray();
        return words.IsEmpty ? throw Failure.Refused("a command of 'prepare' is empty", "write [program, argument, …]", piece.At) : words;
    }

    internal static ImmutableSortedDictionary<string, ImmutableArray<string>> Lists(YamlMap build, string key)
    {
        var map = build.Get(key).FreeMap(build.Named(key));
        return map.Sorted(entry => map.Texts(entry.Key));
    }
}
