using PatchForge.Overlays;
using PatchForge.Seams;

namespace PatchForge.Tests.Overlays;

/// <summary>pkgcheck's findings among our own.</summary>
public sealed class PkgcheckReportTests
{
    [Fact]
    public void Each_line_is_a_finding_with_its_place_and_level()
    {
        var findings = PkgcheckReport.Read("""
            {"www-servers": {"apache": {"2.0.65": {"_warning": {"DeprecatedEapi": "uses deprecated EAPI 6"}}}}}
            {"www-servers": {"apache": {"_error": {"UnknownManifest": "unknown distfile"}}}}
            {"virtual": {"_style": {"RedundantVersion": "x"}}}
            {"_info": {"UnusedMirrors": "unused"}}

            """);

        Assert.Equal(
            [
                new Finding("pkgcheck-DeprecatedEapi", Severity.Warning, new FileLocation("www-servers/apache/apache-2.0.65.ebuild"), "uses deprecated EAPI 6"),
                new Finding("pkgcheck-UnknownManifest", Severity.Error, new FileLocation("www-servers/apache"), "unknown distfile"),
                new Finding("pkgcheck-RedundantVersion", Severity.Note, new FileLocation("virtual"), "x"),
                new Finding("pkgcheck-UnusedMirrors", Severity.Note, new FileLocation("."), "unused"),
            ],
            findings);
    }

    [Theory]
    [InlineData("Traceback (most recent call last):")]
    [InlineData("{\"www-servers\": 1}")]
    public void What_is_no_report_is_refused_with_its_line(string line)
    {
        var failure = Assert.Throws<Failure>(() => PkgcheckReport.Read("{}\n" + line + "\n"));

        Assert.Equal(2, failure.At?.Line);
    }

    [Fact]
    public void A_distfile_that_our_own_rule_notes_as_missing_is_no_error_and_another_is()
    {
        Finding[] own = [new("manifest-missing", Severity.Note, new FileLocation("a/b/Manifest"), "b-1.tar has no DIST line, so Portage refuses to fetch it")];
        var theirs = PkgcheckReport.Read("""
            {"a": {"b": {"1": {"_error": {"MissingManifest": "distfile missing from Manifest: [ b-1.tar ]"}}}}}
            {"a": {"b": {"2": {"_error": {"MissingManifest": "distfiles missing from Manifest: [ b-1.tar, b-1.tar.asc ]"}}}}}
            {"a": {"b": {"3": {"_error": {"UnknownManifest": "unknown distfile: [ b-1.tar ]"}}}}}
            """);

        Assert.Equal([Severity.Note, Severity.Error, Severity.Error], theirs.Select(one => PkgcheckReport.Judge(one, [.. own]).Severity));
    }
}
