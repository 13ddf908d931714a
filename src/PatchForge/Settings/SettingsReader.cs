using System.Collections.Immutable;
using PatchForge.Httpd;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Settings;

/// <summary>Turns the document's pieces into the settings' records. Each method is the schema of one mapping.</summary>
internal static class SettingsReader
{
    public static ForgeSettings Forge(string file, YamlPiece root)
    {
        var map = root.Map("patchforge.yaml", "package", "name", "overlay", "lines", "root", "smoke", "bench");
        var package = map.Text("package");
        if (package.Split('/') is not [var category, var own])
        {
            throw Failure.Refused($"'{package}' is not category/package", "such as www-servers/apache", map.Get("package").At);
        }

        PlainText.Name(category, "the package's category", map.Get("package").At);
        PlainText.Name(own, "the package", map.Get("package").At);

        var lines = Filled(map, "lines").Select(Line).ToImmutableArray();
        Once(map.Get("lines"), "line", lines, line => line.Line);
        Once(map.Get("lines"), "release", lines.SelectMany(line => line.Releases), release => release.Version);
        Once(map.Get("lines"), "distfile", lines.SelectMany(line => line.Releases).SelectMany(Files), file => file);
        // A package that is no server has nothing to ask.
        var smoke = map.Find("smoke") is { } asked ? SmokeReader.Smoke(asked) : SmokeSettings.None;
        var overlay = Overlay(map.Get("overlay"));
        LabReader.KeepApart(overlay, lines, smoke, map.Find("smoke")?.At ?? map.At);
        return new ForgeSettings(
            Path.GetDirectoryName(Path.GetFullPath(file))!, // a file's full path has a directory
            package,
            PlainText.Name(map.Text("name"), "'name'", map.Get("name").At),
            overlay,
            lines,
            Root(map.Get("root")),
            smoke)
        {
            File = Path.GetFullPath(file),
            Bench = map.Find("bench") is { } bench ? BuildReader.Bench(bench) : BenchSettings.None,
        };
    }

    private static OverlaySettings Overlay(YamlPiece piece)
    {
        var map = piece.Map("overlay", "packages", "metadata", "profiles", "delivery");
        var delivery = map.Text("delivery") switch
        {
            "files" => Delivery.Files,
            "distfile" => Delivery.Distfile,
            var other => throw Failure.Refused($"'{other}' is not a delivery", "it is files or distfile", map.Get("delivery").At),
        };
        return new OverlaySettings(Inside(map, "packages"), Inside(map, "metadata"), Inside(map, "profiles"), delivery);
    }

    private static LineSettings Line(YamlPiece piece)
    {
        var map = piece.Map("a line", "line", "configuration", "series", "date-source", "generated", "upstream", "releases", "ebuild", "build", "lab", "bench");
        var upstream = Upstream(map.Get("upstream"));
        var dateSource = map.TextOrNull("date-source");
        // An ebuild takes its configure lines from 'build'; patches alone need neither.
        var build = map.Find("build") is null && map.Find("ebuild") is null && map.Find("lab") is null ? BuildSettings.None : BuildReader.Build(map.Get("build"));
        return new LineSettings(
            PlainText.Name(map.Text("line"), "'line'", map.Get("line").At),
            Inside(map, "series"),
            [.. (map.Find("generated")?.List("'generated' of a line") ?? []).Select(Generated)],
            upstream,
            [.. Filled(map, "releases")
                .Select(release => ReleaseReader.Release(release, dateSource, upstream, hasEbuild: map.Find("ebuild") is not null))
                .OrderBy(release => ReleaseVersion.Parse(release.Version))],
            map.Find("ebuild") is { } ebuild ? EbuildReader.Ebuild(ebuild, build) : null,
            build)
        {
            Dialect = map.Find("configuration") is { } language ? Configuration(language) : Dialect.Httpd20,
            Lab = map.Find("lab") is { } lab ? LabReader.Lab(lab) : null,
            Bench = map.Find("bench") is { } bench ? BuildReader.Bench(bench) : BenchSettings.None,
        };
    }

    private static Dialect Configuration(YamlPiece piece)
    {
        var name = piece.AsText("'configuration' of a line");
        return Dialect.Find(name) ?? throw Failure.Refused(
            $"'{name}' is no configuration that is known here", "it is one of " + string.Join(", ", Dialect.All.Select(dialect => $"\"{dialect.Name}\"")), piece.At);
    }

    internal static GeneratedPatch Generated(YamlPiece piece)
    {
        var map = piece.Map("a generated patch", "patch", "from", "below", "to", "subject");
        return new GeneratedPatch(
            FileName(map, "patch"),
            Inside(map, "from"),
            map.Find("to") is null ? "" : Inside(map, "to"),
            map.Find("below") is null ? "" : Inside(map, "below"),
            map.Text("subject"));
    }

