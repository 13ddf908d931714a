using PatchForge.Host;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>
/// kill -9 of a refresh, at moments all over its run and at every system call of its commit point: each folder that
/// it writes is as it was or as it shall be, and the next run ends what this one began.
/// </summary>
public sealed class KillTests : IDisposable
{
    /// <summary>The folders that land, each as one.</summary>
    private static readonly string[] Folders = ["patches/tiny/1", "overlay/app-misc/tiny", "metadata/md5-cache/app-misc"];

    private readonly TinyForge _forge = new();

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
            killed += await RunKilledAfter(delay) ? 1 : 0;
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
            var request = Tool.Request(_forge, "refresh", "--no-build");
            var answer = await new Processes(new SilentStory()).Run(
                request with
                {
                    Program = strace,
                    Arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", $"inject={calls}:signal=SIGKILL:when={number}", request.Program, .. request.Arguments],
                },
                TestContext.Current.CancellationToken);
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
        Save();
        var before = States();
        Change();
        var second = await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "--no-build");
        Assert.True(second.ExitCode == 0, second.Output + second.Error);
        var after = States();
        Assert.All(Folders, folder => Assert.NotEqual(before[folder], after[folder]));
        return (before, after);
    }

    /// <summary>Changes our source and the description, so that series, package and cache all change.</summary>
    private void Change()
    {
        _forge.Write("src/tiny/extra.c", "int extra(void)\n{\n    return 43;\n}\n");
        _forge.Write("patchforge.yaml", _forge.Read("patchforge.yaml").Replace("description: A small package", "description: Another description", StringComparison.Ordinal));
    }

    private void Save()
    {
        foreach (var folder in Folders)
        {
            Copy(Path.Combine(_forge.Home, folder), Path.Combine(_forge.Cache, "saved", folder));
        }
    }

    private void Restore(Dictionary<string, SortedDictionary<string, string>> before)
    {
        foreach (var folder in Folders)
        {
            var full = Path.Combine(_forge.Home, folder);
            Directory.Delete(full, recursive: true);
            Copy(Path.Combine(_forge.Cache, "saved", folder), full);
        }

        var work = Path.Combine(_forge.Home, ".patchforge");
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }

        Assert.Equal(before, States());
    }

    private Dictionary<string, SortedDictionary<string, string>> States() => Folders.ToDictionary(folder => folder, _forge.State);

    private async Task LooksRight(Dictionary<string, SortedDictionary<string, string>> before, Dictionary<string, SortedDictionary<string, string>> after)
    {
        var now = States();
        foreach (var folder in Folders)
        {
            Assert.True(Same(now[folder], before[folder]) || Same(now[folder], after[folder]), $"{folder} is neither as it was nor as it shall be");
        }

        var next = await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "--no-build");
        Assert.True(next.ExitCode == 0, next.Output + next.Error);
        Assert.Equal(after, States());
    }

    private async Task<TimeSpan> TimeOfOneRun()
    {
        var clock = new MachineClock();
        var begin = clock.Elapsed;
        await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "--no-build");
        return clock.Elapsed - begin;
    }

    private async Task<bool> RunKilledAfter(TimeSpan delay)
    {
        // timeout(1) sends the signal itself, so that nothing of ours gets to soften it.
        var request = Tool.Request(_forge, "refresh", "--no-build");
        var answer = await new Processes(new SilentStory()).Run(
            request with
            {
                Program = "timeout",
                Arguments = ["-s", "KILL", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Max(0.02, delay.TotalSeconds):F3}"), request.Program, .. request.Arguments],
            },
            TestContext.Current.CancellationToken);
        return answer.ExitCode != 0;
    }

    private static bool Same(SortedDictionary<string, string> one, SortedDictionary<string, string> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.Key == pair.Second.Key && pair.First.Value == pair.Second.Value);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
            File.Copy(file, copy);
        }
    }
}
