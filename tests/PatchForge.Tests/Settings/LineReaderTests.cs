using System.Text;
using PatchForge.Httpd;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Tests.Settings;

/// <summary>What a line may have or leave out: an ebuild, a source package, its configuration's language.</summary>
public sealed class LineReaderTests
{
    private const string Line = """

          - line: "2.4"
            configuration: "2.4"
            series: patches/mpm-itk/2.4
            date-source: the tag
            generated: [{patch: a.patch, from: src/2.4, subject: ours}]
            upstream: {mirrors: [https://example.org/dist]}
            releases:
              - version: 2.4.1
                date: 2001-02-03
                distfile: httpd-2.4.1.tar.bz2
              - version: 2.4.2
                date: 2001-02-04
                distfile: httpd-2.4.2.tar.bz2
                source-package:
                  name: apache2
                  version: "2.4.2-1~deb12u1"
                  archive: apache2_2.4.2.orig.tar.gz
                  size: 7
                  digests: {MD5: {hex: 0123456789abcdef0123456789abcdef, source: Debian}}
            build: {packages: {apt: [gcc]}, configure: [--enable-so], variants: {prefork: [--with-mpm=prefork]}}
            bench: {packages: {apt: [peer]}}
        """;

    private static readonly string s_good = SettingsFileTests.Good.Replace("\nroot:", Line + "\nroot:", StringComparison.Ordinal);

    private static ForgeSettings Read(string text) => SettingsFile.Parse("/x/patchforge.yaml", Encoding.UTF8.GetBytes(text));

    [Fact]
    public void A_line_without_an_ebuild_is_read_with_its_source_package_and_carries_its_newest_release()
    {
        var settings = Read(s_good);
        var line = settings.Lines[1];
        Assert.Null(line.Ebuild);
        Assert.Equal((Dialect.Httpd20, Dialect.Httpd24), (settings.Lines[0].Dialect, line.Dialect));
        Assert.Equal(["2.4.2"], line.Carried.Select(release => release.Version));
        Assert.Empty(settings.Lines[0].Carried);
        Assert.Equal((true, false), (line.CanBuild("prefork"), line.CanBuild("itk")));
        Assert.Equal(["peer"], line.Bench.Packages["apt"]);
        Assert.Empty(settings.Lines[0].Bench.Packages);
        Assert.Null(line.Releases[0].SourcePackage);
        var package = line.Releases[1].SourcePackage;
        Assert.NotNull(package);
        Assert.Equal(("apache2", "2.4.2-1~deb12u1", 7L), (package.Name, package.Version, package.Size));
        Assert.Equal("apache2_2.4.2.orig.tar.gz", package.Published.Name);
    }

    [Theory]
    [InlineData("distfile: httpd-2.4.2.tar.bz2", "distfile: httpd-2.4.2.tar.bz2\n        ebuild: true", "a release wants an ebuild, and its line does not say", "add 'ebuild' to the line")]
    [InlineData("configuration: \"2.4\"", "configuration: \"2.2\"", "'2.2' is no configuration", "\"2.0\", \"2.4\"")]
    [InlineData("name: apache2", "name: -o/x", "'name' of a source package is '-o/x'", "lower-case letters")]
    [InlineData("version: \"2.4.2-1~deb12u1\"", "version: \"*\"", "'version' of a source package is '*'", "without an epoch")]
    [InlineData("version: \"2.4.2-1~deb12u1\"", "version: \"1:2.4\"", "'version' of a source package is '1:2.4'", "without an epoch")]
    [InlineData("archive: apache2_2.4.2.orig.tar.gz", "archive: a/b.tar.gz", "is a path", "one name")]
    [InlineData("archive: apache2_2.4.2.orig.tar.gz", "archive: httpd-2.4.1.tar.bz2", "the distfile 'httpd-2.4.1.tar.bz2' is here twice", "keep one")]
    [InlineData("\n          digests: {MD5: {hex: 0123456789abcdef0123456789abcdef, source: Debian}}", "", "nothing says what the source package's archive must be", "add 'digests'")]
    [InlineData("bench: {packages:", "bench: {peers:", "'peers'", "packages")]
    [InlineData("from: src/2.4", "from: ../2.4", "'..' segment", "below its folder")]
    public void What_is_wrong_is_said_with_its_place(string good, string bad, string sentence, string hint)
    {
        Assert.Contains(good, s_good, StringComparison.Ordinal);
        var failure = Assert.Throws<Failure>(() => Read(s_good.Replace(good, bad, StringComparison.Ordinal)));
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
        Assert.True(failure.At is { File: "/x/patchforge.yaml", Line: > 0 });
    }
}
