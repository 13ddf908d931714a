using System.Collections.Immutable;
using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>A session of the editing commands as a person has it: what goes out comes back byte for byte, and a kill loses nothing.</summary>
public sealed class SessionTests : IDisposable
{
    private const string Series = "patches/tiny/1";
    private readonly TinyForge _forge = new();
    private readonly Processes _processes = new(new SilentStory());

    public SessionTests() => Assert.SkipUnless(_processes.Find("git") is not null, "git is not installed");

    public void Dispose() => _forge.Dispose();

    private string Tree => Path.Combine(_forge.Home, ".patchforge", "edit", "1.0");

    [Fact]
    public async Task Edit_save_export_drop_and_import_come_round_byte_for_byte()
    {
        await Done("ebuild");
        var first = _forge.State(Series);
        await Done("export", "--as", "tarball", "--to", "first.tar.bz2");

        // A patch is changed, one is added, and both are exported.
        await Done("edit", "1.0");
        await Change();
        await Done("save");
        var second = _forge.State(Series);
        Assert.NotEqual(first, second);
        await Done("export", "--as", "tarball", "--to", "second.tar.bz2");
        await Done("export", "--as", "quilt", "--to", "second");

        // Back to the first: the new commit is dropped, the other one comes from the tarball.
        await Git("reset", "-q", "--hard", "HEAD~1");
        await Done("save", "--drop", "0110-a-note.patch");
        await Done("import", "first.tar.bz2", "--replace");
        Assert.Equal(first, _forge.State(Series));

        // And to the second again, from the folder this time.
        await Done("import", "second", "--replace");
        Assert.Equal(second, _forge.State(Series));
        await Done("export", "--as", "tarball", "--to", "again/second.tar.bz2");
        Assert.Equal(await Bytes("second.tar.bz2"), await Bytes("again/second.tar.bz2"));

        // Every form makes the same source of the release.
        await Done("apply", "1.0", "--to", "applied");
        await Done("export", "1.0", "--as", "patch", "--to", "all.patch");
        Directory.CreateDirectory(Path.Combine(_forge.Home, "patched"));
        await Program("tar", "-xf", Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz"), "-C", "patched", "--strip-components=1");
        await Program("patch", "-d", "patched", "-p1", "-s", "-F0", "-i", Path.Combine(_forge.Home, "all.patch"));
        await Program("diff", "-r", "applied", "patched");
    }

    [Theory]
    [InlineData("renameat2")]
    [InlineData("rename")]
    [InlineData("fsync")]
    [InlineData("unlink,rmdir")]
    public async Task A_save_that_is_killed_at_any_call_leaves_the_series_as_it_was_or_as_it_shall_be(string calls)
    {
        var strace = _processes.Find("strace");
        Assert.SkipUnless(strace is not null, "strace is not installed");
        await Done("ebuild");
        var before = _forge.State(Series);
        await Done("edit", "1.0");
        await Change();
        await Program("cp", "-a", Tree, Tree + "-kept");
        await Program("cp", "-a", Series, "series-kept");
        await Done("save", Tree);
        var after = _forge.State(Series);
        var reached = 0;
        for (var number = 1; number <= 25; number++)
        {
            await Program("rm", "-rf", Tree, Series, ".patchforge/landing");
            await Program("cp", "-a", Tree + "-kept", Tree);
            await Program("cp", "-a", "series-kept", Series);
            var request = Tool.Request(_forge, "save", Tree);
            var answer = await _processes.Run(
                request with { Program = strace, Arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", $"inject={calls}:signal=SIGKILL:when={number}", request.Program, .. request.Arguments] },
                TestContext.Current.CancellationToken);
            var now = _forge.State(Series);
            Assert.True(Same(now, before) || Same(now, after), $"{calls} {number}: the series is neither as it was nor as it shall be");
            await Done("save", Tree);
            Assert.Equal(after, _forge.State(Series));
            if (answer.ExitCode == 0)
            {
                break;
            }

            reached++;
        }

        Assert.True(reached > 0, $"no run reached {calls}: nothing was tested");
    }

    [Fact]
    public async Task Another_package_is_begun_and_its_patches_imported()
    {
        var tarball = Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz");
        await Done("init", "app-misc/other", "--dir", "project", "--release", "1.0", "--tarball", tarball);
        var project = Path.Combine(_forge.Home, "project");
        Assert.Contains("there is a project already", (await Run("init", "app-misc/other", "--dir", "project", "--release", "1.0", "--tarball", tarball)).Error, StringComparison.Ordinal);
        Assert.Contains("0 of 0", await In(project, "diff", project + "/patches/other/1.0"), StringComparison.Ordinal);

        await In(project, "import", Path.Combine(_forge.Home, Series, "0001-greet.patch"));
        Assert.Contains("clean", await In(project, "status"), StringComparison.Ordinal);
        Assert.Contains("0001-greet.patch", await In(project, "refresh", "--no-build", "--format", "json"), StringComparison.Ordinal);
        await In(project, "apply", "1.0", "--to", "applied");
        Assert.Contains("hello, world", await File.ReadAllTextAsync(Path.Combine(project, "applied", "hello.c"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await In(project, "edit", "1.0");
        Assert.Equal("nothing changed\n", await In(project, "save"));
    }

    [Fact]
    public async Task A_clone_serves_as_the_source_of_another_package()
    {
        var clone = Path.Combine(_forge.Home, "upstream.git");
        Directory.CreateDirectory(clone);
        await Program("tar", "-xf", Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz"), "-C", clone, "--strip-components=1");
        foreach (var words in new[] { "init -q", "add -A", "commit -q -m one", "tag v1.0" })
        {
            await Program("git", ["-C", clone, .. words.Split(' ')]);
        }

        Assert.Contains("has no tag 1.0", (await Run("init", "app-misc/other", "--dir", "project", "--release", "1.0", "--git", clone)).Error, StringComparison.Ordinal);
        await Done("init", "app-misc/other", "--dir", "project", "--release", "1.0", "--git", clone, "--tag", "v{version}");
        var project = Path.Combine(_forge.Home, "project");
        await In(project, "import", Path.Combine(_forge.Home, Series, "0001-greet.patch"));
        await In(project, "apply", "1.0", "--to", "applied", "--git", clone, "--unofficial");
        Assert.Contains("hello, world", await File.ReadAllTextAsync(Path.Combine(project, "applied", "hello.c"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("patchforge ref", "refresh")]
    [InlineData("patchforge edit 1.", "1.0 1.1")]
    [InlineData("patchforge bisect 00", "0001-greet.patch")]
    [InlineData("patchforge export --as m", "mbox")]
    public async Task Bash_completes_commands_releases_and_patches(string line, string words)
    {
        await Done("ebuild");
        await File.WriteAllTextAsync(Path.Combine(_forge.Home, "ask.bash"), $$"""
            patchforge() { "{{Tool.Path}}" "$@"; }
            eval "$(patchforge completion bash)"
            COMP_LINE="{{line}}"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=($COMP_LINE); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _patchforge
            echo "${COMPREPLY[@]}"
            """, TestContext.Current.CancellationToken);
        Assert.Equal(words, (await Program("bash", "ask.bash")).Trim());
    }

    private async Task Change()
    {
        await Git("reset", "-q", "--hard", "HEAD~1");
        await File.WriteAllTextAsync(Path.Combine(Tree, "hello.c"), "#include <stdio.h>\n\nint main(void)\n{\n    puts(\"hello, moon\");\n    return 0;\n}\n", TestContext.Current.CancellationToken);
        await Git("commit", "-q", "-a", "--amend", "--no-edit");
        await Git("cherry-pick", "ORIG_HEAD");
        await File.WriteAllTextAsync(Path.Combine(Tree, "NOTE"), "noted\n", TestContext.Current.CancellationToken);
        await Git("add", "NOTE");
        await Git("commit", "-q", "-m", "a note");
    }

    private Task<byte[]> Bytes(string file) => File.ReadAllBytesAsync(Path.Combine(_forge.Home, file), TestContext.Current.CancellationToken);

    private static bool Same(SortedDictionary<string, string> one, SortedDictionary<string, string> other) => one.SequenceEqual(other);

    private Task<string> Git(params string[] words) => Program("git", ["-C", Tree, .. words]);

    private async Task<string> Done(params string[] words) => Said(await Run(words), words);

    private async Task<string> In(string folder, params string[] words) =>
        Said(await _processes.Run(Tool.Request(_forge, words) with { WorkingDirectory = folder }, TestContext.Current.CancellationToken), words);

    private static string Said(ProcessAnswer answer, string[] words)
    {
        Assert.True(answer.ExitCode == 0, string.Join(' ', words) + ": " + answer.Output + answer.Error);
        return answer.Output;
    }

    private Task<ProcessAnswer> Run(params string[] words) => Tool.Run(_forge, TestContext.Current.CancellationToken, words);

    private async Task<string> Program(string program, params ImmutableArray<string> words)
    {
        var environment = Tool.Environment(_forge)
            .Add("GIT_AUTHOR_NAME", "T").Add("GIT_AUTHOR_EMAIL", "t@example.org").Add("GIT_COMMITTER_NAME", "T").Add("GIT_COMMITTER_EMAIL", "t@example.org").Add("GIT_CONFIG_NOSYSTEM", "1");
        var answer = await _processes.Run(new ProcessRequest(program, words) { WorkingDirectory = _forge.Home, Environment = environment }, TestContext.Current.CancellationToken);
        Assert.True(answer.ExitCode == 0, $"{program} {string.Join(' ', words)}: {answer.Output}{answer.Error}");
        return answer.Output;
    }
}
