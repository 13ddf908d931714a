using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>diff, drop and bisect with real repositories.</summary>
public sealed class CompareTests : IDisposable
{
    private const string Series = "patches/tiny/1";
    private const string Merged = "Subject: stdio, not stdlib\n\n--- a/hello.c\n+++ b/hello.c\n@@ -1,4 +1,4 @@\n-#include <stdlib.h>\n+#include <stdio.h>\n \n int main(void)\n {\n";
    private const string MergedInOne = "Subject: a version\n\n--- a/VERSION\n+++ b/VERSION\n@@ -1 +1 @@\n-0.9\n+1.0\n";
    private readonly TinyForge _forge = new();
    private readonly Processes _processes = new(new SilentStory());

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task Diff_tells_what_became_of_each_patch_since_a_revision()
    {
        await Repository();
        Assert.Contains("2 of 2 patches are the same", await Done("diff", "--exit-code"), StringComparison.Ordinal);
        var greet = _forge.Read(Series + "/0001-greet.patch");
        File.Delete(Path.Combine(_forge.Home, Series, "0001-greet.patch"));
        _forge.Write(Series + "/0005-greeting.patch", greet.Replace("hello, world", "hello, moon", StringComparison.Ordinal).Replace("     return 0;\n }\n", "+    puts(\"again\");\n     return 0;\n }\n", StringComparison.Ordinal).Replace("+2,6", "+2,7", StringComparison.Ordinal));
        _forge.Write(Series + "/0006-mode.patch", "Subject: mode\n\ndiff --git a/VERSION b/VERSION\nold mode 100644\nnew mode 100755\n");
        _forge.Write(Series + "/series", "0100-extra.patch\n0005-greeting.patch\n0006-mode.patch\n");

        var text = await Done("diff", "HEAD");

        Assert.Contains("\n0001-greet.patch: removed\n", text, StringComparison.Ordinal); // one line in three is no likeness
        Assert.Contains("\n0006-mode.patch: added\n", text, StringComparison.Ordinal);
        Assert.Equal(4, (await Run("diff", "--exit-code")).ExitCode);
    }

    [Fact]
    public async Task Diff_finds_renamed_moved_and_only_shifted_patches_and_shows_both_sides()
    {
        await Repository();
        var greet = _forge.Read(Series + "/0001-greet.patch");
        File.Delete(Path.Combine(_forge.Home, Series, "0001-greet.patch"));
        _forge.Write(Series + "/0005-greeting.patch", greet.Replace("greet the world", "greet everybody", StringComparison.Ordinal).Replace("@@ -2,5 +2,6 @@", "@@ -12,5 +12,6 @@ int main", StringComparison.Ordinal));
        _forge.Write(Series + "/series", "0100-extra.patch\n0005-greeting.patch\n");

        var text = await Done("diff", "HEAD");
        Assert.Contains("another header; renamed, was 0001-greet.patch", text, StringComparison.Ordinal);
        Assert.Contains("at another place", text, StringComparison.Ordinal);
        Assert.Contains("    -Subject: greet the world\n    +Subject: greet everybody\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hello.c:", text, StringComparison.Ordinal);

        var sides = await Done("diff", "HEAD", "-y", "--width", "80");
        Assert.Contains("    Subject: greet the world             | Subject: greet everybody\n", sides, StringComparison.Ordinal);

        await Done("export", "--as", "quilt", "--to", "kept");
        Assert.Contains("2 of 2 patches are the same", await Done("diff", "kept"), StringComparison.Ordinal);
        Assert.Contains("0005-greeting.patch: the same at other lines", await Done("diff", "1.0"), StringComparison.Ordinal);
        Assert.Contains("no folder, no release and no revision", (await Run("diff", "nowhere")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drop_takes_out_what_every_release_has_with_its_line_file_and_ebuild()
    {
        _forge.Write(Series + "/0000-stdio.patch", Merged);
        _forge.Write(Series + "/series", "# people\n0000-stdio.patch\n0001-greet.patch\n0100-extra.patch\n");
        await Done("ebuild");
        Assert.Contains("0000-stdio.patch", _forge.Read("overlay/app-misc/tiny/tiny-1.0.ebuild"), StringComparison.Ordinal);
        var greet = _forge.Read(Series + "/0001-greet.patch");

        Assert.Contains("would write or remove", await Done("drop", "--merged", "--dry-run"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_forge.Home, Series, "0000-stdio.patch")));
        var text = await Done("drop", "--merged");

        Assert.Contains("0000-stdio.patch: upstream has it; dropped: merged in 1.0, 1.1\n", text, StringComparison.Ordinal);
        Assert.Equal("# people\n0001-greet.patch\n0100-extra.patch\n", _forge.Read(Series + "/series"));
        Assert.Equal(greet, _forge.Read(Series + "/0001-greet.patch"));
        Assert.False(File.Exists(Path.Combine(_forge.Home, Series, "0000-stdio.patch")));
        Assert.False(File.Exists(Path.Combine(_forge.Home, "overlay/app-misc/tiny/files/tiny-1/0000-stdio.patch")));
        Assert.DoesNotContain("0000-stdio", _forge.Read("overlay/app-misc/tiny/tiny-1.0.ebuild"), StringComparison.Ordinal);
        Assert.Contains("nothing changed", await Done("drop", "--merged"), StringComparison.Ordinal);
        Assert.Equal(2, (await Run("drop")).ExitCode); // it says which proof
    }

    [Fact]
    public async Task A_release_that_goes_without_a_patch_because_it_has_it_counts_as_proof()
    {
        _forge.Write(Series + "/0000-stdio.patch", Merged);
        _forge.Write(Series + "/1.1/0000-stdio.patch", "Subject: 1.1 has it\n");
        _forge.Write(Series + "/series", "0000-stdio.patch\n0001-greet.patch\n0100-extra.patch\n");

        var text = await Done("drop", "--merged");

        Assert.Contains("0000-stdio.patch: upstream has it; dropped: merged in 1.0, 1.1\n", text, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_forge.Home, Series, "1.1/0000-stdio.patch")), "the release's own file is left");
        Assert.Equal("0001-greet.patch\n0100-extra.patch\n", _forge.Read(Series + "/series"));
    }

