using System.Collections.Immutable;
using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>import and export against the real git, patch, tar and quilt, as far as they are here.</summary>
public sealed class ExchangeTests : IDisposable
{
    private const string Series = "patches/tiny/1";
    private const string Deep = "--- x/y/hello.c\n+++ x/y/hello.c\n@@ -3,5 +3,6 @@ int main(void)\n int main(void)\n {\n     puts(\"hello, world\");\n+    puts(\"deep\");\n     return 0;\n }\n";
    private readonly TinyForge _forge = new();
    private readonly Processes _processes = new(new SilentStory());

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task A_quilt_directory_goes_out_and_comes_in_byte_for_byte()
    {
        await Done("ebuild");
        await Done("export", "--as", "quilt", "--to", "out");
        Assert.Equal(_forge.State(Series).Values, _forge.State("out").Values);

        _forge.Write(Series + "/series", "0100-extra.patch\n");
        File.Delete(Path.Combine(_forge.Home, Series, "0001-greet.patch"));
        var imported = await Done("import", "out");
        Assert.Contains("0001-greet.patch: new", imported, StringComparison.Ordinal);
        Assert.Contains("0100-extra.patch: there already", imported, StringComparison.Ordinal);
        Assert.Equal("0100-extra.patch\n# people and generator\n0001-greet.patch\n", _forge.Read(Series + "/series"));
        Assert.Equal(_forge.Read("out/0001-greet.patch"), _forge.Read(Series + "/0001-greet.patch"));
        Assert.Contains("nothing changed", await Done("import", "out"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_series_file_with_options_comments_and_folders_is_taken()
    {
        _forge.Write("theirs/debian/patches/series", "# theirs\nsub/deep -p2 # two up\n");
        _forge.Write("theirs/debian/patches/sub/deep", Deep);

        var text = await Done("import", "theirs", "--after", "0001-greet.patch");

        Assert.Contains("sub-deep.patch: new (was sub/deep)", text, StringComparison.Ordinal);
        Assert.Contains("nothing says what the patch is for", text, StringComparison.Ordinal);
        Assert.Equal("# people and generator\n0001-greet.patch\n# theirs\nsub-deep.patch # two up\n0100-extra.patch\n", _forge.Read(Series + "/series"));
        await Done("apply", "1.0", "--to", "applied");
        Assert.Contains("deep", _forge.Read("applied/hello.c"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mailbox_applies_with_git_am_and_comes_in_again_with_its_names_and_diffs()
    {
        Assert.SkipUnless(_processes.Find("git") is not null, "git is not installed");
        await Done("export", "--as", "mbox", "--to", "all.mbox");
        var repository = await Source("git");
        await Program(repository, "git", "init", "-q");
        await Program(repository, "git", "add", "-A");
        await Program(repository, "git", "commit", "-q", "-m", "release");
        await Program(repository, "git", "am", "-q", Path.Combine(_forge.Home, "all.mbox"));
        Assert.Contains("greet the world\n\nThe program said nothing.\n\nForwarded: not-needed", await Program(repository, "git", "log", "--format=%B", "-1", "HEAD~1"), StringComparison.Ordinal);
        await Done("apply", "1.0", "--to", "applied");
        await Program(_forge.Home, "diff", "-r", "--exclude=.git", "applied", repository);

        // What git makes of it, and our own: names, subjects and diffs come back.
        await Program(repository, "git", "format-patch", "-q", "-2", "-o", Path.Combine(_forge.Home, "formatted"));
        var before = _forge.Read(Series + "/0001-greet.patch");
        File.Delete(Path.Combine(_forge.Home, Series, "0001-greet.patch"));
        _forge.Write(Series + "/series", "0100-extra.patch\n");
        await Done("import", "all.mbox", "--dry-run");
        await Done("import", "formatted/0001-greet-the-world.patch");
        Assert.Equal("0100-extra.patch\n0110-greet-the-world.patch\n", _forge.Read(Series + "/series"));
        Assert.Equal(_forge.Read("formatted/0001-greet-the-world.patch"), _forge.Read(Series + "/0110-greet-the-world.patch"));
        _forge.Write(Series + "/series", "0100-extra.patch\n");
        File.Delete(Path.Combine(_forge.Home, Series, "0110-greet-the-world.patch"));
        await Done("export", "--as", "mbox", "--to", "rest.mbox"); // the generated one alone
        Assert.DoesNotContain("greet", _forge.Read("rest.mbox"), StringComparison.Ordinal);
        _forge.Write("one.mbox", _forge.Read("all.mbox")[.._forge.Read("all.mbox").IndexOf("X-Patchforge-Patch: 0100", StringComparison.Ordinal)].Replace("\n\nFrom 0000", "\0", StringComparison.Ordinal).Split('\0')[0] + "\n\n");
        await Done("import", "one.mbox");
        Assert.Equal(before[before.IndexOf("--- a/", StringComparison.Ordinal)..], _forge.Read(Series + "/0001-greet.patch") is var text ? text[text.IndexOf("--- a/", StringComparison.Ordinal)..text.IndexOf("-- \n", StringComparison.Ordinal)] : "");
    }

    [Fact]
    public async Task One_diff_is_the_whole_series_for_patch()
    {
        Assert.SkipUnless(_processes.Find("patch") is not null, "patch is not installed");
        await Done("export", "1.0", "--as", "patch", "--to", "all.patch");
        var source = await Source("patched");
        await Program(source, "patch", "-p1", "-s", "-F0", "-i", Path.Combine(_forge.Home, "all.patch"));
        await Done("apply", "1.0", "--to", "applied");
        await Program(_forge.Home, "diff", "-r", "applied", source);
    }

    [Theory]
    [InlineData("tiny-1.tar.bz2")]
    [InlineData("tiny-1.tar.gz")]
    [InlineData("tiny-1.tar")]
    public async Task A_tarball_is_the_same_each_time_and_comes_in_byte_for_byte(string name)
    {
        await Done("ebuild");
        await Done("export", "--as", "tarball", "--to", name);
        var bytes = await File.ReadAllBytesAsync(Path.Combine(_forge.Home, name), TestContext.Current.CancellationToken);
        await Task.Delay(1100, TestContext.Current.CancellationToken); // another second, which a time stamp would show
        File.SetLastWriteTimeUtc(Path.Combine(_forge.Home, Series, "0001-greet.patch"), DateTime.UnixEpoch);
        await Done("export", "--as", "tarball", "--to", "again/" + name);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(_forge.Home, "again", name), TestContext.Current.CancellationToken));

        var listing = await Program(_forge.Home, "tar", "-tvf", name, "--numeric-owner", "--utc", "--full-time");
        Assert.Equal(["-rw-r--r-- 0/0", "-rw-r--r-- 0/0", "-rw-r--r-- 0/0"], listing.TrimEnd().Split('\n').Select(line => line[..14]));
        Assert.Equal(3, listing.Split("2026-01-01 00:00:00").Length - 1);
        Assert.Contains("nothing changed", await Done("import", name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gentoo_patch_tarball_without_a_series_is_taken_in_the_order_of_its_names()
    {
        _forge.Write("t/patches/20_second.patch", "Subject: second\n\n" + Deep.Replace("x/y/", "a/", StringComparison.Ordinal).Replace("deep", "second", StringComparison.Ordinal));
        _forge.Write("t/patches/10_first.patch", "Subject: first\n\n" + Deep.Replace("x/y/", "a/", StringComparison.Ordinal));
        _forge.Write("t/init/apache2.initd", "#!/sbin/openrc-run\n");
        await Program(_forge.Home, "tar", "-cjf", "gentoo-tiny.tar.bz2", "t");

        Assert.Contains("10_first.patch: new", await Done("import", "gentoo-tiny.tar.bz2"), StringComparison.Ordinal);

        Assert.EndsWith("0100-extra.patch\n10_first.patch\n20_second.patch\n", _forge.Read(Series + "/series"), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_forge.Home, Series, "apache2.initd")));
    }

    [Fact]
    public async Task Quilt_pushes_what_was_exported()
    {
        Assert.SkipUnless(_processes.Find("quilt") is not null, "quilt is not installed");
        var source = await Source("quilted");
        await Done("export", "--as", "quilt", "--to", "quilted/patches");
        await Program(source, "quilt", "push", "-a", "--fuzz=0");
        await Done("apply", "1.0", "--to", "applied");
        await Program(_forge.Home, "diff", "-r", "--exclude=patches", "--exclude=.pc", "applied", source);
    }

    [Theory]
    [InlineData("theirs/series", "0001-greet.patch\n", "in the series already, with another text")]
    [InlineData("theirs/series", "../outside.patch\n", "'..' segment")]
    [InlineData("theirs/series", "gone.patch\n", "'gone.patch' is not there")]
    [InlineData("theirs/README", "x\n", "no series file and no patch")]
    [InlineData("theirs/a.patch", "--- a/../../etc/passwd\n+++ b/../../etc/passwd\n@@ -1 +1 @@\n-1\n+2\n", "'..' segment")]
    public async Task What_cannot_be_taken_is_refused_and_nothing_is_written(string file, string content, string sentence)
    {
        _forge.Write("theirs/0001-greet.patch.txt", "x");
        _forge.Write(file, content);
        if (content.StartsWith("0001", StringComparison.Ordinal))
        {
            _forge.Write("theirs/0001-greet.patch", Deep.Replace("x/y/", "a/", StringComparison.Ordinal));
        }

        var before = _forge.State("patches");
        var answer = await Run("import", "theirs");
        Assert.Equal(1, answer.ExitCode);
        Assert.Contains(sentence, answer.Error, StringComparison.Ordinal);
        Assert.Equal(before, _forge.State("patches"));
    }

    private async Task<string> Source(string folder)
    {
        _forge.Write(Series + "/series.kept", _forge.Read(Series + "/series"));
        var unpacked = Path.Combine(_forge.Home, folder);
        Directory.CreateDirectory(unpacked);
        await Program(_forge.Home, "tar", "-xf", Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz"), "-C", folder, "--strip-components=1");
        File.Delete(Path.Combine(_forge.Home, Series, "series.kept"));
        return unpacked;
    }

    private async Task<string> Done(params string[] words)
    {
        var answer = await Run(words);
        Assert.True(answer.ExitCode == 0, string.Join(' ', words) + ": " + answer.Output + answer.Error);
        return answer.Output;
    }

    private Task<ProcessAnswer> Run(params string[] words) => Tool.Run(_forge, TestContext.Current.CancellationToken, words);

    private async Task<string> Program(string folder, string program, params ImmutableArray<string> words)
    {
        var environment = Tool.Environment(_forge)
            .Add("GIT_AUTHOR_NAME", "T").Add("GIT_AUTHOR_EMAIL", "t@example.org").Add("GIT_COMMITTER_NAME", "T").Add("GIT_COMMITTER_EMAIL", "t@example.org").Add("GIT_CONFIG_NOSYSTEM", "1");
        var answer = await _processes.Run(new ProcessRequest(program, words) { WorkingDirectory = folder, Environment = environment }, TestContext.Current.CancellationToken);
        Assert.True(answer.ExitCode == 0, $"{program} {string.Join(' ', words)}: {answer.Output}{answer.Error}");
        return answer.Output;
    }
}
