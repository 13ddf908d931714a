using System.Diagnostics;
using System.Text;
using PatchForge.Host.Git;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.HostTests.Host;

/// <summary>Clones made by the real git, read through libgit2.</summary>
public sealed class LocalRepositoriesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-test-").FullName;
    private readonly LocalRepositories _git = new();

    public LocalRepositoriesTests()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/git"), "git is not installed");
        Git("init", "-q", "work");
        File.WriteAllText(Path.Combine(_folder, "work", "README"), "one\n");
        Directory.CreateDirectory(Path.Combine(_folder, "work", "build"));
        File.WriteAllText(Path.Combine(_folder, "work", "build", "run"), "#!/bin/sh\n");
        File.SetUnixFileMode(Path.Combine(_folder, "work", "build", "run"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(_folder, "work", "link"), "build/run");
        File.WriteAllText(Path.Combine(_folder, "work", ".gitattributes"), "README text eol=crlf\n"); // must not act on what is read
        Git("-C", "work", "-c", "core.safecrlf=false", "add", "-A");
        Git("-C", "work", "-c", "core.safecrlf=false", "commit", "-q", "-m", "one");
        Git("-C", "work", "tag", "light");
        Git("-C", "work", "tag", "-a", "-m", "annotated", "v1.0");
        Git("clone", "-q", "--bare", "work", "bare.git");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);

    [Theory]
    [InlineData("work", "light")]
    [InlineData("work", "v1.0")]
    [InlineData("bare.git", "v1.0")]
    public void A_tags_files_are_read_as_bytes(string repository, string tag)
    {
        using var snapshot = _git.OpenTag(In(repository), tag);
        Assert.NotNull(snapshot);
        var tree = new GitTree([(snapshot, "below")]);
        Assert.Equal(["below/.gitattributes", "below/README", "below/build/run", "below/link"], tree.Paths().Select(path => path.Text));
        Assert.Equal(Git("-C", "work", "cat-file", "blob", "HEAD:README"), Encoding.UTF8.GetString(tree.Find(TreePath.Parse("below/README"))?.Content.ToArray() ?? []));
        Assert.Equal(TreeMode.Executable, tree.Find(TreePath.Parse("below/build/run"))?.Mode);
        Assert.Equal("build/run", Encoding.UTF8.GetString(tree.Find(TreePath.Parse("below/link"))?.Content.ToArray() ?? []));
        Assert.Equal(Git("-C", "work", "rev-parse", "HEAD").Trim(), snapshot.Commit);
    }

    [Fact]
    public void A_tag_that_is_not_there_is_null_and_one_that_cannot_be_is_refused()
    {
        Assert.Null(_git.OpenTag(In("work"), "v2.0"));
        Assert.Throws<Failure>(() => _git.OpenTag(In("work"), "../../HEAD"));
    }

    [Fact]
    public void What_is_no_repository_is_said()
    {
        Directory.CreateDirectory(In("plain"));
        Assert.False(_git.IsRepository(In("plain")));
        Assert.False(_git.IsRepository(In("nowhere")));
        Assert.True(_git.IsRepository(In("bare.git")));
        Assert.Equal(FailureKind.Missing, Assert.Throws<Failure>(() => _git.OpenTag(In("plain"), "v1.0")).Kind);
    }

    [Fact]
    public void A_repository_of_another_user_is_not_opened_unasked()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give a folder to another user");
        Run("chown", "-R", "12345:12345", In("bare.git"));
        var failure = Assert.Throws<Failure>(() => _git.OpenTag(In("bare.git"), "v1.0"));
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains("safe.directory", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_repository_is_refused_with_what_to_do()
    {
        foreach (var pack in Directory.GetFiles(In("bare.git/objects"), "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllBytes(pack, [1, 2, 3]);
        }

        var failure = Assert.Throws<Failure>(() => _git.OpenTag(In("bare.git"), "v1.0"));
        Assert.Contains("git -C", failure.Hint, StringComparison.Ordinal);
    }

    private string Git(params string[] arguments) => Run("git", [.. arguments]);

    private string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            Environment =
            {
                ["GIT_CONFIG_GLOBAL"] = "/dev/null", ["GIT_CONFIG_SYSTEM"] = "/dev/null", ["GIT_AUTHOR_NAME"] = "a", ["GIT_AUTHOR_EMAIL"] = "a@example.org",
                ["GIT_COMMITTER_NAME"] = "a", ["GIT_COMMITTER_EMAIL"] = "a@example.org",
            },
        };
        using var process = Process.Start(start);
        Assert.NotNull(process);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
