using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>What Portage in a root is told to build of our lines.</summary>
public sealed class PortageOverlayTests : IDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("patchforge-test-");

    private static readonly ForgeSettings Ours = SettingsFile.Load(Path.Combine(TestData.Checkout, "patchforge.yaml"));

    private static PreparedRelease Prepared(string version, string? archive = null) => new(
        version,
        Ours.Release(version).Line,
        archive is null ? null : new SourceAnswer(version, new DirectoryTree(TestData.Root), null, new DistfileVerdict.Unofficial("a test's"), archive, "/d/" + archive),
        null,
        null);

    public void Dispose() => _state.Delete(recursive: true);

    private string Flags(string version, string set, bool ownSets = false)
    {
        var prepared = Prepared(version);
        prepared = ownSets ? prepared : prepared with { Line = prepared.Line with { Ebuild = prepared.Line.Ebuild! with { Sets = [] } } }; // both lines have one
        return string.Join(' ', Requests(prepared)?[set].Use ?? []);
    }

    private System.Collections.Immutable.ImmutableSortedDictionary<string, PatchForge.Roots.PortageRequest>? Requests(PreparedRelease prepared) =>
        PortageOverlay.Requests(Ours, prepared, TestData.Checkout, _state.FullName, null);

    [Theory]
    [InlineData("2.4.68", "event", "-mpm-itk -mpm-prefork -mpm-worker threads mpm-event")]
    [InlineData("2.4.68", "itk", "-mpm-event -mpm-prefork -mpm-worker -threads mpm-itk")]
    [InlineData("2.4.68", "prefork", "-mpm-event -mpm-itk -mpm-worker -threads mpm-prefork")]
    [InlineData("2.0.65", "worker", "-mpm-itk -mpm-prefork mpm-worker")]
    public void Every_flag_that_tells_variants_apart_is_given_on_or_off(string version, string variant, string flags) =>
        Assert.Equal(flags, Flags(version, variant));

    [Fact]
    public void A_set_of_the_settings_has_its_own_flags_and_no_other_variant_s()
    {
        Assert.Equal("-mpm-event -mpm-prefork -mpm-worker -threads mpm-itk ssl", Flags("2.4.68", "itk", ownSets: true));
        Assert.Equal("-mpm-itk -mpm-prefork -mpm-worker -ssl", Flags("2.0.65", "none", ownSets: true));
        Assert.Equal("prefork", Requests(Prepared("2.0.65"))?["none"].Variant);
    }

    [Fact]
    public void What_Portage_gets_is_the_repository_without_links()
    {
        var overlay = Requests(Prepared("2.0.65"))?["itk"].Overlay ?? "";

        Assert.True(File.Exists(Path.Combine(overlay, "www-servers/apache/apache-2.0.65.ebuild")));
        Assert.True(File.Exists(Path.Combine(overlay, "eclass/mpm-itk.eclass")));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(overlay, "*", SearchOption.AllDirectories), path => new FileInfo(path).LinkTarget is not null);
    }

    [Fact]
    public void The_revision_is_the_ebuild_s() =>
        Assert.Equal("2.4.68-r100", Requests(Prepared("2.4.68", "httpd-2.4.68.tar.bz2"))?["itk"].Version);

    [Fact]
    public void An_archive_that_SRC_URI_does_not_name_is_refused_before_Portage_asks_the_network_for_the_other()
    {
        var failure = Assert.Throws<Failure>(() => Requests(Prepared("2.4.68", "apache2_2.4.68.orig.tar.gz")));

        Assert.Equal(FailureKind.Missing, failure.Kind);
        Assert.Contains("from httpd-2.4.68.tar.bz2, and what is at hand is apache2_2.4.68.orig.tar.gz", failure.Message, StringComparison.Ordinal);
        Assert.Contains("DISTDIR", failure.Hint, StringComparison.Ordinal);
    }
}
