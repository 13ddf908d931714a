using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>edit and save with the real git between them.</summary>
public sealed class EditSaveTests : IDisposable
{
    private const string Series = "patches/tiny/1";
    private readonly TinyForge _forge = new();
    private readonly Processes _processes = new(new SilentStory());

    public EditSaveTests() => Assert.SkipUnless(_processes.Find("git") is not null, "git is not installed");

    public void Dispose() => _forge.Dispose();

    private string Tree => Path.Combine(_forge.Home, ".patchforge", "edit", "1.0");

    [Fact]
    public async Task Editing_and_saving_without_a_change_writes_nothing()
    {
        await Edit();
        var before = _forge.State(Series);

        var saved = await Run("save");

        Assert.Equal((0, "nothing changed\n"), (saved.ExitCode, saved.Output));
        Assert.Equal(before, _forge.State(Series));
        Assert.Equal("unknown <unknown@patchforge.invalid> 2026-01-01", (await Git("log", "-1", "--format=%an <%ae> %as")).Trim());
        Assert.Equal("", await Git("status", "--porcelain"));
        await Git("fsck", "--strict");
    }

    [Fact]
    public async Task A_work_tree_is_the_same_each_time()
    {
        await Edit();
        Assert.Equal(0, (await Run("edit", "1.0", "--to", "other")).ExitCode);
        Assert.Equal(await Git("rev-parse", "HEAD"), (await Git("-C", Path.Combine(_forge.Home, "other"), "rev-parse", "HEAD")));
    }

    [Fact]
    public async Task An_amended_commit_changes_its_patch_alone_and_the_header_stays()
    {
        await Edit();
        var other = _forge.Read(Series + "/0100-extra.patch");
        await Git("reset", "-q", "--hard", "HEAD~1");
        Write("hello.c", "#include <stdio.h>\n\nint main(void)\n{\n    puts(\"hello, moon\");\n    return 0;\n}\n");
        await Git("commit", "-q", "-a", "--amend", "--no-edit");
        await Git("cherry-pick", "ORIG_HEAD");

        var saved = await Run("save");

        Assert.True(saved.ExitCode == 0, saved.Output + saved.Error);
        Assert.Equal([$"{Series}/0001-greet.patch"], Changed(saved));
        Assert.Equal(
            "Subject: greet the world\nForwarded: not-needed\n\nThe program said nothing.\n\ndiff --git a/hello.c b/hello.c\n--- a/hello.c\n+++ b/hello.c\n@@ -2,5 +2,6 @@\n \n int main(void)\n {\n+    puts(\"hello, moon\");\n     return 0;\n }\n",
            _forge.Read(Series + "/0001-greet.patch"));
        Assert.Equal(other, _forge.Read(Series + "/0100-extra.patch"));
        Assert.Equal("nothing changed\n", (await Run("save")).Output);
    }

    [Fact]
    public async Task A_changed_message_changes_the_header_alone()
    {
        await Edit();
        var before = _forge.Read(Series + "/0001-greet.patch");
        await Git("reset", "-q", "--hard", "HEAD~1");
        var message = await Git("log", "-1", "--format=%B");
        await Git("commit", "-q", "--amend", "-m", message.Replace("greet the world", "greet everybody", StringComparison.Ordinal), "--author=Somebody <s@example.org>");
        await Git("cherry-pick", "ORIG_HEAD");

        Assert.Equal(0, (await Run("save")).ExitCode);

        Assert.Equal("From: Somebody <s@example.org>\n" + before.Replace("greet the world", "greet everybody", StringComparison.Ordinal), _forge.Read(Series + "/0001-greet.patch"));
    }

