using PatchForge.Host;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>
/// kill -9 of a refresh, at moments all over its run and at every system call of its commit point: each folder that
/// it writes is as it was or as it shall be, and the next run ends what this one began.
/// </summary>
public sealed class KillTests : IDisposable
{
    private readonly TinyForge _forge = new();
    private readonly KilledForge _killed;

    public KillTests() => _killed = new KilledForge(_forge);

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task Killed_at_any_moment_every_folder_is_as_it_was_or_as_it_shall_be()
    {
        var (before, after) = await BeforeAndAfter();
        Restore(before);
        var whole = await TimeOfOneRun();
        var killed = 0;
        const int points = 40;
        for (var point = 0; point < points; point++)
        {
            Restore(before);
            var delay = whole * point / points;
            killed += (await _killed.KilledAfter(delay, "refresh", "--no-build")).ExitCode != 0 ? 1 : 0;
            await LooksRight(before, after);
        }

        Assert.True(killed >= points / 4, $"only {killed} of {points} runs were killed before their end");
    }

    [Theory]
    [InlineData("renameat2")]
    [InlineData("rename")]
    [InlineData("fsync")]
    [InlineData("unlink,rmdir")]
    [InlineData("mkdir")]
    public async Task Killed_at_each_call_of_the_commit_point_every_folder_is_as_it_was_or_as_it_shall_be(string calls)
    {
        var strace = new Processes(new SilentStory()).Find("strace");
        Assert.SkipUnless(strace is not null, "strace is not installed");
        var (before, after) = await BeforeAndAfter();
        var reached = 0;
        for (var number = 1; number <= 60; number++)
        {
            Restore(before);
            var answer = await _killed.KilledAt(strace, calls, number, "refresh", "--no-build");
            await LooksRight(before, after);
            if (answer.ExitCode == 0)
            {
                break;
            }

            reached++;
        }

        Assert.True(reached > 0, $"no run reached {calls}: nothing was tested");
    }

    /// <summary>The folders' states before a refresh that changes all of them, and after it.</summary>
    private async Task<(Dictionary<string, SortedDictionary<string, string>> Before, Dictionary<string, SortedDictionary<string, string>> After)> BeforeAndAfter()
    {
        var first = await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "--no-build");
        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        _killed.Save();
        var before = _killed.States();
        Change();
        var second = await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "--no-build");
        Assert.True(second.ExitCode == 0, second.Output + second.Error);
        var after = _killed.States();
        Assert.All(KilledForge.Folders, folder => Assert.NotEqual(before[folder], after[folder]));
        return (before, after);
    }

    /// <summary>Changes our source and the description, so that series, package and cache all change.</summary>
    private void Change()
    {
        _forge.Write("src/tiny/extra.c", "int extra(void)\n{\n    return 43;\n}\n");
        _forge.Write("patchforge.yaml", _forge.Read("patchforge.yaml").Replace("description: A small package", "description: Another description", StringComparison.Ordinal));
    }

    private void Restore(Dictionary<string, SortedDictionary<string, string>> before)
    {
        _killed.Restore();
        Assert.Equal(before, _killed.States());
    }

    private async Task LooksRight(Dictionary<string, SortedDictionary<string, string>> before, Dictionary<string, SortedDictionary<string, string>> after)
    {
        _killed.AssertWhole(before, after);
        var next = await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "--no-build");
        Assert.True(next.ExitCode == 0, next.Output + next.Error);
        Assert.Equal(after, _killed.States());
    }

    private async Task<TimeSpan> TimeOfOneRun()
    {
        var clock = new MachineClock();
        var begin = clock.Elapsed;
        await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "--no-build");
        return clock.Elapsed - begin;
    }
}
