using System.Text;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Tests.Settings;

public sealed class PhpReaderTests
{
    private const string Php = "php: {packages: {apt: [gcc]}, source: php8.2, version: \"8.2\", patches: p/php, configure: [--disable-all], ini: [log_errors = On]}";

    private static string With(string php) => SettingsFileTests.Good.Replace(
        "\nroot:",
        "\n    lab:\n      series: p\n      variants: {x: [--with-x]}\n      " + php + "\nroot:",
        StringComparison.Ordinal);

    private static PhpSettings? Read(string php) =>
        SettingsFile.Parse("/x/patchforge.yaml", Encoding.UTF8.GetBytes(With(php))).Lines[0].Lab?.Php;

    [Fact]
    public void Php_of_a_lab_is_read()
    {
        var php = Read(Php);

        Assert.NotNull(php);
        Assert.Equal(("php8.2", "8.2", "p/php"), (php.Source, php.Version, php.Patches));
        Assert.Equal(["gcc"], php.Packages["apt"]);
        Assert.Equal(["--disable-all"], php.Configure);
        Assert.Equal(["log_errors = On"], php.Ini);
    }

    [Fact]
    public void A_lab_may_do_without_php_and_php_without_a_line_of_ini()
    {
        Assert.Null(Read("switching: []"));
        Assert.Empty(Read(Php.Replace(", ini: [log_errors = On]", "", StringComparison.Ordinal))?.Ini ?? ["none"]);
    }

    [Theory]
    [InlineData("source: php8.2", "source: \"-o Dir::Etc=/x\"", "'source' of php is '-o Dir::Etc=/x'", "a source package's name")]
    [InlineData("source: php8.2", "source: \"php8.2;id\"", "'source' of php is", "a source package's name")]
    [InlineData("version: \"8.2\"", "version: \"8.*\"", "'version' of php is '8.*'", "the beginning of a version")]
    [InlineData("patches: p/php", "patches: ../php", "'..' segment", "below its folder")]
    [InlineData("configure:", "configuer:", "'configuer' is not a key of php", "did you mean 'configure'")]
    [InlineData("patches: p/php, ", "", "php has no 'patches'", "add a line")]
    public void What_is_wrong_is_said_with_its_place(string good, string bad, string sentence, string hint)
    {
        Assert.Contains(good, Php, StringComparison.Ordinal);

        var failure = Assert.Throws<Failure>(() => Read(Php.Replace(good, bad, StringComparison.Ordinal)));

        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
        Assert.Equal(("/x/patchforge.yaml", 31), (failure.At?.File, failure.At?.Line));
    }
}