    [Fact]
    public async Task New_commits_become_patches_in_their_place_and_keep_their_names()
    {
        await Edit();
        await Git("reset", "-q", "--hard", "HEAD~1");
        Write("VERSION", "1.0-tiny\n");
        await Git("mv", "hello.c", "greeting.c");
        await Git("add", "-A");
        await Git("commit", "-q", "-m", "Rename: hello is (a) greeting\n\nIt said so.");
        await Git("cherry-pick", "ORIG_HEAD");

        var saved = await Run("save");

        Assert.True(saved.ExitCode == 0, saved.Output + saved.Error);
        Assert.Equal("# people and generator\n0001-greet.patch\n0002-Rename-hello-is-a-greeting.patch\n0100-extra.patch\n", _forge.Read(Series + "/series"));
        Assert.Equal(
            "From: T <t@example.org>\nDate: Fri, 2 Jan 2026 03:04:05 +0600\nSubject: Rename: hello is (a) greeting\n\nIt said so.\n\ndiff --git a/VERSION b/VERSION\n--- a/VERSION\n+++ b/VERSION\n@@ -1 +1 @@\n-1.0\n+1.0-tiny\ndiff --git a/hello.c b/greeting.c\nrename from hello.c\nrename to greeting.c\n",
            _forge.Read(Series + "/0002-Rename-hello-is-a-greeting.patch"));
        Assert.Contains("Patchforge-Patch: 0002-Rename", await Git("log", "-2", "--format=%B"), StringComparison.Ordinal);

        // The name stays when the subject changes, and it is no second patch.
        var head = await Git("rev-parse", "HEAD");
        await Git("reset", "-q", "--hard", "HEAD~1");
        await Git("commit", "-q", "--amend", "-m", "another subject\n\n" + await Git("log", "-1", "--format=%(trailers)"));
        await Git("cherry-pick", head.Trim());
        saved = await Run("save");
        Assert.Equal([$"{Series}/0002-Rename-hello-is-a-greeting.patch"], Changed(saved));
        await AssertAppliesAsThere();
    }

    [Fact]
    public async Task Reordered_and_dropped_commits_are_reordered_and_dropped_after_saying_so()
    {
        await Edit();
        var first = (await Git("rev-parse", "HEAD~1")).Trim();
        var second = (await Git("rev-parse", "HEAD")).Trim();
        await Git("reset", "-q", "--hard", "HEAD~2");
        await Git("cherry-pick", second);
        await Git("cherry-pick", first);
        Assert.Contains("another order", (await Run("save")).Output, StringComparison.Ordinal);
        Assert.Equal("# people and generator\n0100-extra.patch\n0001-greet.patch\n", _forge.Read(Series + "/series"));

        await Git("reset", "-q", "--hard", "HEAD~1");
        var before = _forge.State(Series);
        var refused = await Run("save");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--drop 0001-greet.patch", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, _forge.State(Series));

        var saved = await Run("save", "--drop", "0001-greet.patch");
        Assert.True(saved.ExitCode == 0, saved.Error);
        Assert.Contains("0001-greet.patch: dropped", saved.Output, StringComparison.Ordinal);
        Assert.Equal("# people and generator\n0100-extra.patch\n", _forge.Read(Series + "/series"));
        Assert.False(File.Exists(Path.Combine(_forge.Home, Series, "0001-greet.patch")));
    }

    [Fact]
    public async Task Offsets_alone_rewrite_nothing()
    {
        await Edit();
        var greet = (await Git("rev-parse", "HEAD~1")).Trim();
        await Git("reset", "-q", "--hard", "HEAD~2");
        Write("hello.c", "/* one\n * two\n * three\n * four\n * five */\n#include <stdio.h>\n\nint main(void)\n{\n    return 0;\n}\n");
        await Git("commit", "-q", "-a", "-m", "a comment");
        await Git("cherry-pick", greet);
        await Git("cherry-pick", "ORIG_HEAD");

        Assert.Equal([$"{Series}/a-comment.patch", $"{Series}/series"], Changed(await Run("save")).Select(path => path.Replace("0000-", "", StringComparison.Ordinal)));
        await AssertAppliesAsThere();
    }

    [Theory]
    [InlineData("dirty", "changes that are in no commit: VERSION")]
    [InlineData("untracked", "changes that are in no commit: new")]
    [InlineData("merge", "is a merge")]
    [InlineData("binary", "'blob', a binary file")]
    [InlineData("generated", "is generated from our own sources")]
    [InlineData("fixup", "waits to be squashed")]
    [InlineData("empty", "changes nothing")]
    [InlineData("rule", "the end of a patch's header")]
    [InlineData("elsewhere", "was changed since the work tree was made")]
    [InlineData("rebased-away", "does not come from the pristine release")]
    [InlineData("rebase", "git rebase is not finished")]
    [InlineData("link", "a link that leads out of the source tree")]
    public async Task What_cannot_be_saved_is_refused_and_nothing_is_written(string what, string sentence)
    {
        await Edit();
        switch (what)
        {
            case "dirty":
                Write("VERSION", "2\n");
                break;
            case "untracked":
                Write("new", "2\n");
                break;
            case "merge":
                await Git("checkout", "-q", "-b", "side", "HEAD~1");
                Write("side", "1\n");
                await Git("add", "side");
                await Git("commit", "-q", "-m", "side");
                await Git("checkout", "-q", "series");
                await Git("merge", "-q", "--no-ff", "-m", "merge", "side");
                break;
            case "binary":
                await Commit("blob", "a\0b", "binary");
                break;
            case "generated":
                Write("extra/extra.c", "int extra(void);\n");
                await Git("commit", "-q", "-a", "--amend", "--no-edit");
                break;
            case "fixup":
                await Commit("new", "1\n", "fixup! greet the world");
                break;
            case "empty":
                await Git("commit", "-q", "--allow-empty", "-m", "nothing");
                break;
            case "rule":
                await Commit("new", "1\n", "a rule\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n");
                break;
            case "elsewhere":
                _forge.Write(Series + "/series", "# changed\n0001-greet.patch\n0100-extra.patch\n");
                await Commit("new", "1\n", "new");
                break;
            case "rebased-away":
                await Git("checkout", "-q", "--orphan", "alone");
                await Git("commit", "-q", "-m", "alone");
                break;
            case "rebase":
                await Git("checkout", "-q", "-b", "side", "HEAD~2");
                await Commit("hello.c", "other\n", "other");
                await Git(1, "rebase", "-q", "side", "series");
                break;
            default:
                File.CreateSymbolicLink(Path.Combine(Tree, "link"), "../../etc/passwd");
                await Git("add", "link");
                await Git("commit", "-q", "-m", "link");
                break;
        }

        var before = _forge.State("patches");
        var saved = await Run("save");

        Assert.Equal(1, saved.ExitCode);
        Assert.Contains(sentence, saved.Error, StringComparison.Ordinal);
        Assert.Equal(before, _forge.State("patches"));
    }

