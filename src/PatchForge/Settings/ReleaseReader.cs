using System.Collections.Immutable;
using System.Text.RegularExpressions;
using PatchForge.Releases;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>The schema of a release.</summary>
internal static partial class ReleaseReader
{
    private const long LargestDistfile = 16L << 30;

    /// <param name="hasEbuild">The line says what its ebuilds are.</param>
    public static ReleaseSettings Release(YamlPiece piece, string? dateSource, UpstreamSettings upstream, bool hasEbuild)
    {
        var map = piece.Map("a release", "version", "date", "date-source", "distfile", "size", "digests", "ebuild", "components", "source-package");
        var version = map.Text("version");
        if (!ReleaseVersion.TryParse(version, out _))
        {
            throw Failure.Refused($"'{version}' is not a version", "a version is numbers with dots between them, such as 2.0.65 (PMS section 3.2)", map.Get("version").At);
        }

        var day = map.Text("date");
        if (!DateOnly.TryParseExact(day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var date))
        {
            throw Failure.Refused($"'{day}' is not a date", "write year-month-day, such as 2013-06-28", map.Get("date").At);
        }

        return new ReleaseSettings(
            version,
            date,
            map.TextOrNull("date-source") ?? dateSource,
            SettingsReader.FileName(map, "distfile"),
            Size(map),
            Digests(map),
            Ebuild(map, hasEbuild),
            Components(map, upstream))
        {
            At = map.At,
            SourcePackage = map.Find("source-package") is { } package ? SourcePackage(package) : null,
        };
    }

    private static ImmutableSortedDictionary<string, string> Components(YamlMap release, UpstreamSettings upstream)
    {
        string[] known = [.. upstream.Git?.Components.Select(component => component.Repository) ?? []];
        return release.Find("components") is { } piece
            ? piece.Map("'components' of a release", known).Sorted(entry => entry.Value.AsText($"the tag of {entry.Key}"))
            : ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    }

    private static PublishedDigest Digest(YamlEntry entry)
    {
        var algorithm = DigestAlgorithm.Find(entry.Key)
            ?? throw Failure.Refused($"'{entry.Key}' is not a digest", "the digests are " + string.Join(", ", DigestAlgorithm.All), entry.KeyAt);
        var map = entry.Value.Map("a digest", "hex", "source");
        var hex = map.Text("hex");
        return algorithm.Complaint(hex) is { } why
            ? throw Failure.Refused(why, "copy the digest again from its source", map.Get("hex").At)
            : new PublishedDigest(algorithm.Name, hex, map.Text("source"));
    }

    private static long? Size(YamlMap map) => map.Find("size")?.Number(map.Named("size"), 1, LargestDistfile);

    private static ImmutableArray<PublishedDigest> Digests(YamlMap map) =>
        [.. (map.Find("digests")?.FreeMap(map.Named("digests")).Entries ?? []).Select(Digest)];

    private static bool Ebuild(YamlMap release, bool hasEbuild)
    {
        var wanted = release.Find("ebuild")?.YesNo("'ebuild' of a release") ?? false;
        return !wanted || hasEbuild ? wanted : throw Failure.Refused(
            "a release wants an ebuild, and its line does not say what its ebuilds are",
            "take 'ebuild: true' out, or add 'ebuild' to the line, see docs/settings.md",
            release.Get("ebuild").At);
    }

    private static SourcePackageSettings SourcePackage(YamlPiece piece)
    {
        var map = piece.Map("a source package", "name", "version", "archive", "size", "digests");
        var digests = Digests(map);
        return digests.IsEmpty
            ? throw Failure.Refused("nothing says what the source package's archive must be", "add 'digests' with one of them at least, and with who published it", map.At)
            : new SourcePackageSettings(
                PackageName(map, "name"),
                Version(map),
                SettingsReader.FileName(map, "archive"),
                Size(map),
                digests);
    }

    /// <summary>A source package's name; it becomes an argument of the distribution's client.</summary>
    internal static string PackageName(YamlMap map, string key) =>
        Checked(map, key, SourceName(), "a source package's name: lower-case letters, digits, '+', '-' and '.' (Debian policy 5.6.1)");

    private static string Version(YamlMap map) =>
        Checked(map, "version", SourceVersion(), "a version or its beginning, without an epoch: \"2.4.68\" (Debian policy 5.6.12)");

    internal static string Checked(YamlMap map, string key, Regex form, string what)
    {
        var text = map.Text(key);
        return form.IsMatch(text)
            ? text
            : throw Failure.Refused($"{map.Named(key)} is '{text}'", "it is " + what, map.Get(key).At);
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9+.-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex SourceName();

    [GeneratedRegex(@"^[0-9][A-Za-z0-9.+~-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex SourceVersion();
}
