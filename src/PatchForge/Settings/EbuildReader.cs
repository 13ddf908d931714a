using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>The schema of a line's <c>ebuild</c>.</summary>
internal static class EbuildReader
{
    /// <param name="build">The line's, whose variants are the ebuild's flags.</param>
    public static EbuildSettings Ebuild(YamlPiece piece, BuildSettings build)
    {
        var map = piece.Map("ebuild", "eapi", "description", "homepage", "license", "slot", "keywords", "template", "revision", "use", "emerge");
        return new EbuildSettings(
            map.Text("eapi"),
            map.Text("description"),
            SettingsReader.Address(map.Get("homepage"), "'homepage' of ebuild", folder: false),
            map.Text("license"),
            map.Text("slot"),
            map.Texts("keywords"),
            SettingsReader.Inside(map, "template"),
            (int)(map.Find("revision")?.Number("'revision' of ebuild", 0, 9999) ?? 0))
        {
            Use = map.Find("use") is null ? ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty : Use(map, build),
            Sets = map.Find("emerge") is null ? [] : Sets(map, build),
        };
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Use(YamlMap ebuild, BuildSettings build)
    {
        var use = ebuild.Get("use").FreeMap(ebuild.Named("use"));
        foreach (var entry in use.Entries)
        {
            if (!build.Variants.ContainsKey(entry.Key))
            {
                throw Failure.Refused($"{ebuild.Named("use")} names '{entry.Key}', which is no variant of the line", "the variants are " + string.Join(", ", build.Variants.Keys), entry.KeyAt);
            }

            // PMS section 3.1.4, without the @ that nobody uses any more.
            foreach (var flag in entry.Value.List(use.Named(entry.Key)))
            {
                PlainText.Name(flag.AsText("a USE flag"), "a USE flag", flag.At, dots: false);
            }
        }

        return BuildReader.Lists(ebuild, "use");
    }

    private static ImmutableArray<UseSet> Sets(YamlMap ebuild, BuildSettings build)
    {
        var sets = ebuild.Get("emerge").FreeMap(ebuild.Named("emerge"));
        return
        [
            .. sets.Entries.Select(entry =>
            {
                PlainText.Name(entry.Key, "a set of USE flags", entry.KeyAt, dots: false);
                var set = entry.Value.Map(sets.Named(entry.Key), "variant", "use");
                var variant = set.Text("variant");
                if (!build.Variants.ContainsKey(variant))
                {
                    throw Failure.Refused($"'variant' of {sets.Named(entry.Key)} is '{variant}', which is no variant of the line", "the variants are " + string.Join(", ", build.Variants.Keys), entry.KeyAt);
                }

                foreach (var flag in set.Get("use").List(set.Named("use")))
                {
                    var text = flag.AsText("a USE flag");
                    PlainText.Name(text.StartsWith('-') ? text[1..] : text, "a USE flag", flag.At, dots: false);
                }

                return new UseSet(entry.Key, variant, set.Texts("use"));
            }),
        ];
    }
}