    [Fact]
    public async Task Save_is_run_inside_of_the_tree_or_told_where_it_is()
    {
        Assert.Equal(5, (await Run("save")).ExitCode);
        var outside = Path.Combine(_forge.Cache, "elsewhere");
        Assert.Equal(0, (await Run("edit", "1.0", "--to", outside)).ExitCode);
        Assert.Equal("nothing changed\n", (await Run("save", outside)).Output);
        var inside = await _processes.Run(Tool.Request(_forge, "save") with { WorkingDirectory = outside }, TestContext.Current.CancellationToken);
        Assert.Equal((0, "nothing changed\n"), (inside.ExitCode, inside.Output));
        Assert.Contains("no work tree of patchforge", (await Run("save", ".")).Error, StringComparison.Ordinal);
        Assert.Contains("holds something", (await Run("edit", "1.0", "--to", outside)).Error, StringComparison.Ordinal);
    }

    private async Task Edit()
    {
        await Run("ebuild");
        var made = await Run("edit", "1.0");
        Assert.True(made.ExitCode == 0, made.Output + made.Error);
    }

    /// <summary>The series as it was written, applied by patch(1), is the tree that was committed.</summary>
    private async Task AssertAppliesAsThere()
    {
        var applied = Path.Combine(_forge.Home, "applied");
        Assert.Equal(0, (await Run("apply", "1.0", "--to", applied)).ExitCode);
        var diff = await _processes.Run(new ProcessRequest("diff", "-r", "--exclude=.git", applied, Tree), TestContext.Current.CancellationToken);
        Assert.True(diff.ExitCode == 0, diff.Output);
    }

    private async Task Commit(string file, string content, string message)
    {
        Write(file, content);
        await Git("add", "-A");
        await Git("commit", "-q", "-m", message);
    }

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(Tree, file), content);

    private static string[] Changed(ProcessAnswer saved)
    {
        Assert.True(saved.ExitCode == 0, saved.Output + saved.Error);
        return saved.Output.Split('\n').Single(line => line.StartsWith("wrote ", StringComparison.Ordinal))[6..].Split(", ");
    }

    private Task<ProcessAnswer> Run(params string[] words) => Tool.Run(_forge, TestContext.Current.CancellationToken, words);

    private Task<string> Git(params string[] words) => Git(0, words);

    private async Task<string> Git(int exit, params string[] words)
    {
        var request = new ProcessRequest("git", words)
        {
            WorkingDirectory = Tree,
            Environment = Tool.Environment(_forge)
                .Add("GIT_AUTHOR_NAME", "T").Add("GIT_AUTHOR_EMAIL", "t@example.org").Add("GIT_AUTHOR_DATE", "2026-01-02T03:04:05+0600")
                .Add("GIT_COMMITTER_NAME", "T").Add("GIT_COMMITTER_EMAIL", "t@example.org").Add("GIT_CONFIG_NOSYSTEM", "1").Add("GIT_EDITOR", "true"),
        };
        var answer = await _processes.Run(request, TestContext.Current.CancellationToken);
        Assert.True(answer.ExitCode == exit, $"git {string.Join(' ', words)}: {answer.Output}{answer.Error}");
        return answer.Output;
    }
}
