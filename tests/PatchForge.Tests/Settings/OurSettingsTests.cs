using PatchForge.Settings;

namespace PatchForge.Tests.Settings;

/// <summary>The patchforge.yaml of this repository, as it stands.</summary>
public sealed class OurSettingsTests
{
    private static readonly ForgeSettings Ours = SettingsFile.Load(SettingsFile.Locate(AppContext.BaseDirectory));

    [Fact]
    public void It_has_the_fourteen_releases_that_were_distfiles_in_order()
    {
        var line = Ours.Lines[0];
        Assert.Equal(["2.0", "2.4"], Ours.Lines.Select(one => one.Line));
        Assert.Equal(
            [48, 49, 50, 51, 52, 53, 54, 55, 58, 59, 61, 63, 64, 65],
            line.Releases.Select(release => int.Parse(release.Version.Split('.')[2], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Every_release_has_a_size_two_components_and_a_digest_with_its_source()
    {
        foreach (var release in Ours.Lines[0].Releases)
        {
            Assert.NotNull(release.Size);
            Assert.NotEmpty(release.Digests);
            Assert.All(release.Digests, digest => Assert.NotEmpty(digest.Source));
            Assert.Equal(["apr", "apr-util"], release.Components.Keys);
            Assert.Contains(release.Version, release.Distfile, StringComparison.Ordinal);
            Assert.Equal(release.Digests.Length, release.Published.Digests.Length);
        }
    }

    [Fact]
    public void Ebuilds_are_carried_of_six_releases()
    {
        Assert.Equal(
            ["2.0.58", "2.0.59", "2.0.61", "2.0.63", "2.0.64", "2.0.65"],
            Ours.Lines[0].Releases.Where(release => release.Ebuild).Select(release => release.Version));
    }

    [Fact]
    public void A_digest_of_2_0_65_is_the_one_that_was_published()
    {
        var (_, release) = Ours.Release("2.0.65");
        Assert.Equal(4999802, release.Size);
        Assert.Contains(release.Digests, digest => digest is { Algorithm: "SHA1", Hex: "0183866df73c7877ba9275a075a2ece7a67f6c95" });
        Assert.Equal(new DateOnly(2013, 6, 28), release.Date);
        Assert.Equal("commit date of the tag in the upstream git mirror", release.DateSource);
    }

    [Fact]
    public void A_release_that_is_not_there_is_refused_with_those_that_are()
    {
        var failure = Assert.Throws<PatchForge.Seams.Failure>(() => Ours.Release("2.0.57"));
        Assert.Contains("2.0.58", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void The_four_generated_patches_are_of_the_series()
    {
        Assert.Equal(
            ["0100-mpm-itk-core.patch|src/mpm-itk/core||server/mpm/itk", "0105-mpm-itk-httpd.patch|src/mpm-itk/httpd||server/mpm/itk", "0110-mpm-itk-2.0.patch|src/mpm-itk/2.0|server|", "0120-mpm-itk-manual.patch|src/mpm-itk/2.0|docs|"],
            Ours.Lines[0].Generated.Select(patch => $"{patch.Patch}|{patch.From}|{patch.Below}|{patch.To}"));
    }

    [Fact]
    public void Php_is_the_labs_and_is_built_with_what_the_attacks_need()
    {
        var php = Ours.Lines[0].Lab?.Php;

        Assert.NotNull(php);
        Assert.Equal(("php8.2", "8.2", "patches/mpm-itk/lab/php/series"), (php.Source, php.Version, php.SeriesFile));
        Assert.Contains("--enable-posix", php.Configure);
        Assert.Contains("--enable-opcache", php.Configure);
        Assert.Contains("--disable-opcache-jit", php.Configure);
        Assert.StartsWith("patches/mpm-itk/lab/", php.Patches, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_2_4_is_fetched_from_a_distribution_too()
    {
        var line = Ours.Lines[1];
        Assert.Equal("2.4", line.Dialect.Name);
        Assert.Equal(["event", "itk", "prefork", "worker"], line.Build.Variants.Keys);
        Assert.Equal(
            ["0100-mpm-itk-core.patch|src/mpm-itk/core||server/mpm/itk", "0105-mpm-itk-httpd.patch|src/mpm-itk/httpd||server/mpm/itk", "0110-mpm-itk-2.4.patch|src/mpm-itk/2.4|server|", "0120-mpm-itk-manual.patch|src/mpm-itk/2.4|docs|"],
            line.Generated.Select(patch => $"{patch.Patch}|{patch.From}|{patch.Below}|{patch.To}"));
        var (_, release) = Ours.Release("2.4.68");
        Assert.Equal(["BLAKE2B", "SHA512"], release.Digests.Select(digest => digest.Algorithm));
        Assert.Equal(("apache2", "2.4.68"), (release.SourcePackage?.Name, release.SourcePackage?.Version));
        Assert.Contains(release.SourcePackage?.Digests ?? [], digest => digest is { Algorithm: "SHA256", Hex: "ed9a9d4500fb48bb28eaffb3ba71d06ccf86d498fa13ab9f781da010cc488498" });
    }

    /// <summary>::gentoo has 2.4 too, in the same slot: what is the same release must be taken from here.</summary>
    [Fact]
    public void The_ebuild_of_line_2_4_is_in_the_slot_of_gentoo_s_and_above_it()
    {
        var line = Ours.Lines[1];
        Assert.NotNull(line.Ebuild);
        Assert.Equal(("2", 100), (line.Ebuild.Slot, line.Ebuild.Revision));
        Assert.Equal(["2.4.68"], line.Carried.Select(release => release.Version));
        Assert.Equal(["event: threads", "worker: threads"], line.Ebuild.Use.Select(variant => $"{variant.Key}: {string.Join(' ', variant.Value)}"));
        Assert.Empty(Ours.Lines[0].Ebuild?.Use ?? throw new InvalidOperationException("Line 2.0 has ebuilds."));
    }

    [Fact]
    public void Line_2_4_is_compared_with_what_the_distribution_has_and_2_0_with_nothing_of_it()
    {
        Assert.Equal(["libapache2-mpm-itk", "libapache2-mod-php8.2", "php8.2-fpm"], Ours.Lines[1].Bench.Packages["apt"]);
        Assert.Empty(Ours.Lines[0].Bench.Packages);
        Assert.Equal(["wrk"], Ours.Bench.Packages["apt"]);
    }
}
