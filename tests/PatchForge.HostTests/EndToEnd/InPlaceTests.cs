using System.Globalization;
using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary><c>apply --in</c>: the same tree as git apply and patch make, and kill -9 at every call that changes something.</summary>
public sealed class InPlaceTests : IDisposable
{
    private readonly TinyForge _forge = new();

    public InPlaceTests()
    {
        // What a landing can do beside changing a file: make one in a new folder, delete the last of a folder, move one and make it a program.
        _forge.Write("patches/tiny/1/series", "0001-greet.patch\n0100-extra.patch\n0200-more.patch\n");
        _forge.Write("patches/tiny/1/0200-more.patch", """
            Subject: more

            diff --git a/VERSION b/doc/about/VERSION
            old mode 100644
            new mode 100755
            similarity index 100%
            rename from VERSION
            rename to doc/about/VERSION
            diff --git a/doc/NOTES b/doc/NOTES
            new file mode 100644
            --- /dev/null
            +++ b/doc/NOTES
            @@ -0,0 +1 @@
            +notes
            diff --git a/old/only b/old/only
            deleted file mode 100644
            --- a/old/only
            +++ /dev/null
            @@ -1 +0,0 @@
            -only

            """);
    }

    private string Source => Path.Combine(_forge.Cache, "source");

    public void Dispose() => _forge.Dispose();

    [Theory]
    [InlineData("git", "apply", "-p1", "--whitespace=nowarn")]
    [InlineData("patch", "-p1", "-F0", "-f", "-s", "--no-backup-if-mismatch", "-i")]
    public async Task The_tree_is_the_one_that_git_apply_and_patch_make(string program, params string[] arguments)
    {
        Unpack();
        var answer = await Tool.Run(_forge, TestContext.Current.CancellationToken, "apply", "1.0", "--in", Source);
        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        var ours = State();

        Unpack();
        await WriteGenerated();
        foreach (var patch in (string[])["0001-greet.patch", "0100-extra.patch", "0200-more.patch"])
        {
            var made = await new Processes(new SilentStory()).Run(
                new ProcessRequest(program, (string[])[.. arguments, Path.Combine(_forge.Home, "patches/tiny/1", patch)]) { WorkingDirectory = Source }, TestContext.Current.CancellationToken);
            Assert.True(made.ExitCode == 0, made.Output + made.Error);
        }

        Assert.Equal(State(), ours);
    }

    [Fact]
    public async Task A_git_work_tree_is_patched_and_git_sees_nothing_but_the_patches()
    {
        Unpack();
        foreach (var command in (string[][])[["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "release"]])
        {
            await Git(command);
        }

        Assert.Equal(0, (await Tool.Run(_forge, TestContext.Current.CancellationToken, "apply", "1.0", "--in", Source)).ExitCode);
        Assert.Equal(["doc/", "extra/", "hello.c", "old/only", "VERSION"],
            (await Git("status", "--porcelain")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[3..]).Order(StringComparer.OrdinalIgnoreCase));

        var reversed = await Tool.Run(_forge, TestContext.Current.CancellationToken, "apply", "1.0", "--in", Source, "--reverse");
        Assert.True(reversed.ExitCode == 0, reversed.Output + reversed.Error);
        Assert.Equal("", (await Git("status", "--porcelain")).Output);
    }

    [Theory]
    [InlineData("rename,renameat,renameat2")]
    [InlineData("unlink,unlinkat,rmdir")]
    [InlineData("mkdir,mkdirat")]
    [InlineData("fsync,fdatasync")]
    [InlineData("fchmod,chmod,ftruncate,pwrite64")]
    public async Task Killed_at_each_call_every_file_is_as_it_was_or_as_it_shall_be_and_the_next_run_ends_it(string calls)
    {
        var strace = new Processes(new SilentStory()).Find("strace");
        Assert.SkipUnless(strace is not null, "strace is not installed");
        Unpack();
        var before = State();
        Assert.Equal(0, (await Tool.Run(_forge, TestContext.Current.CancellationToken, "apply", "1.0", "--in", Source)).ExitCode);
        var after = State();
        var killed = new KilledForge(_forge);
        var reached = 0;
        for (var number = 1; number <= 60; number++)
        {
            Unpack();
            var answer = await killed.KilledAt(strace, calls, number, "apply", "1.0", "--in", Source);
            var now = State();
            Assert.Empty(before.Keys.Intersect(after.Keys).Except(now.Keys)); // never away, not for the time of a rename either
            foreach (var (file, content) in now.Where(file => !file.Key.StartsWith(".patchforge-apply", StringComparison.Ordinal)))
            {
                Assert.True(before.GetValueOrDefault(file) == content || after.GetValueOrDefault(file) == content, $"{calls} {number}: {file} is neither as it was nor as it shall be");
            }

            if (answer.ExitCode == 0)
            {
                Assert.Equal(after, State());
                break;
            }

            reached++;
            var next = await Tool.Run(_forge, TestContext.Current.CancellationToken, "apply", "1.0", "--in", Source);

            // Killed when all was done but the last word, the next run finds it done.
            Assert.True(next.ExitCode == 0 || next.Error.Contains("already applied", StringComparison.Ordinal), $"{calls} {number}: {next.Output}{next.Error}");
            Assert.Equal(after, State());
        }

        Assert.True(reached > 0, $"no run reached {calls}: nothing was tested");
    }

    /// <summary>Writes the patch that is made of sources, by a refresh of the series without the one that fits no archive.</summary>
    private async Task WriteGenerated()
    {
        var series = _forge.Read("patches/tiny/1/series");
        _forge.Write("patches/tiny/1/series", series.Replace("0200-more.patch\n", "", StringComparison.Ordinal));
        var answer = await Tool.Run(_forge, TestContext.Current.CancellationToken, "refresh", "1.0", "--no-build");
        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        _forge.Write("patches/tiny/1/series", series);
    }

    private void Unpack()
    {
        if (Directory.Exists(Source))
        {
            Directory.Delete(Source, recursive: true);
        }

        Directory.CreateDirectory(Path.Combine(Source, "old"));
        File.WriteAllText(Path.Combine(Source, "hello.c"), TinyForge.Hello);
        File.WriteAllText(Path.Combine(Source, "VERSION"), "1.0\n");
        File.WriteAllText(Path.Combine(Source, "old/only"), "only\n");
    }

    /// <summary>Every file outside of .git: whether it is a program, and its text.</summary>
    private SortedDictionary<string, string> State()
    {
        var state = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
        {
            state[Path.GetRelativePath(Source, file)] = string.Create(
                CultureInfo.InvariantCulture, $"{(File.GetUnixFileMode(file) & UnixFileMode.UserExecute) != 0} {File.ReadAllText(file)}");
        }

        foreach (var folder in Directory.EnumerateDirectories(Source, ".patchforge-apply"))
        {
            state[Path.GetRelativePath(Source, folder)] = "left";
        }

        return state;
    }

    private async Task<ProcessAnswer> Git(params string[] arguments)
    {
        var answer = await new Processes(new SilentStory()).Run(new ProcessRequest("git", arguments) { WorkingDirectory = Source }, TestContext.Current.CancellationToken);
        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        return answer;
    }
}
