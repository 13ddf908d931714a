using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>The schema of a line's <c>lab</c>, and what keeps it away from all that reaches users.</summary>
internal static class LabReader
{
    public static LabSettings Lab(YamlPiece piece)
    {
        var map = piece.Map("lab", "series", "generated", "variants", "switching", "php");
        return new LabSettings(
            SettingsReader.Inside(map, "series"),
            [.. (map.Find("generated")?.List("'generated' of lab") ?? []).Select(SettingsReader.Generated)],
            BuildReader.Variants(map),
            map.Find("switching") is null ? [] : map.Texts("switching"))
        {
            At = piece.At,
            Php = map.Find("php") is { } php ? PhpReader.Php(php) : null,
        };
    }

    /// <exception cref="Failure">Refused: something of a lab is named where releases are built, tested or delivered from.</exception>
    public static void KeepApart(OverlaySettings overlay, ImmutableArray<LineSettings> lines, SmokeSettings smoke, FileLocation smokeAt)
    {
        foreach (var lab in lines.Select(line => line.Lab).OfType<LabSettings>())
        {
            foreach (var folder in lines.Select(line => line.Series).Concat([overlay.Packages, overlay.Metadata, overlay.Profiles]))
            {
                if (Overlap(folder, lab.Series))
                {
                    throw Refused(lab, $"the lab's series {lab.Series} and {folder} are not apart", "give the lab a folder of its own: what lies there never reaches users");
                }
            }

            foreach (var line in lines)
            {
                KeepApart(line, lab);
            }

            if (smoke.Variants.Concat(smoke.Switching).FirstOrDefault(lab.Variants.ContainsKey) is { } named)
            {
                throw Failure.Refused($"smoke names '{named}', which is the lab's", "attack and bench alone build the lab's variants; take it out", smokeAt);
            }

            if (lab.Switching.FirstOrDefault(name => !lab.Variants.ContainsKey(name)) is { } unknown)
            {
                throw Refused(lab, $"'switching' of lab names '{unknown}', which is none of its variants", $"they are {string.Join(", ", lab.Variants.Keys)}");
            }
        }
    }

    private static void KeepApart(LineSettings line, LabSettings lab)
    {
        if (lab.Variants.Keys.FirstOrDefault(line.Build.Variants.ContainsKey) is { } both)
        {
            throw Refused(lab, $"'{both}' is a variant of the lab and of line {line.Line}", "users get the line's variants; give one of the two another name");
        }

        // The arguments that only the lab's patches teach configure.
        var shipped = line.Build.Configure.Concat(line.Build.Variants.Values.SelectMany(arguments => arguments)).ToHashSet(StringComparer.Ordinal);
        if (lab.Variants.FirstOrDefault(variant => variant.Value.All(shipped.Contains)) is { Key: { } same })
        {
            throw Refused(lab, $"the lab's variant '{same}' adds nothing that line {line.Line} does not build", "name what sets it apart from what users get");
        }

        foreach (var made in lab.Generated)
        {
            if (line.Generated.FirstOrDefault(shippedPatch => Overlap(Sources(shippedPatch), Sources(made))) is { } ships)
            {
                throw Refused(lab, $"{ships.Patch} of line {line.Line} is made from {Sources(ships)}, and the lab's {made.Patch} from {Sources(made)}", "keep the lab's sources in a folder that no shipped patch is made from");
            }

            if (line.Generated.Any(shippedPatch => shippedPatch.Patch == made.Patch))
            {
                throw Refused(lab, $"line {line.Line} has a generated patch {made.Patch} too", "give the lab's another name");
            }
        }
    }

    private static string Sources(GeneratedPatch made) => made.Below.Length == 0 ? made.From : $"{made.From}/{made.Below}";

    private static bool Overlap(string one, string two) =>
        one == two || one.StartsWith(two + "/", StringComparison.Ordinal) || two.StartsWith(one + "/", StringComparison.Ordinal);

    private static Failure Refused(LabSettings lab, string sentence, string hint) => Failure.Refused(sentence, hint, lab.At);
}
