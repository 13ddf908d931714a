using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests;

public sealed class ProcessesTests
{
    private readonly Processes _processes = new(new SilentStory());

    [Fact]
    public async Task Output_error_and_exit_code_come_back()
    {
        var answer = await Shell("cat; echo err >&2; exit 7", input: "in"u8.ToArray());
        Assert.Equal((7, "in", "err\n"), (answer.ExitCode, answer.Output, answer.Error));
    }

    [Fact]
    public async Task An_argument_is_never_read_by_a_shell()
    {
        var answer = await _processes.Run(new ProcessRequest("printf", "%s", "$(id); `id` 'x' \"y\" *"), TestContext.Current.CancellationToken);
        Assert.Equal("$(id); `id` 'x' \"y\" *", answer.Output);
    }

    [Fact]
    public async Task The_environment_is_clean_when_asked_for()
    {
        var answer = await _processes.Run(
            new ProcessRequest("env") { CleanEnvironment = true, Environment = NoVariables.Add("ONLY", "this") },
            TestContext.Current.CancellationToken);
        Assert.Equal(["LC_ALL=C", "ONLY=this", "TZ=UTC"], answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Cancelling_ends_what_the_child_started_too()
    {
        using var cancel = new CancellationTokenSource();
        var started = new TaskCompletionSource<int>();
        var run = _processes.Run(
            new ProcessRequest("sh", "-c", "trap '' TERM; sleep 300 & echo $!; wait; sleep 300")
            {
                OnLine = line => started.TrySetResult(int.Parse(line, System.Globalization.CultureInfo.InvariantCulture)),
            },
            cancel.Token);
        var grandchild = await started.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.True(IsRunning(grandchild));

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        for (var i = 0; IsRunning(grandchild) && i < 100; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.False(IsRunning(grandchild));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_missing()
    {
        var failure = await Assert.ThrowsAsync<Failure>(() => _processes.Run(new ProcessRequest("no-such-program-anywhere"), TestContext.Current.CancellationToken));
        Assert.Equal(FailureKind.Missing, failure.Kind);
    }

    [Fact]
    public async Task A_time_limit_ends_the_run_and_says_so()
    {
        var answer = await _processes.Run(new ProcessRequest("sleep", "300") { TimeLimit = TimeSpan.FromMilliseconds(200) }, TestContext.Current.CancellationToken);
        Assert.True(answer.TimedOut);
        Assert.False(answer.Succeeded);
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> NoVariables =>
        System.Collections.Immutable.ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private static bool IsRunning(int pid)
    {
        var status = $"/proc/{pid}/status";
        return File.Exists(status) && !File.ReadAllText(status).Contains("State:\tZ", StringComparison.Ordinal);
    }

    private Task<ProcessAnswer> Shell(string script, byte[] input) =>
        _processes.Run(new ProcessRequest("sh", "-c", script) { Input = input }, TestContext.Current.CancellationToken);
}
