using System.Collections.Immutable;
using System.Text;
using PatchForge.Ebuilds;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Ebuilds;

public sealed class EbuildGeneratorTests
{
    private static readonly ForgeSettings Forge = SettingsFile.Load(Path.Combine(TestData.Checkout, "patchforge.yaml"));
    private static readonly LineSettings Line = Forge.Lines[0];
    private static readonly EbuildSettings Ebuild = Line.Ebuild ?? throw new InvalidOperationException("Line 2.0 has ebuilds.");

    private static string Generate(string template, LineSettings? line = null, string version = "2.0.65", params string[] patches) =>
        Encoding.UTF8.GetString(
            new EbuildGenerator(Forge, line ?? Line, EbuildTemplate.Parse(Encoding.UTF8.GetBytes(template), "a.ebuild"), [.. patches])
                .Generate((line ?? Line).Releases.First(release => release.Version == version)).Content.Span);

    private static LineSettings With(Func<BuildSettings, BuildSettings> change) => Line with { Build = change(Line.Build) };

    [Fact]
    public void A_hole_on_its_own_line_becomes_lines_with_its_indent()
    {
        var text = Generate("PATCHES=(\n\t@{patches}\n)\n", null, "2.0.65", "s/1.patch", "s/it's.patch");

        Assert.Equal("PATCHES=(\n\t\"${FILESDIR}\"/s/1.patch\n\t\"${FILESDIR}\"/'s/it'\\''s.patch'\n)\n", text);
    }

    [Fact]
    public void The_distfile_is_named_by_PV_so_that_a_bump_is_a_copy()
    {
        Assert.Equal("https://archive.apache.org/dist/httpd/httpd-${PV}.tar.bz2\n", Generate("@{src_uri}\n"));
        Assert.Equal(Generate("@{src_uri}\n"), Generate("@{src_uri}\n", null, "2.0.58"));
    }

    [Fact]
    public void The_file_is_called_after_package_version_and_revision()
    {
        var template = EbuildTemplate.Parse("EAPI=8\n"u8, "a.ebuild");
        var plain = new EbuildGenerator(Forge, Line, template, []).Generate(Line.Releases[^1]);
        var revised = new EbuildGenerator(Forge, Line with { Ebuild = Ebuild with { Revision = 3 } }, template, []).Generate(Line.Releases[^1]);

        Assert.Equal($"apache-{Line.Releases[^1].Version}.ebuild", plain.FileName);
        Assert.Equal($"apache-{Line.Releases[^1].Version}-r3", revised.Pf);
    }

    [Fact]
    public void A_flag_picks_a_variant_and_none_means_the_named_one()
    {
        var line = With(build => build with
        {
            Variants = new Dictionary<string, ImmutableArray<string>>
            {
                ["itk"] = ["--with-mpm=itk", "--x=a b"],
                ["prefork"] = ["--with-mpm=prefork"],
                ["worker"] = ["--with-mpm=worker"],
            }.ToImmutableSortedDictionary(),
        });

        Assert.Equal(
            """
                if use mpm-itk; then
                	conf+=( --with-mpm=itk '--x=a b' )
                elif use mpm-worker; then
                	conf+=( --with-mpm=worker )
                else
                	conf+=( --with-mpm=prefork )
                fi

            """,
            Generate("    @{variants conf mpm- prefork}\n", line));
        Assert.Equal("mpm-itk mpm-prefork mpm-worker\n", Generate("@{flags mpm-}\n", line));
    }

    [Fact]
    public void Arguments_of_configure_are_those_of_the_settings()
    {
        var text = Generate("@{configure}\n");

        Assert.Equal(Line.Build.Configure, text.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void A_value_from_the_settings_is_never_code()
    {
        var line = Line with { Ebuild = Ebuild with { Description = "a \"b\" $(c) `d` \\" } };

        Assert.Equal("DESCRIPTION=\"a \\\"b\\\" \\$(c) \\`d\\` \\\\\"\n", Generate("DESCRIPTION=\"@{description}\"\n", line));
    }

    [Theory]
    [InlineData("EAPI=8\n@{nonsense}\n", 2, "nonsense")]
    [InlineData("EAPI=8\nx @{patches} y\n", 2, "alone")]
    public void A_hole_that_cannot_be_filled_is_refused_with_its_line(string template, int line, string says)
    {
        var failure = Assert.Throws<Failure>(() => Generate(template, null, "2.0.65", "1.patch", "2.patch"));

        Assert.Equal(new FileLocation("a.ebuild", line), failure.At);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EAPI=8\r\n", 1)]
    [InlineData("EAPI=8\nx", 2)]
    [InlineData("", 1)]
    public void A_template_that_is_no_text_file_is_refused_with_its_line(string template, int line) =>
        Assert.Equal(line, Assert.Throws<Failure>(() => Generate(template)).At?.Line);

    [Fact]
    public void A_line_without_the_variant_that_no_flag_means_is_refused() =>
        Assert.Throws<Failure>(() => Generate("@{variants conf mpm- event}\n"));

    [Fact]
    public void Our_template_makes_the_same_ebuild_of_every_release()
    {
        var template = File.ReadAllText(Path.Combine(TestData.Checkout, Ebuild.Template));
        var texts = Line.Releases.Where(release => release.Ebuild).Select(release => Generate(template, null, release.Version, "s/1.patch"));

        Assert.Single(texts.Distinct());
    }
}
