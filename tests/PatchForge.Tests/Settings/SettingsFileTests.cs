using System.Text;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Tests.Settings;

/// <summary>What is wrong in a settings file is said with file, line and column, and with what to do.</summary>
public sealed class SettingsFileTests
{
    internal const string Good = """
        package: www-servers/apache
        name: mpm-itk
        overlay:
          packages: overlay
          metadata: metadata
          profiles: profiles
          delivery: files
        lines:
          - line: "2.0"
            series: patches/mpm-itk/2.0
            date-source: the tag
            upstream:
              mirrors: [https://example.org/dist]
              git: {repository: httpd, tag: "{version}", components: [{repository: apr, path: srclib/apr}]}
            releases:
              - version: 2.0.9
                date: 2001-02-03
                distfile: httpd-2.0.9.tar.gz
              - version: 2.0.10
                date: 2002-03-04
                distfile: httpd-2.0.10.tar.gz
                size: 123
                digests:
                  MD5: {hex: 0123456789abcdef0123456789abcdef, source: ports}
                components: {apr: 0.9.1}
            ebuild: {eapi: "8", description: d, homepage: https://example.org, license: l, slot: "2", keywords: [~amd64], template: t}
            build: {packages: {apt: [gcc]}, prepare: [[./buildconf]], configure: [--enable-so], variants: {itk: [--with-mpm=itk]}}
        root: {default: host}
        smoke: {port: 8080, start-limit: 20, sites: [{host: a.test, uid: 1000, gid: 1000}]}
        """;

    [Fact]
    public void A_project_of_patches_alone_needs_no_build_no_smoke_and_no_mirror()
    {
        string[] without = ["mirrors:", "ebuild:", "build:", "smoke:"];
        var text = string.Join('\n', Good.Split('\n').Where(line => !without.Any(key => line.TrimStart().StartsWith(key, StringComparison.Ordinal))));
        var settings = SettingsFile.Parse("/home/x/patchforge.yaml", Encoding.UTF8.GetBytes(text));
        Assert.Empty(settings.Lines[0].Upstream.Mirrors);
        Assert.Empty(settings.Lines[0].Build.Variants);
        Assert.Empty(settings.Smoke.Sites);
        Assert.Throws<Failure>(() => SettingsFile.Parse("/home/x/patchforge.yaml", Encoding.UTF8.GetBytes(
            string.Join('\n', Good.Split('\n').Where(line => !line.TrimStart().StartsWith("build:", StringComparison.Ordinal))))));
    }

    [Fact]
    public void A_good_file_is_read()
    {
        var settings = SettingsFile.Parse("/home/x/patchforge.yaml", Encoding.UTF8.GetBytes(Good));
        Assert.Equal("/home/x", settings.Home);
        Assert.Equal("www-servers", settings.Category);
        Assert.Equal(["2.0.9", "2.0.10"], settings.Lines[0].Releases.Select(release => release.Version));
        Assert.Equal("https://example.org/dist/", settings.Lines[0].Upstream.Mirrors[0].AbsoluteUri);
        Assert.Equal("0.9.1", settings.Lines[0].Releases[1].Components["apr"]);
        Assert.Equal(16, settings.Lines[0].Releases[0].At!.Line); // the loader sets At of every release
        Assert.Equal(TimeSpan.FromSeconds(20), settings.Smoke.StartLimit);
    }

