using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using PatchForge.Ebuilds;
using PatchForge.Settings;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Ebuilds;

/// <summary>What the template of line 2.4 says of modules, against what the MPM's sources say of them.</summary>
public sealed partial class Line24EbuildTests
{
    private const string Modules = "apache2_modules_";

    private static readonly GeneratedEbuild Ebuild = Generate();
    private static readonly string Text = Encoding.UTF8.GetString(Ebuild.Content.Span);

    /// <summary>The MPM's verdicts, which tests/mpm-itk/modules-2.4 holds equal to what httpd ships.</summary>
    private static readonly ImmutableSortedDictionary<string, string> Verdicts =
        Verdict().Matches(File.ReadAllText(Path.Combine(TestData.Checkout, "src/mpm-itk/2.4/server/mpm/itk/itk_modules.c")))
            .ToImmutableSortedDictionary(match => match.Groups["name"].Value, match => match.Groups["verdict"].Value, StringComparer.Ordinal);

    private static readonly ImmutableSortedSet<string> Flagged =
        [.. List().Match(Text).Groups["names"].Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];

    private static GeneratedEbuild Generate()
    {
        var forge = SettingsFile.Load(Path.Combine(TestData.Checkout, "patchforge.yaml"));
        var line = forge.Lines[1];
        var template = line.Ebuild?.Template ?? throw new InvalidOperationException("Line 2.4 has an ebuild.");
        return new EbuildGenerator(forge, line, EbuildTemplate.Parse(File.ReadAllBytes(Path.Combine(forge.Home, template)), template), ["s/1.patch"])
            .Generate(forge.Release("2.4.68").Release);
    }

    [Fact]
    public void Its_revision_is_not_in_its_source_s_name()
    {
        Assert.Equal("apache-2.4.68-r100.ebuild", Ebuild.FileName);
        Assert.Contains("SRC_URI=\"https://archive.apache.org/dist/httpd/httpd-${PV}.tar.bz2\"", Text, StringComparison.Ordinal);
        Assert.Contains("S=\"${WORKDIR}/httpd-${PV}\"", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("@{", Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_module_that_can_be_named_is_one_that_the_MPM_has_a_verdict_of()
    {
        Assert.True(Flagged.Count > 90, $"{Flagged.Count} modules were found in the template");
        Assert.DoesNotContain(Flagged, name => !Verdicts.ContainsKey(name));
        Assert.DoesNotContain("cgi", Flagged);
    }

    [Fact]
    public void A_module_that_the_MPM_refuses_cannot_be_named_with_it()
    {
        var excluded = Excluded().Match(Text).Groups["flags"].Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(
            Flagged.Where(name => Verdicts[name] == "REFUSED").Select(name => $"!{Modules}{name}").Append("!suexec"),
            excluded);
        Assert.Equal("REFUSED", Verdicts["suexec"]);
        Assert.Equal("REFUSED", Verdicts["cgid"]);
    }

    [Fact]
    public void Every_module_that_a_condition_names_is_one_of_the_ebuild() =>
        Assert.Empty(Flag().Matches(Text).Select(match => match.Groups["name"].Value)
            .Where(name => name.Length > 0 && name is not ("cgi" or "cgid") && !Flagged.Contains(name)).Distinct());

    [Fact]
    public void Every_proxy_module_wants_the_proxy() =>
        Assert.All(
            Flagged.Where(name => name.StartsWith("proxy_", StringComparison.Ordinal)),
            name => Assert.Contains($"\t{Modules}{name}? ( {Modules}proxy ", Text, StringComparison.Ordinal));

    [GeneratedRegex("""\{ "mod_(?<name>[a-z0-9_]+)\.c", (?<verdict>[A-Z]+),""")]
    private static partial Regex Verdict();

    [GeneratedRegex(@"\nMODULES=\((?<names>[^)]*)\)\n")]
    private static partial Regex List();

    [GeneratedRegex(@"\n\tmpm-itk\? \((?<flags>[^)]*)\)\n")]
    private static partial Regex Excluded();

    [GeneratedRegex(@"apache2_modules_(?<name>[a-z0-9_]*)")]
    private static partial Regex Flag();
}
