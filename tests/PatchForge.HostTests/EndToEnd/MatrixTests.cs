using System.Text.Json;
using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>Plan, jobs and merge as one round, each job's command run by a shell as an engine runs it.</summary>
public sealed class MatrixTests : IDisposable
{
    private readonly TinyForge _forge = new();

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task What_is_planned_can_be_run_by_a_shell_and_merged()
    {
        var before = _forge.State("");
        await Planned();
        var jobs = File.ReadAllLines(Path.Combine(_forge.Home, "jobs"));
        Assert.Equal(4, jobs.Length);
        foreach (var (job, number) in jobs.Select((job, number) => (job, number + 1)))
        {
            Assert.Equal(0, (await Shell($"{job} > {number}.json")).ExitCode);
        }

        var merged = await Shell($"'{Tool.Path}' matrix merge [0-9].json --expect plan.json --report matrix.html");

        Assert.True(merged.ExitCode == 0, merged.Output + merged.Error);
        Assert.Matches("(?m)^release +root +fancy +plain$", merged.Output);
        Assert.Matches("(?m)^1.1 +host +applies +applies$", merged.Output);
        Assert.Contains("4 of 4 jobs passed", merged.Output, StringComparison.Ordinal);
        Assert.Contains("applies", _forge.Read("matrix.html"), StringComparison.Ordinal);
        foreach (var written in before)
        {
            Assert.Equal(written.Value, _forge.State("")[written.Key]); // jobs write nothing
        }

        Assert.DoesNotContain("patches/tiny/1/0100-extra.patch", _forge.State("patches").Keys);
    }

    [Fact]
    public async Task A_machine_with_another_series_a_job_that_did_not_run_and_one_that_broke_are_told()
    {
        await Planned();
        var jobs = File.ReadAllLines(Path.Combine(_forge.Home, "jobs"));
        await Shell($"{jobs[0]} > 1.json");
        _forge.Write("src/tiny/extra.c", "int extra(void)\n{\n    return 43;\n}\n");
        await Shell($"{jobs[1]} > 2.json");
        _forge.Write("3.json", "{\"package\": \"app-mi");

        var merged = await Shell($"'{Tool.Path}' matrix merge [0-9].json --expect plan.json --format json");

        Assert.Equal(1, merged.ExitCode);
        using var json = JsonDocument.Parse(merged.Output);
        Assert.Equal(["applies", "no result", "no result", "no result"], json.RootElement.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("state").GetString()));
        var problems = json.RootElement.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("sentence").GetString()).ToArray();
        Assert.StartsWith("made with another series of 1.0 than the plan", problems[0], StringComparison.Ordinal);
        Assert.StartsWith("line 1, column", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variants_alone_write_nothing_and_one_that_is_none_is_told()
    {
        Assert.Equal(2, (await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "1.0", "--variant", "wicked")).ExitCode);
        Assert.Equal(2, (await Tool.Run(_forge, TestContext.Current.CancellationToken, "matrix", "plan", "--workflow")).ExitCode);
        Assert.Equal(5, (await Tool.Run(_forge, TestContext.Current.CancellationToken, "matrix", "merge", "x.json", "--expect", "nowhere.json")).ExitCode);
    }

    private async Task Planned()
    {
        var plan = $"'{Tool.Path}' matrix plan --no-build --tool '{Tool.Path}'";
        Assert.Equal(0, (await Shell($"{plan} --for parallel > jobs && {plan} --format json > plan.json")).ExitCode);
    }

    private Task<ProcessAnswer> Shell(string script) => new Processes(new SilentStory()).Run(
        new ProcessRequest("sh", "-c", script) { WorkingDirectory = _forge.Home, CleanEnvironment = true, Environment = Tool.Environment(_forge) },
        TestContext.Current.CancellationToken);
}
