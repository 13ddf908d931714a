using PatchForge.Seams;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

public sealed class WriteTreeTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("patchforge-test-").FullName;

    private string Target => Path.Combine(_scratch, "new", "out");

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    private Task<WrittenTree> Write(ITree tree, bool force = false) =>
        WriteTree.Run(new WriteTreeRequest(tree, Target, force), new Silent(), TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_tree_is_written_with_its_modes_and_links()
    {
        var tree = Make.Tree(("d/f", "f\n")).With(Make.File("run", "#!\n", TreeMode.Executable)).With(Make.File("d/l", "f", TreeMode.Link));

        var written = await Write(tree);

        Make.AssertSame(tree, new DirectoryTree(Target));
        Assert.Equal((3, 6L), (written.Files, written.Bytes));
        Assert.Equal(["out"], Directory.EnumerateFileSystemEntries(Path.Combine(_scratch, "new")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Folders_of_the_source_that_hold_nothing_are_made_as_well()
    {
        var source = Directory.CreateDirectory(Path.Combine(_scratch, "source")).FullName;
        foreach (var folder in (string[])["Local", "var/log", "was"])
        {
            Directory.CreateDirectory(Path.Combine(source, folder));
        }

        File.WriteAllText(Path.Combine(source, "f"), "f\n");

        var written = await Write(new LayeredTree(new DirectoryTree(source)).With(Make.File("was/used", "x\n")));

        Assert.Equal(2, written.Files);
        Assert.Equal(["Local", "f", "var", "var/log", "was", "was/used"],
            Directory.EnumerateFileSystemEntries(Target, "*", SearchOption.AllDirectories).Select(entry => Path.GetRelativePath(Target, entry)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task All_files_have_one_time_so_that_make_finds_nothing_to_make_again()
    {
        await Write(Make.Tree(("a.c", "made of a.y\n"), ("a.y", "y\n"), ("d/b", "b\n")));

        var times = Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories).Select(File.GetLastWriteTimeUtc).Distinct();

        Assert.True(DateTime.UnixEpoch.AddYears(50) < Assert.Single(times));
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("/etc/passwd")]
    public async Task A_tree_whose_link_leads_out_is_not_written(string target)
    {
        var failure = await Assert.ThrowsAsync<Failure>(() => Write(Make.Tree(("f", "f\n")).With(Make.File("a/l", target, TreeMode.Link))));
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.False(Path.Exists(Target));
    }

    [Fact]
    public async Task A_directory_that_holds_something_is_replaced_only_with_force()
    {
        await Write(Make.Tree(("old", "old\n")));

        var failure = await Assert.ThrowsAsync<Failure>(() => Write(Make.Tree(("new", "new\n"))));
        Make.AssertSame(Make.Tree(("old", "old\n")), new DirectoryTree(Target));
        await Write(Make.Tree(("new", "new\n")), force: true);

        Assert.Equal(FailureKind.Refused, failure.Kind);
        Make.AssertSame(Make.Tree(("new", "new\n")), new DirectoryTree(Target));
    }

    [Fact]
    public async Task A_tree_that_cannot_be_written_leaves_the_directory_as_it_was()
    {
        await Write(Make.Tree(("old", "old\n")));
        var hostile = new LayeredTree().With(Make.File("l", "/etc", TreeMode.Link));

        await Assert.ThrowsAsync<Failure>(() => Write(hostile, force: true));
        await Assert.ThrowsAsync<Failure>(() => Write(Make.Tree(("d/x", "")).With(Make.File("d", "e", TreeMode.Link)), force: true));

        Make.AssertSame(Make.Tree(("old", "old\n")), new DirectoryTree(Target));
        Assert.Equal(["out"], Directory.EnumerateFileSystemEntries(Path.Combine(_scratch, "new")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_target_that_is_a_link_or_a_git_work_tree_is_refused_even_with_force()
    {
        var canary = Directory.CreateDirectory(Path.Combine(_scratch, "canary"));
        Directory.CreateDirectory(Path.Combine(_scratch, "new"));
        Directory.CreateSymbolicLink(Target, canary.FullName);

        await Assert.ThrowsAsync<Failure>(() => Write(Make.Tree(("f", "")), force: true));
        Directory.Delete(Target);
        Directory.CreateDirectory(Path.Combine(Target, ".git"));
        await Assert.ThrowsAsync<Failure>(() => Write(Make.Tree(("f", "")), force: true));

        Assert.Empty(canary.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task What_a_killed_run_left_behind_is_mended_by_the_next()
    {
        var aside = Path.Combine(_scratch, "new", ".out.patchforge");
        Directory.CreateDirectory(aside + "-old");
        await File.WriteAllTextAsync(Path.Combine(aside + "-old", "mine"), "mine\n", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(aside, "half"));

        await Assert.ThrowsAsync<Failure>(() => Write(Make.Tree(("f", ""))));

        Make.AssertSame(Make.Tree(("mine", "mine\n")), new DirectoryTree(Target));
    }

    private sealed class Silent : IStory, IStepProgress
    {
        public void Say(string line)
        {
        }

        public void Warn(string line)
        {
        }

        public void Detail(string line)
        {
        }

        public Task<T> During<T>(string title, Func<IStepProgress, Task<T>> step) => step(this);

        public void Report(long done, long? total)
        {
        }

        public void Now(string what)
        {
        }
    }
}
