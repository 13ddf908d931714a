using System.Globalization;
using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>
/// kill -9 of a refresh that stops for a person, of its --continue and of an undo, at moments all over each: what lands is
/// as it was or as it shall be, what was resolved is not lost, and the next command goes on from there.
/// </summary>
public sealed class KilledSessionTests : IDisposable
{
    private static readonly string[] Folders = ["patches/tiny/1", "overlay/app-misc/tiny", "metadata/md5-cache/app-misc"];
    private static readonly string Beside = TinyForge.Hello.Replace("return 0;", "return EXIT_SUCCESS;", StringComparison.Ordinal);
    private readonly TinyForge _forge = new(version => version == "1.0" ? TinyForge.Hello : Beside);

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task Killed_at_any_moment_of_a_session_nothing_is_half_done_and_nothing_is_lost()
    {
        var (before, after) = await BeforeAndAfter();
        var clock = new MachineClock();
        Restore();
        var begin = clock.Elapsed;
        await Run("refresh", "--no-build");
        var whole = clock.Elapsed - begin;
        var killed = 0;
        const int points = 12;
        for (var point = 0; point < points; point++)
        {
            Restore();
            var delay = whole * point / points;
            killed += await Timed(delay, "refresh", "--no-build") ? 1 : 0;
            Assert.Equal(before, States());
            await Waits();
            killed += await Timed(delay, "refresh", "--continue") ? 1 : 0;
            await GoesOn(before, after);
            killed += await Timed(delay, "undo") ? 1 : 0;
            await Undone(before, after);
        }

        Assert.True(killed >= points, $"only {killed} of {3 * points} runs were killed before their end");
    }

    [Theory]
    [InlineData("renameat2")]
    [InlineData("rename")]
    [InlineData("fsync")]
    public async Task Killed_at_each_call_of_a_session_nothing_is_half_done_and_nothing_is_lost(string calls)
    {
        var strace = new Processes(new SilentStory()).Find("strace");
        Assert.SkipUnless(strace is not null, "strace is not installed");
        var (before, after) = await BeforeAndAfter();
        var reached = 0;
        var ended = 0;

        // Every one of the first calls, and then fewer and fewer: KillTests goes through all of a landing's.
        for (var (number, step) = (1, 1); ended < 3 && number < 100; (number, step) = (number + step, number < 4 ? 1 : step * 2))
        {
            Restore();
            ended = await Traced(strace, calls, number, "refresh", "--no-build") ? 0 : 1;
            Assert.Equal(before, States());
            await Waits();
            ended += await Traced(strace, calls, number, "refresh", "--continue") ? 0 : 1;
            await GoesOn(before, after);
            ended += await Traced(strace, calls, number, "undo") ? 0 : 1;
            await Undone(before, after);
            reached += 3 - ended;
        }

        Assert.True(reached > 0, $"no run reached {calls}: nothing was tested");
    }

    /// <summary>Whatever was killed, the refresh waits at the patch, and its work tree takes the resolution.</summary>
    private async Task Waits()
    {
        if (!IsOpen())
        {
            Assert.Equal(3, (await Run("refresh", "--no-build")).ExitCode);
        }

        Assert.True(IsOpen());
        Assert.Contains("<<<<<<< 1.1", _forge.Read(Tree), StringComparison.Ordinal);
        _forge.Write(Tree, Beside.Replace("    return", "    puts(\"hello, world\");\n    return", StringComparison.Ordinal));
    }

    private async Task GoesOn(SortedDictionary<string, string> before, SortedDictionary<string, string> after)
    {
        OldOrNew(before, after);
        var next = await Run(["refresh", .. IsOpen() ? (string[])["--continue"] : ["--no-build"]]);
        Assert.True(next.ExitCode == 0, next.Output + next.Error);
        Assert.Equal(after, States());
        Assert.False(IsOpen());
    }

    private async Task Undone(SortedDictionary<string, string> before, SortedDictionary<string, string> after)
    {
        OldOrNew(before, after);

        // What finishes a landing first: --check would refuse to look at a half one.
        var next = await Run("cache");
        Assert.True(next.ExitCode == 0, next.Output + next.Error);
        if (Same(States(), after))
        {
            var undo = await Run("undo");
            Assert.True(undo.ExitCode == 0, undo.Output + undo.Error);
        }

        Assert.Equal(before, States());
    }

    private void OldOrNew(SortedDictionary<string, string> before, SortedDictionary<string, string> after)
    {
        foreach (var folder in Folders)
        {
            var now = _forge.State(folder);
            Assert.True(Same(now, Below(before, folder)) || Same(now, Below(after, folder)), $"{folder} is neither as it was nor as it shall be");
        }
    }

    private const string Tree = ".patchforge/session/1.1-0001-greet.patch/hello.c";

    private bool IsOpen() => File.Exists(Path.Combine(_forge.Home, ".patchforge/session/state"));

    private async Task<(SortedDictionary<string, string> Before, SortedDictionary<string, string> After)> BeforeAndAfter()
    {
        // A landing that is there before, so that series, package and cache are folders already.
        var first = await Run("refresh", "1.0", "--no-build");
        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        foreach (var folder in Folders)
        {
            Copy(Path.Combine(_forge.Home, folder), Path.Combine(_forge.Cache, "saved", folder));
        }

        var before = States();
        await Run("refresh", "--no-build");
        await Waits();
        var second = await Run("refresh", "--continue");
        Assert.True(second.ExitCode == 0, second.Output + second.Error);
        var after = States();
        Assert.All(Folders, folder => Assert.False(Same(Below(before, folder), Below(after, folder)), folder));
        return (before, after);
    }

    private void Restore()
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
    }

    private SortedDictionary<string, string> States()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, content) in Folders.SelectMany(folder => _forge.State(folder)))
        {
            all[path] = content;
        }

        return all;
    }

    private static SortedDictionary<string, string> Below(SortedDictionary<string, string> all, string folder) =>
        new(all.Where(file => file.Key.StartsWith(folder + "/", StringComparison.Ordinal)).ToDictionary(file => file.Key, file => file.Value), StringComparer.Ordinal);

    private static bool Same(SortedDictionary<string, string> one, SortedDictionary<string, string> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.Key == pair.Second.Key && pair.First.Value == pair.Second.Value);

    private Task<ProcessAnswer> Run(params string[] arguments) => Tool.Run(_forge, TestContext.Current.CancellationToken, arguments);

    /// <returns>Whether it was killed before it ended.</returns>
    private async Task<bool> Timed(TimeSpan delay, params string[] arguments)
    {
        // timeout(1) sends the signal itself, so that nothing of ours gets to soften it.
        var request = Tool.Request(_forge, arguments);
        var answer = await new Processes(new SilentStory()).Run(
            request with
            {
                Program = "timeout",
                Arguments = ["-s", "KILL", string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0.02, delay.TotalSeconds):F3}"), request.Program, .. request.Arguments],
            },
            TestContext.Current.CancellationToken);
        return answer.ExitCode is not (0 or 3);
    }

    private async Task<bool> Traced(string strace, string calls, int number, params string[] arguments)
    {
        var request = Tool.Request(_forge, arguments);
        var answer = await new Processes(new SilentStory()).Run(
            request with
            {
                Program = strace,
                Arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", $"inject={calls}:signal=SIGKILL:when={number}", request.Program, .. request.Arguments],
            },
            TestContext.Current.CancellationToken);
        return answer.ExitCode is not (0 or 3);
    }

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
