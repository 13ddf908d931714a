using System.Text;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Settings;

/// <summary>The lab's part of the settings, and each way in which it could come near to users.</summary>
public sealed class LabSettingsTests : IDisposable
{
    private readonly TinyForge _forge = new TinyForge().WithLab();

    public void Dispose() => _forge.Dispose();

    private string Text => _forge.Read(SettingsFile.Name);

    private static ForgeSettings Parse(string text) => SettingsFile.Parse("/x/patchforge.yaml", Encoding.UTF8.GetBytes(text));

    [Fact]
    public void A_lab_is_read_and_none_of_it_is_among_what_is_built_for_users()
    {
        var line = Assert.Single(Parse(Text).Lines);
        var lab = line.Lab;
        Assert.NotNull(lab);
        Assert.Equal("patches/tiny/lab", lab.Series);
        Assert.Equal(["0200-wicked.patch"], lab.Generated.Select(made => made.Patch));
        Assert.Equal(["--wicked"], lab.Variants["wicked"]);
        Assert.Equal(["wicked"], lab.Switching);
        Assert.Equal(["fancy", "plain"], line.Build.Variants.Keys);
        Assert.Equal(["0100-extra.patch"], line.Generated.Select(made => made.Patch));
    }

    [Fact]
    public void A_line_needs_no_lab()
    {
        using var plain = new TinyForge();
        Assert.Null(Assert.Single(Parse(plain.Read(SettingsFile.Name)).Lines).Lab);
    }

    [Theory]
    [InlineData("variants: {wicked: [--wicked]}", "variants: {plain: [--wicked]}", "'plain' is a variant of the lab and of line 1")]
    [InlineData("variants: {wicked: [--wicked]}", "variants: {wicked: [--plain, --enable-tiny]}", "adds nothing that line 1 does not build")]
    [InlineData("variants: {wicked: [--wicked]}", "variants: {Wicked Thing: [--wicked]}", "a variant is not a name")]
    [InlineData("switching: [wicked]", "switching: [plain]", "which is none of its variants")]
    [InlineData("start-limit: 5", "start-limit: 5\n  variants: [plain, wicked]", "smoke names 'wicked', which is the lab's")]
    [InlineData("start-limit: 5", "start-limit: 5\n  switching: [wicked]", "smoke names 'wicked', which is the lab's")]
    [InlineData("series: patches/tiny/lab", "series: patches/tiny/1", "patches/tiny/1 are not apart")]
    [InlineData("series: patches/tiny/lab", "series: patches/tiny/1/lab", "patches/tiny/1 are not apart")]
    [InlineData("series: patches/tiny/lab", "series: patches/tiny", "patches/tiny/1 are not apart")]
    [InlineData("series: patches/tiny/lab", "series: overlay/app-misc/tiny/files/lab", "overlay are not apart")]
    [InlineData("from: src/tiny,", "from: src,", "0100-extra.patch of line 1 is made from src, and the lab's 0200-wicked.patch from src/lab")]
    [InlineData("from: src/lab,", "from: src/tiny/lab,", "0100-extra.patch of line 1 is made from src/tiny, and the lab's 0200-wicked.patch from src/tiny/lab")]
    [InlineData("patch: 0200-wicked.patch", "patch: 0100-extra.patch", "line 1 has a generated patch 0100-extra.patch too")]
    [InlineData("      switching: [wicked]", "      ebuild: true", "'ebuild' is not a key of lab")]
    public void What_would_bring_the_lab_near_to_users_is_refused(string good, string bad, string sentence)
    {
        Assert.Contains(good, Text, StringComparison.Ordinal);
        var failure = Assert.Throws<Failure>(() => Parse(Text.Replace(good, bad, StringComparison.Ordinal)));
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Equal("/x/patchforge.yaml", failure.At?.File);
        Assert.NotEmpty(failure.Hint ?? "");
    }
}
