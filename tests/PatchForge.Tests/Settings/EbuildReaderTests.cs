using System.Text;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Tests.Settings;

/// <summary>USE flags that a variant is built with beside its own.</summary>
public sealed class EbuildReaderTests
{
    private static EbuildSettings? Read(string use) =>
        SettingsFile.Parse("/x/patchforge.yaml", Encoding.UTF8.GetBytes(
            SettingsFileTests.Good.Replace("template: t}", $"template: t, use: {use}}}", StringComparison.Ordinal))).Lines[0].Ebuild;

    [Fact]
    public void Flags_are_read_by_variant()
    {
        Assert.Equal(["threads", "ssl"], Read("{itk: [threads, ssl]}")?.Use["itk"] ?? []);
        Assert.Empty(Read("{}")?.Use ?? throw new InvalidOperationException("The line has an ebuild."));
    }

    [Theory]
    [InlineData("{event: [threads]}", "'use' of ebuild names 'event', which is no variant", "the variants are itk")]
    [InlineData("{itk: [-threads]}", "a USE flag is not a name: '-threads'", "letters and digits")]
    [InlineData("{itk: [a b]}", "a USE flag is not a name: 'a b'", "letters and digits")]
    [InlineData("{itk: threads}", "must be a list", null)]
    public void What_is_wrong_is_said_with_its_place(string use, string sentence, string? hint)
    {
        var failure = Assert.Throws<Failure>(() => Read(use));
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Contains(hint ?? "", failure.Hint ?? "", StringComparison.Ordinal);
        Assert.True(failure.At is { File: "/x/patchforge.yaml", Line: > 0 });
    }
}
