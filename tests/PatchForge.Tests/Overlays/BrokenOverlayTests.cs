using System.Text.Json;
using PatchForge.Ebuilds;
using PatchForge.Overlays;
using PatchForge.Settings;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Overlays;

/// <summary>Every folder of tests/testdata/overlays against its expected.json; README.md there says what a case is.</summary>
public sealed class BrokenOverlayTests
{
    private static readonly string Cases = Path.Combine(TestData.Root, "overlays");
    private static readonly OverlaySettings Layout = new("packages", "metadata", "profiles", Delivery.Files);

    public static TheoryData<string> Names =>
        [.. Directory.GetDirectories(Cases).Select(folder => Path.GetFileName(folder)).Where(name => name != "base").Order(StringComparer.Ordinal)];

    [Fact]
    public void Our_own_overlay_breaks_no_rule()
    {
        var settings = SettingsFile.Load(Path.Combine(Golden.Home, "patchforge.yaml"));
        var found = OverlayRules.Check(new OverlayFolder(settings.Home, settings.Overlay), EclassSources.None);
        Assert.Equal([], found.Where(finding => finding.Severity == Severity.Error));
    }

    [Fact]
    public void The_base_has_no_finding() =>
        Assert.Equal([], OverlayRules.Check(new OverlayFolder(Path.Combine(Cases, "base"), Layout), EclassSources.None));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_overlay_has_exactly_the_findings_that_its_case_expects(string name)
    {
        var folder = Directory.CreateTempSubdirectory("patchforge-overlay-");
        try
        {
            Lay(Path.Combine(Cases, "base"), folder.FullName);
            var removed = Path.Combine(Cases, name, "removed");
            foreach (var path in File.Exists(removed) ? File.ReadAllLines(removed) : [])
            {
                Assert.True(Path.Exists(Path.Combine(folder.FullName, path)), $"{path} is not in the base");
                File.Delete(Path.Combine(folder.FullName, path));
            }

            if (Directory.Exists(Path.Combine(Cases, name, "broken")))
            {
                Lay(Path.Combine(Cases, name, "broken"), folder.FullName);
            }

            var eclasses = new EclassSources([Path.Combine(folder.FullName, "eclass")]);
            var found = OverlayRules.Check(new OverlayFolder(folder.FullName, Layout), eclasses);

            using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Cases, name, "expected.json")));
            Assert.Equal(
                expected.RootElement.EnumerateArray().Select(one => $"{one.GetProperty("rule")} {one.GetProperty("severity")} {one.GetProperty("at")}"),
                found.Select(finding => $"{finding.Rule} {finding.Severity.ToString().ToLowerInvariant()} {finding.At}"));
            Assert.NotEmpty(found);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Lay(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(target, link);
            }
            else if (entry is DirectoryInfo)
            {
                Lay(entry.FullName, target);
            }
            else
            {
                File.Copy(entry.FullName, target, overwrite: true);
            }
        }
    }
}