    private static UpstreamSettings Upstream(YamlPiece piece)
    {
        var map = piece.Map("upstream", "mirrors", "signature-suffix", "keys", "git");
        return new UpstreamSettings(
            map.Find("mirrors") is null ? [] : [.. Filled(map, "mirrors").Select(mirror => Address(mirror, "a mirror", folder: true))],
            map.TextOrNull("signature-suffix") ?? ".asc",
            map.Find("keys") is { } keys ? Address(keys, "'keys' of upstream", folder: false) : null,
            map.Find("git") is { } git ? Git(git) : null);
    }

    private static GitUpstreamSettings Git(YamlPiece piece)
    {
        var map = piece.Map("git", "repository", "clone", "tag", "components");
        var tag = map.Text("tag");
        return !tag.Contains("{version}", StringComparison.Ordinal)
            ? throw Failure.Refused($"the tag '{tag}' is the same for every release", "put {version} where the version goes", map.Get("tag").At)
            : new GitUpstreamSettings(FileName(map, "repository"), tag, [.. map.Find("components")?.List("'components' of git").Select(Component) ?? []])
            {
                ClonePath = map.TextOrNull("clone"),
            };
    }

    private static GitComponentSettings Component(YamlPiece piece)
    {
        var map = piece.Map("a git component", "repository", "clone", "path");
        return new GitComponentSettings(FileName(map, "repository"), Inside(map, "path")) { ClonePath = map.TextOrNull("clone") };
    }

    private static RootSettings Root(YamlPiece piece)
    {
        var map = piece.Map("root", "default", "stage3-index");
        var start = map.Text("default");
        return start == "host" || start.StartsWith("dir:", StringComparison.Ordinal) || start.StartsWith("stage3:", StringComparison.Ordinal)
            ? new RootSettings(start, map.Find("stage3-index") is { } index ? Address(index, "'stage3-index' of root", folder: false) : null)
            : throw Failure.Refused($"'{start}' is not a root", "it is host, dir:PATH or stage3:PATH-OR-URL", map.Get("default").At);
    }

    private static IEnumerable<string> Files(ReleaseSettings release) =>
        release.SourcePackage is { } package ? [release.Distfile, package.Archive] : [release.Distfile];

    /// <summary>A list with something in it.</summary>
    internal static ImmutableArray<YamlPiece> Filled(YamlMap map, string key)
    {
        var list = map.Get(key).List(map.Named(key));
        return list.IsEmpty ? throw Failure.Refused($"{map.Named(key)} is an empty list", "it needs one item at least", map.Get(key).At) : list;
    }

    /// <summary>A path that stays below the settings file's folder.</summary>
    internal static string Inside(YamlMap map, string key) => Inside(map.Get(key), map.Named(key));

    private static string Inside(YamlPiece piece, string what)
    {
        var text = piece.AsText(what);
        return TreePath.Complaint(text) is { } why
            ? throw Failure.Refused($"{what} is {why}: '{text}'", "paths are relative to the settings file and stay below its folder", piece.At)
            : text;
    }

    internal static string FileName(YamlMap map, string key) =>
        Inside(map, key) is var text && text.Contains('/', StringComparison.Ordinal)
            ? throw Failure.Refused($"{map.Named(key)} is a path: '{text}'", "it is one name, without folders", map.Get(key).At)
            : text;

    /// <summary>
    /// An address that what it answers cannot be forged on the way: https; plain http only to this machine itself,
    /// which is what a mirror behind a local proxy or a test is.
    /// </summary>
    internal static Uri Address(YamlPiece piece, string what, bool folder)
    {
        var text = piece.AsText(what);
        if (!Uri.TryCreate(folder && !text.EndsWith('/') ? text + "/" : text, UriKind.Absolute, out var address) || address.Host.Length == 0)
        {
            throw Failure.Refused($"{what} is not an address: '{text}'", "write https://host/path", piece.At);
        }

        return address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)
            ? address
            : throw Failure.Refused($"{what} is not HTTPS: '{text}'", "only https is used, and http to this machine itself", piece.At);
    }

    private static void Once<T>(YamlPiece where, string what, IEnumerable<T> items, Func<T, string> name)
    {
        var twice = items.GroupBy(name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any());
        if (twice is not null)
        {
            var at = (twice.Skip(1).First() as ReleaseSettings)?.At ?? where.At;
            throw Failure.Refused($"the {what} '{twice.Key}' is here twice", "keep one of the two", at);
        }
    }
}
