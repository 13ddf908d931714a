using System.Collections.Immutable;
using System.Text;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Tests.Shared;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

public sealed class OpenSourceTests : IDisposable
{
    private readonly OneRelease _project = new();

    public void Dispose() => _project.Dispose();

    private Task<SourceAnswer> Open(SourceOptions options, IGitRepositories? git = null) =>
        new OpenSource(_project.Outside with { Git = git }, _project.Variable).Run(_project.Settings(), "1.0", options, TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_distfile_is_unpacked_once_and_read_from_the_cache()
    {
        var file = _project.Folder.Write("dist/" + OneRelease.Distfile, _project.Good);
        using var source = await Open(new SourceOptions { Distdir = _project.Folder["dist"] });
        Assert.Equal(["README", "srclib/x"], source.Tree.Paths().Select(path => path.Text));
        Assert.IsType<DistfileVerdict.Official>(source.Verdict);
        Assert.Equal(file, source.From);
        Assert.StartsWith(_project.Cache("sources/"), source.Folder, StringComparison.Ordinal);
        using var again = await Open(new SourceOptions { Distdir = _project.Folder["dist"] });
        Assert.Single(_project.Story.Lines, line => line.StartsWith("unpacking", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Git_tags_make_a_tree_like_the_release_that_is_unofficial()
    {
        var git = new FakeGit(_project.Folder["clones"]);
        using (var source = await Open(new SourceOptions { Git = _project.Folder["clones"] }, git))
        {
            Assert.Equal(["README", "run", "srclib/part/a.c"], source.Tree.Paths().Select(path => path.Text));
            Assert.Equal("part 0.9", Encoding.UTF8.GetString(source.Tree.Find(TreePath.Parse("srclib/part/a.c"))?.Content.ToArray() ?? []));
            Assert.Equal(TreeMode.Executable, source.Tree.Find(TreePath.Parse("run"))?.Mode);
            Assert.IsType<DistfileVerdict.Unofficial>(source.Verdict);
            await WriteTree.Run(new WriteTreeRequest(source.Tree, _project.Folder["written"]), new SilentStory(), TestContext.Current.CancellationToken);
            Assert.Equal(source.Tree.Paths(), new DirectoryTree(_project.Folder["written"]).Paths());
        }

        Assert.Equal(0, git.Open);
    }

    [Fact]
    public async Task A_missing_clone_or_tag_says_where_it_was_looked_for_and_lets_go_of_the_others()
    {
        var git = new FakeGit(_project.Folder["clones"]) { Without = "part" };
        var failure = await Assert.ThrowsAsync<Failure>(() => Open(new SourceOptions { Git = _project.Folder["clones"] }, git));
        Assert.Equal(FailureKind.Missing, failure.Kind);
        Assert.Contains(_project.Folder["clones/part.git"], failure.Hint, StringComparison.Ordinal);
        Assert.Equal(0, git.Open);

        git = new FakeGit(_project.Folder["clones"]) { WithoutTag = "0.9" };
        failure = await Assert.ThrowsAsync<Failure>(() => Open(new SourceOptions { Git = _project.Folder["clones"] }, git));
        Assert.Contains("has no tag 0.9", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, git.Open);
    }

    private sealed class FakeGit(string folder) : IGitRepositories
    {
        public string? Without { get; init; }

        public string? WithoutTag { get; init; }

        public int Open { get; private set; }

        public bool IsRepository(string path) =>
            Path.GetDirectoryName(path) == folder && Path.GetFileName(path) is "thing.git" or "part" && Path.GetFileName(path) != Without;

        public IGitSnapshot? OpenTag(string repository, string tag)
        {
            if (tag == WithoutTag)
            {
                return null;
            }

            Open++;
            return (Path.GetFileName(repository), tag) switch
            {
                ("thing.git", "v1.0") => new Snapshot(this, [new GitEntry("README", 0x81A4, "readme"), new GitEntry("run", 0x81ED, "run"), new GitEntry("sub", 0xE000, "module")]),
                ("part", "0.9") => new Snapshot(this, [new GitEntry("a.c", 0x81A4, "part 0.9")]),
                _ => throw new InvalidOperationException($"{repository} {tag}"),
            };
        }

        public IGitSnapshot? OpenRevision(string folder, string revision, out string below) => throw new NotSupportedException();

        public IGitHistory OpenHistory(string repository) => throw new NotSupportedException();

        private sealed class Snapshot(FakeGit git, ImmutableArray<GitEntry> entries) : IGitSnapshot
        {
            public string Commit => "c0ffee";

            public ImmutableArray<GitEntry> Entries => entries;

            public byte[] Read(string id) => Encoding.UTF8.GetBytes(id);

            public void Dispose() => git.Open--;
        }
    }
}
