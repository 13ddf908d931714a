using System.Globalization;
using System.Text.Json;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>The tool as a user meets it, on a small project: what it writes, says and answers.</summary>
public sealed class RefreshTests : IDisposable
{
    private readonly TinyForge _forge = new();

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task Refresh_writes_the_series_the_ebuild_the_manifest_and_the_cache()
    {
        var answer = await Run("refresh", "1.0", "--no-build");

        Assert.True(answer.Code == 0, answer.Output + answer.Error);
        Assert.Contains("+    return 42;", _forge.Read("patches/tiny/1/0100-extra.patch"), StringComparison.Ordinal);
        Assert.Contains("tiny-1/0001-greet.patch", _forge.Read("overlay/app-misc/tiny/tiny-1.0.ebuild"), StringComparison.Ordinal);
        Assert.Matches("^DIST tiny-1.0.tar.gz [0-9]+ BLAKE2B [0-9a-f]{128} SHA512 [0-9a-f]{128}\nDIST tiny-1.1", _forge.Read("overlay/app-misc/tiny/Manifest"));
        Assert.Contains("DESCRIPTION=A small package\n", _forge.Read("metadata/md5-cache/app-misc/tiny-1.0"), StringComparison.Ordinal);
        Assert.Equal("a person's file\n", _forge.Read("overlay/app-misc/tiny/files/tiny.conf"));
        Assert.Contains("<!doctype html>", _forge.Read(".patchforge/refresh.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refresh_again_changes_nothing_byte_for_byte_and_touches_no_file()
    {
        await Run("refresh", "--no-build");
        var before = Everything();
        var times = Times();

        var answer = await Run("refresh", "--no-build");
        Assert.Equal(0, answer.Code);
        Assert.Contains("nothing changed", answer.Output, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
        Assert.Equal(times, Times());
    }

    [Fact]
    public async Task A_dry_run_says_what_it_would_write_and_writes_nothing()
    {
        var before = Everything();
        var answer = await Run("refresh", "1.0", "--no-build", "--dry-run");
        Assert.Equal(0, answer.Code);
        Assert.Contains("would write", answer.Output, StringComparison.Ordinal);
        Assert.Contains("overlay/app-misc/tiny/tiny-1.0.ebuild", answer.Output, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public async Task Without_a_distfile_it_says_which_where_it_looked_and_three_ways_and_exits_5()
    {
        File.Delete(Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz"));
        var before = Everything();
        var answer = await Run("refresh", "1.0", "--no-build");

        Assert.Equal(5, answer.Code);
        Assert.Contains("tiny-1.0.tar.gz", answer.Output, StringComparison.Ordinal);
        Assert.Contains(Path.GetFullPath(_forge.Distdir), answer.Output, StringComparison.Ordinal);
        Assert.Contains("--distdir", answer.Output, StringComparison.Ordinal);
        Assert.Contains("three ways to provide it", answer.Output, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:9", answer.Output, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public async Task Told_no_release_it_does_what_is_there_says_what_is_not_and_ends_well()
    {
        File.Delete(Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz"));

        var answer = await Run("refresh", "--no-build");
        Assert.True(answer.Code == 0, answer.Output + answer.Error);
        Assert.Contains("not done (missing): 1.0", answer.Output, StringComparison.Ordinal);
        Assert.Contains("done: 1.1", answer.Output, StringComparison.Ordinal);
        Assert.Contains("three ways to provide it", answer.Output, StringComparison.Ordinal);

        Assert.Equal(5, (await Run("refresh", "--no-build", "--line", "1")).Code);
        Assert.Equal(5, (await Run("refresh", "--no-build", "--all")).Code);
        File.Delete(Path.Combine(_forge.Distdir, "tiny-1.1.tar.gz"));
        Assert.Equal(5, (await Run("refresh", "--no-build")).Code);
    }

    [Fact]
    public async Task A_distfile_that_is_not_the_published_one_is_refused_and_works_only_on_a_scratch_copy()
    {
        var file = Path.Combine(_forge.Distdir, "tiny-1.0.tar.gz");
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[9] ^= 1; // the header's OS field (RFC 1952): other bytes, same content
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        var before = Everything();

        var refused = await Run("refresh", "1.0", "--no-build");
        Assert.Equal(1, refused.Code);
        Assert.Contains("not the published file", refused.Output, StringComparison.Ordinal);
        Assert.Equal(before, Everything());

        var scratch = await Run("refresh", "1.0", "--no-build", "--unofficial", "--format", "json");
        Assert.True(scratch.Code == 0, scratch.Output + scratch.Error);
        Assert.Equal(before, Everything());
        using var json = JsonDocument.Parse(scratch.Output);
        var folder = json.RootElement.GetProperty("scratch").GetString() ?? "";
        Assert.Contains("DIST tiny-1.0.tar.gz", await File.ReadAllTextAsync(Path.Combine(folder, "overlay/app-misc/tiny/Manifest"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("unofficial", json.RootElement.GetProperty("releases")[0].GetProperty("source").GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_conflict_names_the_patch_and_the_place_and_leaves_everything()
    {
        _forge.Write("patches/tiny/1/0001-greet.patch", _forge.Read("patches/tiny/1/0001-greet.patch").Replace("     return 0;", "     return 1;", StringComparison.Ordinal));
        var before = Everything();
        var answer = await Run("refresh", "1.0", "--no-build");

        Assert.Equal(3, answer.Code);
        Assert.Contains("patches/tiny/1/0001-greet.patch:", answer.Output, StringComparison.Ordinal);
        Assert.Contains("hello.c", answer.Output, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public async Task Broken_settings_are_refused_with_file_line_and_column()
    {
        _forge.Write("patchforge.yaml", _forge.Read("patchforge.yaml").Replace("eapi: \"8\"", "eapi: [", StringComparison.Ordinal));
        var answer = await Run("refresh", "1.0");
        Assert.Equal(1, answer.Code);
        Assert.Matches(@"patchforge\.yaml:[0-9]+:[0-9]+: ", answer.Error);
    }

    [Theory]
    [InlineData("refresh", "9.9")]
    [InlineData("refresh", "--no-such-option")]
    [InlineData("apply", "1.0")]
    [InlineData("refresh", "--git", "/tmp", "1.0")]
    public async Task A_wrong_command_line_exits_2(params string[] arguments)
    {
        var answer = await Run(arguments);
        Assert.Equal(2, answer.Code);
        Assert.Equal("", answer.Output);
        Assert.Contains("--help", answer.Error + "--help", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("refresh", "9.9")]
    [InlineData("apply", "1.0")]
    [InlineData("bogus")]
    [InlineData("chroot")]
    [InlineData("status", "--settings", "/nowhere.yaml")]
    [InlineData("apply", "1.0", "--to", "/proc/nowhere")]
    public async Task A_failure_is_one_JSON_object_where_JSON_was_asked_for(params string[] arguments)
    {
        var answer = await Run([.. arguments, "--format", "json"]);
        using var json = JsonDocument.Parse(answer.Output);
        Assert.Equal(answer.Code, json.RootElement.GetProperty("failure").GetProperty("exitCode").GetInt32());
        Assert.NotEqual("", answer.Error);
        Assert.InRange(answer.Code, 1, 5);
    }

    [Fact]
    public async Task What_only_looks_needs_no_lock_and_writes_nothing()
    {
        await Run("refresh", "--no-build");
        using var other = Landing.WorkFolder.Take(_forge.Home, "another run");
        var before = Times();

        Assert.Equal(1, (await Run("ebuild")).Code);
        Assert.Equal(0, (await Run("ebuild", "--check")).Code);
        Assert.Equal(0, (await Run("refresh", "--no-build", "--dry-run")).Code);
        Assert.Equal(before, Times());
    }

    [Fact]
    public async Task A_report_that_cannot_be_written_is_said_and_takes_nothing_back()
    {
        var answer = await Run("refresh", "--no-build", "--report", "/proc/nowhere.html", "--format", "json");
        Assert.Equal(1, answer.Code);
        Assert.Contains("--report names another place", answer.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(answer.Output);
        Assert.NotEqual(0, json.RootElement.GetProperty("changed").GetArrayLength());
    }

    [Theory]
    [InlineData("$(touch x)")]
    [InlineData("a.b")]
    [InlineData("\"a\\x1b[2J\"")]
    public async Task A_variant_that_could_be_no_USE_flag_is_refused(string name)
    {
        _forge.Write("patchforge.yaml", _forge.Read("patchforge.yaml").Replace("fancy: [", name + ": [", StringComparison.Ordinal));
        var answer = await Run("refresh", "--no-build");
        Assert.Equal(1, answer.Code);
        Assert.Matches(@"patchforge\.yaml:[0-9]+:[0-9]+: a variant is not a name", answer.Error);
        Assert.DoesNotContain('\x1b', answer.Error);
    }

    [Fact]
    public async Task Root_s_run_over_a_user_s_checkout_leaves_it_the_user_s()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can leave files to another");
        var processes = new global::PatchForge.Host.Processes(new SilentStory());
        await processes.Run(new("chown", "-R", "64001:64002", _forge.Home), TestContext.Current.CancellationToken);

        var answer = await Run("refresh", "--no-build");
        Assert.True(answer.Code == 0, answer.Output + answer.Error);
        var found = await processes.Run(new("find", _forge.Home, "(", "!", "-uid", "64001", "-o", "!", "-gid", "64002", ")"), TestContext.Current.CancellationToken);
        Assert.Equal("", found.Output);
    }

    [Fact]
    public async Task Drift_is_found_and_exits_4()
    {
        await Run("refresh", "--no-build");
        Assert.Equal(0, (await Run("ebuild", "--check")).Code);
        Assert.Equal(0, (await Run("manifest", "--check")).Code);
        Assert.Equal(0, (await Run("cache", "--check")).Code);

        _forge.Write("src/tiny/extra.c", "int extra(void)\n{\n    return 43;\n}\n");
        var answer = await Run("ebuild", "--check");
        Assert.Equal(4, answer.Code);
        Assert.Contains("differs: patches/tiny/1/0100-extra.patch", answer.Output, StringComparison.Ordinal);

        await Run("ebuild");
        Assert.Equal(0, (await Run("ebuild", "--check")).Code);
        Assert.Contains("return 43", _forge.Read("overlay/app-misc/tiny/files/tiny-1/0100-extra.patch"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_writes_the_patched_source()
    {
        var to = Path.Combine(_forge.Cache, "patched");
        var answer = await Run("apply", "1.1", "--to", to);
        Assert.True(answer.Code == 0, answer.Output + answer.Error);
        Assert.Contains("puts(\"hello, world\");", await File.ReadAllTextAsync(Path.Combine(to, "hello.c"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(to, "extra/extra.c")));
    }

    [Fact]
    public async Task Status_says_where_things_stand_and_what_is_next()
    {
        var answer = await Run("status");
        Assert.Equal(0, answer.Code);
        Assert.Contains("2 clean", answer.Output, StringComparison.Ordinal);
        Assert.Contains("next: patchforge refresh 1.0", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_shows_each_patch_on_each_release_and_explains_a_cell()
    {
        using var forge = new TinyForge(version => version == "1.0" ? TinyForge.Hello : TinyForge.Hello.Replace("return 0;", "return EXIT_SUCCESS;", StringComparison.Ordinal));

        var matrix = await Tool.Run(forge, TestContext.Current.CancellationToken, "status");
        Assert.Contains("1.1      conflict  .\n", matrix.Output, StringComparison.Ordinal);
        Assert.Contains("0001-greet.patch: conflict on 1.1\n", matrix.Output, StringComparison.Ordinal);

        var cell = await Tool.Run(forge, TestContext.Current.CancellationToken, "status", "--explain", "0001", "1.1");
        Assert.Contains("1.1: 0001-greet.patch: hello.c:2: conflict: its old lines are not in the file\n", cell.Output, StringComparison.Ordinal);
        Assert.Contains("where it fits: most likely at line 2: 4 of its 5 old lines are there\n", cell.Output, StringComparison.Ordinal);
        Assert.Contains("what upstream changed there since 1.0:\n", cell.Output, StringComparison.Ordinal);
        Assert.Contains("    -    return 0;\n    +    return EXIT_SUCCESS;\n", cell.Output, StringComparison.Ordinal);

        var json = await Tool.Run(forge, TestContext.Current.CancellationToken, "status", "--explain", "--format", "json");
        using var parsed = JsonDocument.Parse(json.Output);
        Assert.Equal("conflict", parsed.RootElement.GetProperty("releases")[1].GetProperty("patches")[0].GetProperty("state").GetString());
        Assert.Equal("1.0", parsed.RootElement.GetProperty("explained")[0].GetProperty("base").GetString());
        Assert.Equal(2, (await Tool.Run(forge, TestContext.Current.CancellationToken, "status", "--explain", "9999")).ExitCode);
    }

    private async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var answer = await Tool.Run(_forge, TestContext.Current.CancellationToken, arguments);
        return (answer.ExitCode, answer.Output, answer.Error);
    }

    private SortedDictionary<string, string> Everything()
    {
        var all = _forge.State(".");
        foreach (var work in all.Keys.Where(path => path.StartsWith(".patchforge/", StringComparison.Ordinal)).ToList())
        {
            all.Remove(work);
        }

        return all;
    }

    private List<string> Times() =>
    [
        .. ((string[])["patches", "overlay", "metadata"])
            .SelectMany(folder => Directory.EnumerateFileSystemEntries(Path.Combine(_forge.Home, folder), "*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
            .Select(path => string.Create(CultureInfo.InvariantCulture, $"{path} {File.GetLastWriteTimeUtc(path).Ticks}")),
    ];
}
