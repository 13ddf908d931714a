using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>Every command that users get something from, with a lab beside it and without: it makes no difference.</summary>
public sealed class LabStaysAwayTests : IDisposable
{
    private readonly TinyForge _plain = new();
    private readonly TinyForge _lab = new TinyForge().WithLab();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _plain.Dispose();
        _lab.Dispose();
    }

    [Theory]
    [InlineData("refresh", "--no-build")]
    [InlineData("refresh", "--all", "--no-build", "--dry-run")]
    [InlineData("ebuild")]
    [InlineData("manifest")]
    [InlineData("cache")]
    [InlineData("status")]
    [InlineData("status", "--format", "json")]
    [InlineData("apply", "1.1", "--to", "out")]
    public async Task What_is_said_and_what_is_written_is_the_same_with_a_lab_as_without(params string[] arguments)
    {
        var before = Files(_lab);
        var without = await Tool.Run(_plain, Cancel, arguments);
        var with = await Tool.Run(_lab, Cancel, arguments);

        Assert.True(with.ExitCode == 0, with.Output + with.Error);
        Assert.Equal(Said(without, _plain), Said(with, _lab));
        Assert.Equal(before.Where(file => OfLab(file.Key)), Files(_lab).Where(file => OfLab(file.Key)));
        Assert.Equal(Written(_plain), Written(_lab));
        Assert.DoesNotContain("wicked", with.Output + with.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Written(_lab), file => (file.Key + _lab.Read(file.Key)).Contains("wicked", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("build")]
    [InlineData("smoke")]
    public async Task A_variant_of_the_lab_is_none_that_build_or_smoke_knows(string verb)
    {
        var answer = await Tool.Run(_lab, Cancel, verb, "1.0", "--variant", "wicked");
        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("there is no variant wicked", answer.Output + answer.Error, StringComparison.Ordinal);
        Assert.Contains("the variants are fancy, plain", (answer.Output + answer.Error).ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refresh_has_no_way_to_ask_for_a_variant()
    {
        var answer = await Tool.Run(_lab, Cancel, "refresh", "1.0", "--no-build", "--variant", "wicked");
        Assert.Equal(2, answer.ExitCode);
        Assert.DoesNotContain(_lab.State("overlay/app-misc/tiny").Keys, file => file.EndsWith(".ebuild", StringComparison.Ordinal));
    }

    /// <summary>All but manifest and cache, which take the ebuilds as they are on disk and have no use for a series.</summary>
    [Fact]
    public async Task A_lab_patch_in_the_series_stops_every_command_that_reads_the_series()
    {
        _lab.Write("patches/tiny/1/0210-wicked-edit.patch", _lab.Read("patches/tiny/lab/0210-wicked-edit.patch"));
        _lab.Write("patches/tiny/1/series", "0001-greet.patch\n0100-extra.patch\n0210-wicked-edit.patch\n");
        var before = Files(_lab);
        foreach (var arguments in (string[][])[["refresh", "--no-build"], ["ebuild"], ["status"], ["apply", "1.1", "--to", "out"], ["build", "1.1"], ["smoke", "1.1"]])
        {
            var answer = await Tool.Run(_lab, Cancel, arguments);
            Assert.Equal(1, answer.ExitCode);
            Assert.Contains("is a patch of the lab", answer.Output + answer.Error, StringComparison.Ordinal);
        }

        Assert.Equal(before, Files(_lab));
    }

    private static string Said(ProcessAnswer answer, TinyForge forge) => (answer.Output + answer.Error).Replace(forge.Home, "HOME", StringComparison.Ordinal);

    private static bool OfLab(string file) =>
        file.StartsWith("patches/tiny/lab/", StringComparison.Ordinal) || file.StartsWith("src/lab/", StringComparison.Ordinal) || file == "patchforge.yaml";

    private static List<KeyValuePair<string, string>> Written(TinyForge forge) => [.. Files(forge).Where(file => !OfLab(file.Key))];

    /// <summary>All but the tool's own folder, whose reports have names and times in them.</summary>
    private static List<KeyValuePair<string, string>> Files(TinyForge forge) =>
        [.. forge.State("").Where(file => !file.Key.StartsWith(".patchforge/", StringComparison.Ordinal))];
}
