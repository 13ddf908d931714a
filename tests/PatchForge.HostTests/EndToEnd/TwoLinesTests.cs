using System.Text.Json;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>A project of two lines, of which the second has no ebuild: what one line cannot do keeps no other from being done.</summary>
public sealed class TwoLinesTests : IDisposable
{
    private readonly TinyForge _forge = new TinyForge().WithSecondLine();

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task Refresh_takes_every_release_with_an_ebuild_and_the_newest_of_the_line_without()
    {
        var answer = await Run("refresh", "--no-build");

        Assert.True(answer.Code == 0, answer.Output + answer.Error);
        Assert.Equal(["1.0", "1.1", "2.1"], Releases(answer.Output));
        Assert.Contains("+    return 42;", _forge.Read("patches/tiny/1/0100-extra.patch"), StringComparison.Ordinal);
        Assert.Contains("+    return 2;", _forge.Read("patches/tiny/2/0100-second.patch"), StringComparison.Ordinal);
        Assert.Equal(["tiny-1.0.ebuild", "tiny-1.1.ebuild"], Ebuilds());
        Assert.DoesNotContain("tiny-2", _forge.Read("overlay/app-misc/tiny/Manifest"), StringComparison.Ordinal);
        Assert.DoesNotContain("not done", answer.Output, StringComparison.Ordinal);
        Assert.Contains("nothing changed", (await Run("refresh", "--no-build")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_at_hand_is_left_out_and_told_and_the_rest_is_done()
    {
        File.Delete(Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz"));
        File.Delete(Path.Combine(_forge.Distdir, "tiny-1.1.tar.gz"));
        var overlay = _forge.State("overlay");

        var answer = await Run("refresh", "--no-build");

        Assert.Equal(0, answer.Code);
        Assert.Contains("line 1: not done (missing): 1.0, 1.1\nline 2: done: 2.1\n", answer.Output, StringComparison.Ordinal);
        Assert.Contains("1.1: the distfile of 1.1, tiny-1.1.tar.gz, is not on this machine\n  wanted: tiny-1.1.tar.gz", answer.Output, StringComparison.Ordinal);
        Assert.Equal(1, answer.Output.Split("three ways to provide it").Length - 1);
        Assert.Contains("+    return 2;", _forge.Read("patches/tiny/2/0100-second.patch"), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_forge.Home, "patches/tiny/1/0100-extra.patch")));
        Assert.DoesNotContain(_forge.State("overlay").Keys, path => path.EndsWith("0100-extra.patch", StringComparison.Ordinal));
        Assert.NotEqual(overlay, _forge.State("overlay")); // its ebuilds are made of what is on disk
    }

    [Fact]
    public async Task A_release_that_is_there_is_done_where_another_of_its_line_is_missing()
    {
        File.Delete(Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz"));

        var answer = await Run("refresh", "--no-build");

        Assert.Equal(0, answer.Code);
        Assert.Contains("line 1: done: 1.1; not done (missing): 1.0\n", answer.Output, StringComparison.Ordinal);
        Assert.Contains("+    return 42;", _forge.Read("patches/tiny/1/0100-extra.patch"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_keeps_its_whole_line_from_being_written_and_no_other()
    {
        await Run("refresh", "--no-build");
        _forge.Write("patches/tiny/1/0001-greet.patch", _forge.Read("patches/tiny/1/0001-greet.patch").Replace("     return 0;", "     return 1;", StringComparison.Ordinal));
        _forge.Write("src/tiny/extra.c", "int extra(void)\n{\n    return 43;\n}\n");
        _forge.Write("src/second/second.c", "int second(void)\n{\n    return 3;\n}\n");
        var (extra, overlay) = (_forge.Read("patches/tiny/1/0100-extra.patch"), _forge.Read("overlay/app-misc/tiny/files/tiny-1/0100-extra.patch"));
        File.Delete(Path.Combine(_forge.Distdir, "tiny-1.1.tar.gz"));

        var answer = await Run("refresh", "--no-build");

        Assert.Equal(3, answer.Code); // the conflict, though something is missing as well
        Assert.Contains("note: line 1: a release of it was refused or conflicts, so nothing of this line was written", answer.Output, StringComparison.Ordinal);
        Assert.Contains("line 1: not done (conflict): 1.0; not done (missing): 1.1\nline 2: done: 2.1\n", answer.Output, StringComparison.Ordinal);
        Assert.Equal(extra, _forge.Read("patches/tiny/1/0100-extra.patch"));
        Assert.Equal(overlay, _forge.Read("overlay/app-misc/tiny/files/tiny-1/0100-extra.patch"));
        Assert.Contains("+    return 3;", _forge.Read("patches/tiny/2/0100-second.patch"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_can_be_named_and_a_release_without_an_ebuild_too()
    {
        Assert.Equal(["2.1"], Releases((await Run("refresh", "--no-build", "--line", "2")).Output));
        Assert.Equal(["2.0"], Releases((await Run("refresh", "--no-build", "2.0")).Output));
        Assert.Equal(["1.0", "1.1", "2.0", "2.1"], Releases((await Run("refresh", "--no-build", "--all")).Output));
    }

    [Fact]
    public async Task Every_command_that_goes_over_lines_takes_both()
    {
        await Run("refresh", "--no-build");

        var status = await Run("status");
        Assert.Equal(0, status.Code);
        Assert.Matches("(?m)^2.1 +official +1 clean +- +- ", status.Output);
        Assert.Matches("(?m)^1.1 +official +2 clean +present +present ", status.Output);
        Assert.DoesNotContain("stray-file", status.Output, StringComparison.Ordinal);
        foreach (var command in (string[])["fetch", "verify"])
        {
            Assert.Equal(["1.0", "1.1", "2.1"], Releases((await Run(command)).Output));
        }

        foreach (var command in (string[])["ebuild", "manifest", "cache"])
        {
            Assert.Equal(0, (await Run(command, "--check")).Code);
        }

        _forge.Write("src/second/second.c", "int second(void)\n{\n    return 3;\n}\n");
        var drift = await Run("ebuild", "--check");
        Assert.Equal(4, drift.Code);
        Assert.Contains("differs: patches/tiny/2/0100-second.patch", drift.Output, StringComparison.Ordinal);

        var to = Path.Combine(_forge.Cache, "patched");
        Assert.Equal(0, (await Run("apply", "2.0", "--to", to)).Code);
        Assert.True(File.Exists(Path.Combine(to, "second/second.c")));
    }

    [Fact]
    public async Task The_answer_for_programs_has_the_exit_code()
    {
        File.Delete(Path.Combine(_forge.Distdir, "tiny-2.1.tar.gz"));
        foreach (var (named, code) in new (string[], int)[] { (["--line", "2"], 5), (["1.0", "2.1"], 5), ([], 0) })
        {
            var answer = await Run(["refresh", "--no-build", "--format", "json", .. named]);
            using var json = JsonDocument.Parse(answer.Output);
            Assert.Equal((code, code), (answer.Code, json.RootElement.GetProperty("exitCode").GetInt32()));
            Assert.Equal(code == 0, json.RootElement.GetProperty("didWhatItCould").GetBoolean());
        }
    }

    private static string[] Releases(string table) =>
        [.. table.Split('\n').Skip(1).TakeWhile(line => line.Length > 0).Select(line => line.Split(' ')[0]).Where(word => word is ['0' or '1' or '2', '.', _])];

    private string[] Ebuilds() =>
        [.. Directory.EnumerateFiles(Path.Combine(_forge.Home, "overlay/app-misc/tiny"), "*.ebuild").Select(file => Path.GetFileName(file)).Order()];

    private async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var answer = await Tool.Run(_forge, TestContext.Current.CancellationToken, arguments);
        return (answer.ExitCode, answer.Output, answer.Error);
    }
}
