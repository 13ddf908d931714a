using System.Text.Json;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>A series that does not fit a release: what merges, what waits for a person, and every way out of it.</summary>
public sealed class ConflictTests : IDisposable
{
    private const string Greet = "patches/tiny/1/0001-greet.patch";
    private const string OwnGreet = "patches/tiny/1/1.1/0001-greet.patch";
    private const string Tree = ".patchforge/session/1.1-0001-greet.patch/hello.c";

    // Two lines away from the patch's own: they merge. Beside it: they conflict.
    private static readonly string Apart = TinyForge.Hello.Replace("main(void)", "main(int count, char **words)", StringComparison.Ordinal);
    private static readonly string Beside = TinyForge.Hello.Replace("return 0;", "return EXIT_SUCCESS;", StringComparison.Ordinal);
    private TinyForge? _forge;

    public void Dispose() => _forge?.Dispose();

    [Fact]
    public async Task What_merges_becomes_a_patch_of_that_release_alone_and_its_ebuild_applies_it()
    {
        var forge = Forge(Apart);
        var shared = forge.Read(Greet);
        var answer = await Run("refresh", "--no-build");

        Assert.True(answer.Code == 0, answer.Output + answer.Error);
        Assert.Contains("merged with what changed since 1.0", answer.Output, StringComparison.Ordinal);
        Assert.Equal(shared, forge.Read(Greet));
        Assert.StartsWith("Subject: greet the world\nForwarded: not-needed\n\nThe program said nothing.\n\ndiff --git a/hello.c b/hello.c\n", forge.Read(OwnGreet), StringComparison.Ordinal);
        Assert.Contains("tiny-1/0001-greet.patch", forge.Read("overlay/app-misc/tiny/tiny-1.0.ebuild"), StringComparison.Ordinal);
        Assert.Contains("tiny-1/1.1/0001-greet.patch", forge.Read("overlay/app-misc/tiny/tiny-1.1.ebuild"), StringComparison.Ordinal);
        Assert.Equal(forge.Read(OwnGreet), forge.Read("overlay/app-misc/tiny/files/tiny-1/1.1/0001-greet.patch"));

        Assert.Contains("nothing changed", (await Run("refresh", "--no-build")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("ebuild", "--check")).Code);
        Assert.Matches(@"1\.1 +\.\* +\.", (await Run("status")).Output);
        var to = Path.Combine(forge.Cache, "patched");
        Assert.Equal(0, (await Run("apply", "1.1", "--to", to)).Code);
        Assert.Contains("char **words)\n{\n    puts(", await File.ReadAllTextAsync(Path.Combine(to, "hello.c"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_is_resolved_continued_undone_and_aborted_and_every_step_is_byte_for_byte()
    {
        var forge = Forge(Beside);
        var before = Everything();

        var stopped = await Run("refresh", "--no-build");
        Assert.Equal(3, stopped.Code);
        Assert.Equal(before, Everything());
        Assert.Contains("hello.c: both sides changed the same lines\n", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("  < 1.1\n  <       return EXIT_SUCCESS;\n", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("  >       puts(\"hello, world\");\n", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("patchforge refresh --continue", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("<<<<<<< 1.1\n    return EXIT_SUCCESS;\n||||||| 1.0, on which the patch was made\n", forge.Read(Tree), StringComparison.Ordinal);

        var second = await Run("refresh", "1.0", "--no-build");
        Assert.Equal(3, second.Code);
        Assert.Contains("a refresh of 1.1 waits at 0001-greet.patch for somebody to resolve a conflict", second.Error, StringComparison.Ordinal);
        Assert.Contains("--abort", second.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await Run("undo")).Code);
        Assert.Contains("next: patchforge refresh --continue\n", (await Run("status")).Output, StringComparison.Ordinal);

        var unresolved = await Run("refresh", "--continue");
        Assert.Equal(3, unresolved.Code);
        Assert.Contains("hello.c:5: hello.c still has conflict markers", unresolved.Error, StringComparison.Ordinal);

        Resolve();
        var continued = await Run("refresh", "--continue");
        Assert.True(continued.Code == 0, continued.Output + continued.Error);
        Assert.Contains("+    puts(\"hello, world\");\n     return EXIT_SUCCESS;\n", forge.Read(OwnGreet), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(forge.Home, ".patchforge/session")));
        var after = Everything();
        Assert.Contains("nothing changed", (await Run("refresh", "--no-build")).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await Run("undo")).Code);
        Assert.Equal(before, Everything());
        Assert.Equal(0, (await Run("undo")).Code);
        Assert.Equal(after, Everything());
        Assert.Equal(0, (await Run("undo")).Code);
        Assert.Equal(before, Everything());

        Assert.Equal(3, (await Run("refresh", "--no-build")).Code);
        Resolve();
        var aborted = await Run("refresh", "--abort");
        Assert.Equal(0, aborted.Code);
        Assert.Equal(before, Everything());
        Assert.Contains("puts", forge.Read(".patchforge/aborted/1.1-0001-greet.patch/hello.c"), StringComparison.Ordinal);
        Assert.Equal(1, (await Run("refresh", "--continue")).Code);
        Assert.Equal(1, (await Run("refresh", "--abort")).Code);
    }

    [Fact]
    public async Task A_skipped_patch_is_left_out_of_that_release_alone_and_its_file_says_so()
    {
        var forge = Forge(Beside);
        await Run("refresh", "--no-build");
        var skipped = await Run("refresh", "--skip");

        Assert.True(skipped.Code == 0, skipped.Output + skipped.Error);
        Assert.EndsWith("The program said nothing.\n\nLeft out of 1.1 by a person (refresh --skip).\n", forge.Read(OwnGreet), StringComparison.Ordinal);
        Assert.Contains("0001-greet.patch", forge.Read("overlay/app-misc/tiny/tiny-1.0.ebuild"), StringComparison.Ordinal);
        Assert.DoesNotContain("0001-greet.patch", forge.Read("overlay/app-misc/tiny/tiny-1.1.ebuild"), StringComparison.Ordinal);
        Assert.Matches(@"1\.1 +left-out\* +\.", (await Run("status")).Output);
        Assert.Contains("nothing changed", (await Run("refresh", "--no-build")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_upstream_has_is_left_out_on_proof()
    {
        var forge = Forge(TinyForge.Hello.Replace("    return 0;", "    puts(\"hello, world\");\n    return 0;", StringComparison.Ordinal));
        var answer = await Run("refresh", "--no-build");

        Assert.True(answer.Code == 0, answer.Output + answer.Error);
        Assert.EndsWith("\n\nApplied-Upstream: 1.1, all of it, so that 1.1 does without this patch.\n", forge.Read(OwnGreet), StringComparison.Ordinal);
        Assert.DoesNotContain("0001-greet.patch", forge.Read("overlay/app-misc/tiny/tiny-1.1.ebuild"), StringComparison.Ordinal);
        Assert.Matches(@"1\.1 +merged\* +\.", (await Run("status")).Output);
    }

    [Fact]
    public async Task A_file_that_is_new_in_the_work_tree_has_to_be_named()
    {
        var forge = Forge(Beside);
        await Run("refresh", "--no-build");
        Resolve();
        forge.Write(".patchforge/session/1.1-0001-greet.patch/greet.h", "int greet(void);\n");

        var refused = await Run("refresh", "--continue");
        Assert.Equal(3, refused.Code);
        Assert.Contains("greet.h is new in the work tree", refused.Error, StringComparison.Ordinal);

        var taken = await Run("refresh", "--continue", "--add", "greet.h");
        Assert.True(taken.Code == 0, taken.Output + taken.Error);
        Assert.Contains("+++ b/greet.h\n", forge.Read(OwnGreet), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_series_that_was_changed_while_a_refresh_waits_is_not_written_over()
    {
        var forge = Forge(Beside);
        await Run("refresh", "--no-build");
        Resolve();
        forge.Write(Greet, forge.Read(Greet).Replace("hello, world", "hello, all", StringComparison.Ordinal));
        var before = Everything();

        var refused = await Run("refresh", "--continue");
        Assert.Equal(1, refused.Code);
        Assert.Contains("patches/tiny/1 was changed since the refresh began to wait", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
        Assert.Equal(0, (await Run("refresh", "--abort")).Code);
    }

    [Fact]
    public async Task An_undo_refuses_to_lose_what_was_changed_since()
    {
        var forge = Forge(Apart);
        Assert.Equal(1, (await Run("undo")).Code);
        await Run("refresh", "--no-build");
        forge.Write("overlay/app-misc/tiny/metadata.xml", "<pkgmetadata/>\n");
        var before = Everything();

        var refused = await Run("undo");
        Assert.Equal(1, refused.Code);
        Assert.Contains("overlay/app-misc/tiny was changed since it landed", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public async Task A_second_run_is_told_who_is_at_work()
    {
        var forge = Forge(Apart);
        using var other = Landing.WorkFolder.Take(forge.Home, "refresh 1.0");
        var refused = await Run("refresh", "--no-build");
        Assert.Equal(1, refused.Code);
        Assert.Contains($": refresh 1.0 (process {Environment.ProcessId})", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_is_data_in_JSON_and_beside_each_other_in_the_report()
    {
        var forge = Forge(Beside);
        var answer = await Run("refresh", "--no-build", "--format", "json");
        using var json = JsonDocument.Parse(answer.Output);
        var block = json.RootElement.GetProperty("releases")[1].GetProperty("conflicts")[0].GetProperty("blocks")[0];
        Assert.Equal("    return EXIT_SUCCESS;", block.GetProperty("ours")[0].GetString());
        Assert.Equal("1.1", json.RootElement.GetProperty("session").GetProperty("release").GetString());
        Assert.Contains("<mark>", forge.Read(".patchforge/refresh.html"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("refresh", "--continue", "1.0")]
    [InlineData("refresh", "--continue", "--skip")]
    [InlineData("refresh", "--add", "x")]
    public async Task What_does_not_go_together_is_a_wrong_command_line(params string[] arguments)
    {
        Forge(Apart);
        Assert.Equal(2, (await Run(arguments)).Code);
    }

    private TinyForge Forge(string newer) => _forge = new TinyForge(version => version == "1.0" ? TinyForge.Hello : newer);

    private void Resolve() => _forge!.Write(Tree, Beside.Replace("    return", "    puts(\"hello, world\");\n    return", StringComparison.Ordinal));

    private async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var answer = await Tool.Run(_forge!, TestContext.Current.CancellationToken, arguments);
        return (answer.ExitCode, answer.Output, answer.Error);
    }

    private SortedDictionary<string, string> Everything()
    {
        var all = _forge!.State(".");
        foreach (var work in all.Keys.Where(path => path.StartsWith(".patchforge/", StringComparison.Ordinal)).ToList())
        {
            all.Remove(work);
        }

        return all;
    }
}