    [Fact]
    public async Task What_one_release_has_and_another_has_not_stays_and_so_does_what_conflicts()
    {
        _forge.Write(Series + "/0000-version.patch", MergedInOne);
        _forge.Write(Series + "/series", "0000-version.patch\n0001-greet.patch\n0100-extra.patch\n");
        await Done("ebuild");
        var before = _forge.State("patches");

        var text = await Done("drop", "--merged");

        Assert.Contains("0000-version.patch: stays: merged in 1.0; no proof for 1.1\n", text, StringComparison.Ordinal);
        Assert.Contains("1.1: 0000-version.patch does not apply there, which proves nothing", text, StringComparison.Ordinal);
        Assert.Equal(before, _forge.State("patches"));
    }

    [Fact]
    public async Task Bisect_finds_the_commit_by_halves_of_those_that_touch_the_file()
    {
        var (clone, guilty) = await Upstream();
        _forge.Write("patchforge.yaml", _forge.Read("patchforge.yaml").Replace("mirrors: [\"http://127.0.0.1:9/dist/\"]", "mirrors: [\"http://127.0.0.1:9/dist/\"]\n      git: {repository: tiny, tag: \"v{version}\"}", StringComparison.Ordinal));

        var answer = await Done("bisect", "0001-greet.patch", "--git", clone, "--format", "json");

        Assert.Contains($"\"commit\": \"{guilty}\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"what\": \"does not apply\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"commits\": 64", answer, StringComparison.Ordinal);
        Assert.Contains("\"touching\": 32", answer, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(answer);
        Assert.InRange(json.RootElement.GetProperty("steps").GetInt32(), 5, 2 + 5); // both ends, and log2 of 32
        Assert.Contains("applies to v1.0 as well", (await Run("bisect", "0001-greet.patch", "--git", clone, "--bad", "v1.0")).Error, StringComparison.Ordinal);
        Assert.Contains("does not apply to HEAD either", (await Run("bisect", "0001-greet.patch", "--git", clone, "--good", "HEAD")).Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Run("bisect", "0001-greet.patch")).ExitCode);
        Assert.Equal("", await Git(clone, "status", "--porcelain"));
    }

    /// <summary>64 commits after the tag, every second of which touches hello.c; the 42nd changes what the patch stands on.</summary>
    private async Task<(string Clone, string Guilty)> Upstream()
    {
        var clone = Path.Combine(_forge.Home, "tiny");
        Directory.CreateDirectory(clone);
        await Git(clone, "init", "-q");
        const string start = "#include <stdio.h>\n\nint main(void)\n{\n    return 0;\n}\n";
        await Commit("hello.c", start, "one");
        await Git(clone, "tag", "v1.0");
        var guilty = "";
        for (var i = 1; i <= 64; i++)
        {
            var body = i >= 42 ? start.Replace("return 0", "return 1", StringComparison.Ordinal) : start;
            await Commit(i % 2 == 0 ? "hello.c" : "other.c", body + string.Concat(Enumerable.Repeat("/* more */\n", 10)) + i.ToString(CultureInfo.InvariantCulture) + "\n", $"commit {i}");
            guilty = i == 42 ? (await Git(clone, "rev-parse", "HEAD")).Trim() : guilty;
        }

        return (clone, guilty);

        async Task Commit(string file, string content, string message)
        {
            await File.WriteAllTextAsync(Path.Combine(clone, file), content, TestContext.Current.CancellationToken);
            await Git(clone, "add", "-A");
            await Git(clone, "commit", "-q", "-m", message);
        }
    }

    private async Task Repository()
    {
        Assert.SkipUnless(_processes.Find("git") is not null, "git is not installed");
        await Done("ebuild");
        await Git(_forge.Home, "init", "-q");
        await Git(_forge.Home, "add", "-A");
        await Git(_forge.Home, "commit", "-q", "-m", "all");
    }

    private async Task<string> Done(params string[] words)
    {
        var answer = await Run(words);
        Assert.True(answer.ExitCode == 0, string.Join(' ', words) + ": " + answer.Output + answer.Error);
        return answer.Output;
    }

    private Task<ProcessAnswer> Run(params string[] words) => Tool.Run(_forge, TestContext.Current.CancellationToken, words);

    private async Task<string> Git(string folder, params ImmutableArray<string> words)
    {
        var environment = Tool.Environment(_forge)
            .Add("GIT_AUTHOR_NAME", "T").Add("GIT_AUTHOR_EMAIL", "t@example.org").Add("GIT_COMMITTER_NAME", "T").Add("GIT_COMMITTER_EMAIL", "t@example.org").Add("GIT_CONFIG_NOSYSTEM", "1");
        var answer = await _processes.Run(new ProcessRequest("git", words) { WorkingDirectory = folder, Environment = environment }, TestContext.Current.CancellationToken);
        Assert.True(answer.ExitCode == 0, $"git {string.Join(' ', words)}: {answer.Output}{answer.Error}");
        return answer.Output;
    }
}
