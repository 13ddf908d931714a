using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>What Portage in a root is told to build of our lines.</summary>
public sealed class PortageOverlayTests
{
    private static readonly ForgeSettings Ours = SettingsFile.Load(Path.Combine(TestData.Checkout, "patchforge.yaml"));

    private static PreparedRelease Prepared(string version, string? archive = null) => new(
        version,
        Ours.Release(version).Line,
        archive is null ? null : new SourceAnswer(version, new DirectoryTree(TestData.Root), null, new DistfileVerdict.Unofficial("a test's"), archive, "/d/" + archive),
        null,
        null);

    private static string Flags(string version, string variant) =>
        string.Join(' ', PortageOverlay.Requests(Ours, Prepared(version), TestData.Checkout, null)?[variant].Use ?? []);

    [Theory]
    [InlineData("2.4.68", "event", "mpm-event -mpm-itk -mpm-prefork -mpm-worker threads")]
    [InlineData("2.4.68", "itk", "-mpm-event mpm-itk -mpm-prefork -mpm-worker -threads")]
    [InlineData("2.4.68", "prefork", "-mpm-event -mpm-itk mpm-prefork -mpm-worker -threads")]
    [InlineData("2.0.65", "worker", "-mpm-itk -mpm-prefork mpm-worker")]
    public void Every_flag_that_tells_variants_apart_is_given_on_or_off(string version, string variant, string flags) =>
        Assert.Equal(flags, Flags(version, variant));

    [Fact]
    public void The_revision_is_the_ebuild_s() =>
        Assert.Equal("2.4.68-r100", PortageOverlay.Requests(Ours, Prepared("2.4.68", "httpd-2.4.68.tar.bz2"), TestData.Checkout, null)?["itk"].Version);

    [Fact]
    public void An_archive_that_SRC_URI_does_not_name_is_refused_before_Portage_asks_the_network_for_the_other()
    {
        var failure = Assert.Throws<Failure>(() => PortageOverlay.Requests(Ours, Prepared("2.4.68", "apache2_2.4.68.orig.tar.gz"), TestData.Checkout, null));

        Assert.Equal(FailureKind.Missing, failure.Kind);
        Assert.Contains("from httpd-2.4.68.tar.bz2, and what is at hand is apache2_2.4.68.orig.tar.gz", failure.Message, StringComparison.Ordinal);
        Assert.Contains("DISTDIR", failure.Hint, StringComparison.Ordinal);
    }
}
