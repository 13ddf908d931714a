using System.Diagnostics;

namespace PatchForge.HostTests.Oracle;

/// <summary>The benchmark of the engine runs: a short series, one round, in which all make the same files.</summary>
public sealed class EngineBenchTests
{
    [Fact]
    public async Task It_compares_ours_with_git_and_patch_on_a_series_that_all_take_to_the_same_files()
    {
        Tool.GitApply.SkipWhenMissing();
        Tool.GnuPatch.SkipWhenMissing();
        var program = Path.Combine(AppContext.BaseDirectory, "engine-bench");
        using var process = Process.Start(new ProcessStartInfo(program, ["--tool", Tests.Shared.Tool.Path, "--rounds", "1", "--patches", "12", "--only", "apply"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!; // null only with the shell, which is not used
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output + await error);
        Assert.Contains("| patchforge apply |", output, StringComparison.Ordinal);
        Assert.Contains("| patchforge apply --in |", output, StringComparison.Ordinal);
        Assert.Contains("| git am |", output, StringComparison.Ordinal);
    }
}