    [Theory]
    // unknown key, with the nearest known one
    [InlineData("mirrors:", "mirors:", 13, 7, "'mirors' is not a key of upstream", "did you mean 'mirrors'")]
    [InlineData("name: mpm-itk", "nonsense: 1\nname: mpm-itk", 2, 1, "'nonsense' is not a key", "the keys here are package")]
    // missing key
    [InlineData("name: mpm-itk\n", "", 1, 1, "has no 'name'", "add a line 'name: …'")]
    [InlineData("        distfile: httpd-2.0.9.tar.gz\n", "", 16, 9, "a release has no 'distfile'", "add a line")]
    // wrong type
    [InlineData("size: 123", "size: many", 22, 15, "must be a whole number", null)]
    [InlineData("size: 123", "size: \"123\"", 22, 15, "must be a whole number", null)]
    [InlineData("size: 123", "size: 0", 22, 15, "is 0", "from 1 to")]
    [InlineData("size: 123", "size: -5", 22, 15, "must be a whole number", null)]
    [InlineData("name: mpm-itk", "name: [a, b]", 2, 7, "must be text, and this is a list", null)]
    [InlineData("mirrors: [https://example.org/dist]", "mirrors: https://example.org", 13, 16, "must be a list", null)]
    [InlineData("root: {default: host}", "root: host", 28, 7, "must be a mapping", null)]
    [InlineData("size: 123", "ebuild: maybe", 22, 17, "must be true or false", null)]
    [InlineData("mirrors: [https://example.org/dist]", "mirrors: []", 13, 16, "is an empty list", null)]
    // duplicates
    [InlineData("name: mpm-itk", "name: mpm-itk\nname: other", 3, 1, "'name' is here for the second time", "the first is in line 2")]
    [InlineData("version: 2.0.10", "version: 2.0.9", 19, 9, "the release '2.0.9' is here twice", null)]
    // broken YAML
    [InlineData("name: mpm-itk", "name: \"mpm", 2, 7, "this is not YAML", "quotes")]
    [InlineData("name: mpm-itk", "name: mpm\n\tx: 1", 3, 1, "this is not YAML", "tabs")]
    [InlineData("name: mpm-itk", "name: mpm: itk", 2, 10, "this is not YAML", null)]
    [InlineData("name: mpm-itk", "name: &a mpm", 2, 7, "anchors", "write the value out")]
    [InlineData("name: mpm-itk", "name: !!str mpm", 2, 7, "tags", "write the value out")]
    [InlineData("name: mpm-itk", "name: *a", 2, 7, "alias", "write the value out")]
    [InlineData("root: {default: host}", "root: {default: host}\n---\na: b", 29, 1, "second document", "'---'")]
    // values
    [InlineData("version: 2.0.10", "version: two", 19, 18, "'two' is not a version", "PMS")]
    [InlineData("date: 2002-03-04", "date: 2002-13-04", 20, 15, "not a date", "year-month-day")]
    [InlineData("hex: 0123456789abcdef0123456789abcdef", "hex: 0123", 24, 22, "MD5 has 32 hexadecimal digits", "copy the digest")]
    [InlineData("hex: 0123456789abcdef0123456789abcdef", "hex: 0123456789ABCDEF0123456789ABCDEF", 24, 22, "lower-case", null)]
    [InlineData("MD5: {", "MD4: {", 24, 11, "'MD4' is not a digest", "BLAKE2B")]
    [InlineData("https://example.org/dist", "http://example.org/dist", 13, 17, "is not HTTPS", "to this machine itself")]
    [InlineData("https://example.org/dist", "/srv/dist", 13, 17, "is not an address", null)]
    [InlineData("https://example.org/dist", "file:///srv/dist", 13, 17, "is not an address", null)]
    [InlineData("packages: overlay", "packages: ../overlay", 4, 13, "'..' segment", "below its folder")]
    [InlineData("packages: overlay", "packages: /overlay", 4, 13, "absolute", "below its folder")]
    [InlineData("distfile: httpd-2.0.10.tar.gz", "distfile: a/b.tar.gz", 21, 19, "is a path", "one name")]
    [InlineData("package: www-servers/apache", "package: apache", 1, 10, "not category/package", null)]
    [InlineData("package: www-servers/apache", "package: www-servers/$(id)", 1, 10, "the package is not a name: '$(id)'", "letters and digits")]
    [InlineData("name: mpm-itk", "name: \"a`id`\"", 2, 7, "'name' is not a name", "letters and digits")]
    [InlineData("name: mpm-itk", "name: \"a\\u202Eb\"", 2, 7, "an invisible character", null)]
    [InlineData("delivery: files", "delivery: mail", 7, 13, "not a delivery", "files or distfile")]
    [InlineData("tag: \"{version}\"", "tag: v1", 14, 37, "same for every release", "{version}")]
    [InlineData("components: {apr: 0.9.1}", "components: {arp: 0.9.1}", 25, 22, "'arp' is not a key", "the keys here are apr")]
    [InlineData("uid: 1000", "uid: 0", 29, 66, "is 0", "from 1")]
    [InlineData("default: host", "default: chroot", 28, 17, "is not a root", "dir:PATH")]
    public void What_is_wrong_is_said_with_line_and_column(string good, string bad, int line, int column, string sentence, string? hint)
    {
        var at = Good.IndexOf(good, StringComparison.Ordinal);
        Assert.True(at >= 0, "the row's text is not in the good file");
        var text = Good[..at] + bad + Good[(at + good.Length)..];
        var failure = Assert.Throws<Failure>(() => SettingsFile.Parse("/x/patchforge.yaml", Encoding.UTF8.GetBytes(text)));
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Equal(new FileLocation("/x/patchforge.yaml", line, column), failure.At);
        if (hint is not null)
        {
            Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_where_they_stand()
    {
        byte[] bytes = [.. "package: a/b\nname: é"u8, 0xff, .. "\n"u8];
        var failure = Assert.Throws<Failure>(() => SettingsFile.Parse("/x/p.yaml", bytes));
        Assert.Equal(new FileLocation("/x/p.yaml", 2, 8), failure.At);
    }

    [Fact]
    public void An_empty_file_and_a_deep_one_are_refused()
    {
        Assert.Contains("empty", Assert.Throws<Failure>(() => SettingsFile.Parse("/x/p.yaml", Array.Empty<byte>())).Message, StringComparison.Ordinal);
        var deep = Encoding.UTF8.GetBytes(new string('[', 5000));
        Assert.Throws<Failure>(() => SettingsFile.Parse("/x/p.yaml", deep));
    }

    [Fact]
    public void Plain_http_is_good_enough_to_this_machine_itself()
    {
        var text = Good.Replace("https://example.org/dist", "http://127.0.0.1:8080/dist", StringComparison.Ordinal);
        var settings = SettingsFile.Parse("/x/p.yaml", Encoding.UTF8.GetBytes(text));
        Assert.Equal("http://127.0.0.1:8080/dist/", settings.Lines[0].Upstream.Mirrors[0].AbsoluteUri);
    }

    [Fact]
    public void The_file_is_found_from_a_folder_below_and_its_absence_is_said()
    {
        var root = Directory.CreateTempSubdirectory("patchforge-test-").FullName;
        try
        {
            var below = Directory.CreateDirectory(Path.Combine(root, "a", "b")).FullName;
            Assert.Equal(FailureKind.Missing, Assert.Throws<Failure>(() => SettingsFile.Locate(below)).Kind);
            File.WriteAllText(Path.Combine(root, SettingsFile.Name), Good);
            Assert.Equal(Path.Combine(root, SettingsFile.Name), SettingsFile.Locate(below));
            Assert.Equal(root, SettingsFile.Load(SettingsFile.Locate(below)).Home);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
