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
    private static readonly string Beside = TinyForge.Hello.Replace("return 0;", "return EXIT_SUCCESS;", StringComparison.Ordinal);
    private readonly TinyForge _forge = new(version => version == "1.0" ? TinyForge.Hello : Beside);
    private readonly KilledForge _killed;

    public KilledSessionTests() => _killed = new KilledForge(_forge);

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task Killed_at_any_moment_of_a_session_nothing_is_half_done_and_nothing_is_lost()
    {
        var (before, after) = await BeforeAndAfter();
        var clock = new MachineClock();
        _killed.Restore();
        var begin = clock.Elapsed;
        await Run("refresh", "--no-build");
        var whole = clock.Elapsed - begin;
        var killed = 0;
        const int points = 12;
        for (var point = 0; point < points; point++)
        {
            _killed.Restore();
            var delay = whole * point / points;
            killed += await Timed(delay, "refresh", "--no-build") ? 1 : 0;
            Assert.Equal(before, _killed.States());
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
            _killed.Restore();
            ended = await Traced(strace, calls, number, "refresh", "--no-build") ? 0 : 1;
            Assert.Equal(before, _killed.States());
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

    private async Task GoesOn(Dictionary<string, SortedDictionary<string, string>> before, Dictionary<string, SortedDictionary<string, string>> after)
    {
        _killed.AssertWhole(before, after);
        var next = await Run(["refresh", .. IsOpen() ? (string[])["--continue"] : ["--no-build"]]);
        Assert.True(next.ExitCode == 0, next.Output + next.Error);
        Assert.Equal(after, _killed.States());
        Assert.False(IsOpen());
    }

    private async Task Undone(Dictionary<string, SortedDictionary<string, string>> before, Dictionary<string, SortedDictionary<string, string>> after)
    {
        _killed.AssertWhole(before, after);

        // What finishes a landing first: --check would refuse to look at a half one.
        var next = await Run("cache");
        Assert.True(next.ExitCode == 0, next.Output + next.Error);
        if (_killed.States().All(folder => KilledForge.Same(folder.Value, after[folder.Key])))
        {
            var undo = await Run("undo");
            Assert.True(undo.ExitCode == 0, undo.Output + undo.Error);
        }

        Assert.Equal(before, _killed.States());
    }

    private const string Tree = ".patchforge/session/1.1-0001-greet.patch/hello.c";

    private bool IsOpen() => File.Exists(Path.Combine(_forge.Home, ".patchforge/session/state"));

    private async Task<(Dictionary<string, SortedDictionary<string, string>> Before, Dictionary<string, SortedDictionary<string, string>> After)> BeforeAndAfter()
    {
        // A landing that is there before, so that series, package and cache are folders already.
        var first = await Run("refresh", "1.0", "--no-build");
        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        _killed.Save();
        var before = _killed.States();
        await Run("refresh", "--no-build");
        await Waits();
        var second = await Run("refresh", "--continue");
        Assert.True(second.ExitCode == 0, second.Output + second.Error);
        var after = _killed.States();
        Assert.All(KilledForge.Folders, folder => Assert.NotEqual(before[folder], after[folder]));
        return (before, after);
    }

    private Task<ProcessAnswer> Run(params string[] arguments) => Tool.Run(_forge, TestContext.Current.CancellationToken, arguments);

    /// <summary>Not ended by itself, at its end or for a person.</summary>
    private static bool WasKilled(ProcessAnswer answer) => answer.ExitCode is not (0 or 3);

    private async Task<bool> Timed(TimeSpan delay, params string[] arguments) => WasKilled(await _killed.KilledAfter(delay, arguments));

    private async Task<bool> Traced(string strace, string calls, int number, params string[] arguments) =>
        WasKilled(await _killed.KilledAt(strace, calls, number, arguments));
}
