using System.Text;
using PatchForge.Diffs;
using PatchForge.Host;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

public sealed class ApplyInPlaceTests : IDisposable
{
    private static readonly LayeredTree Release = Make.Tree(
        ("f", Make.Numbered(9)), ("goes/away", "away\n"), ("moves", Make.Numbered(20)), ("kept/a", "a\n"), ("script", "#!/bin/sh\n"));

    private static readonly LayeredTree Middle = Release
        .With(Make.File("f", Make.Numbered(9).Replace("5\n", "five\n", StringComparison.Ordinal)))
        .With(Make.File("new/er/g", "g\n"))
        .Without(TreePath.Parse("goes/away"));

    private static readonly LayeredTree Patched = Middle
        .With(Make.File("f", Make.Numbered(9).Replace("5\n", "V\n", StringComparison.Ordinal)))
        .With(Make.File("goes", "a file where a folder was\n"))
        .With(Make.File("elsewhere/moved", Make.Numbered(20)))
        .With(Make.File("script", "#!/bin/sh\n", TreeMode.Executable))
        .With(Make.File("link", "f", TreeMode.Link))
        .Without(TreePath.Parse("moves"));

    private static readonly LoadedSeries Two = Series(("1.patch", Make.Diff(Release, Middle)), ("2.patch", Make.Diff(Middle, Patched)));

    private readonly string _scratch = Directory.CreateTempSubdirectory("patchforge-in-").FullName;

    private string Root => Path.Combine(_scratch, "source");

    public ApplyInPlaceTests() => Write(Release);

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public void The_tree_becomes_what_the_series_makes_and_nothing_of_the_tool_stays()
    {
        File.SetUnixFileMode(Path.Combine(Root, "f"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var time = File.GetLastWriteTimeUtc(Path.Combine(Root, "kept/a"));

        var answer = Apply(Two);

        Make.AssertSame(Patched, new DirectoryTree(Root));
        Assert.Equal((2, 6, 2, false), (answer.Patches, answer.Written, answer.Deleted, answer.Finished));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Path.Combine(Root, "f")));
        Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(Root, "kept/a")));
        Assert.Empty(new DirectoryTree(Root).EmptyFolders());
    }

    [Fact]
    public void What_is_applied_is_said_to_be_and_is_taken_out_again()
    {
        Apply(Two);

        var again = Assert.Throws<Failure>(() => Apply(Two));
        Assert.Equal(FailureKind.Refused, again.Kind);
        Assert.StartsWith("already applied", again.Message, StringComparison.Ordinal);
        Make.AssertSame(Patched, new DirectoryTree(Root));

        Assert.Equal(2, Apply(Two, reverse: true).Patches);
        Make.AssertSame(Release, new DirectoryTree(Root));

        Assert.StartsWith("not applied", Assert.Throws<Failure>(() => Apply(Two, reverse: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_that_cannot_be_taken_out_whole_stays_in()
    {
        Apply(Two);
        File.AppendAllText(Path.Combine(Root, "goes"), "and somebody's line\n");

        var failure = Assert.Throws<Failure>(() => Apply(Two, reverse: true));

        Assert.Equal(FailureKind.Conflict, failure.Kind);
        Assert.Contains("2.patch cannot be taken out", failure.Message, StringComparison.Ordinal);
        Assert.Equal("V\n", File.ReadLines(Path.Combine(Root, "f")).ElementAt(4) + "\n");
    }

    [Fact]
    public void A_conflict_in_the_last_patch_writes_nothing()
    {
        Write(new LayeredTree().With(Make.File("moves", "other lines\n")));
        var before = State();

        var failure = Assert.Throws<Failure>(() => Apply(Series(
            ("1.patch", Make.Diff(Release, Middle)), ("3.patch", Make.Diff(Release, Release.With(Make.File("moves", Make.Numbered(20) + "more\n")))))));

        Assert.Equal(FailureKind.Conflict, failure.Kind);
        Assert.Contains("3.patch does not apply to 2.0.65: moves", failure.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", failure.Hint, StringComparison.Ordinal);
        Assert.Equal(before, State());
    }

    [Fact]
    public void A_patch_that_the_source_has_is_told_and_the_others_are_applied()
    {
        Write(Middle);
        Directory.Delete(Path.Combine(Root, "goes"), recursive: true);

        var answer = Apply(Two);

        Assert.Equal((1, "1.patch"), (answer.Patches, answer.Present.Single()));
        Make.AssertSame(Patched, new DirectoryTree(Root));
    }

    [Theory]
    [InlineData("new")] // a folder of a file that the series makes
    [InlineData("f")] // a file that it changes
    public void Nothing_is_written_through_a_link(string name)
    {
        var outside = Directory.CreateDirectory(Path.Combine(_scratch, "outside", "er")).Parent?.FullName ?? "";
        File.WriteAllText(Path.Combine(outside, "f"), Make.Numbered(9));
        File.Delete(Path.Combine(Root, name));
        File.CreateSymbolicLink(Path.Combine(Root, name), name == "f" ? Path.Combine(outside, "f") : outside);
        var before = State();

        Assert.Throws<Failure>(() => Apply(Two));

        Assert.Equal(before, State());
    }

    [Fact]
    public void A_folder_that_becomes_a_link_before_the_files_land_is_not_written_through()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_scratch, "outside")).FullName;
        File.CreateSymbolicLink(Path.Combine(Root, "new"), outside);
        var before = State();

        var file = Make.File("new/g", "g\n");
        Assert.Contains("through the link", Assert.Throws<Failure>(() => new TreeLanding(Root, new Folders()).Land([new FileReplacement(file.Path, null, file)])).Message, StringComparison.Ordinal);

        Assert.Equal(before, State());
    }

    [Fact]
    public void A_file_that_somebody_changes_meanwhile_keeps_that_and_nothing_lands()
    {
        var (f, g) = (Make.File("f", "new\n"), Make.File("g", "g\n"));
        File.WriteAllText(Path.Combine(Root, "f"), "somebody's\n");
        var before = State();

        Assert.Throws<Failure>(() => new TreeLanding(Root, new Folders()).Land([new FileReplacement(g.Path, null, g), new FileReplacement(f.Path, Release.Find(f.Path), f)]));

        Assert.Equal(before, State());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_run_that_dies_is_ended_by_the_next(int syncs)
    {
        Assert.Throws<DeathException>(() => Apply(Two, folders: new FoldersThatDie(syncs)));

        var next = Apply(Two);

        Make.AssertSame(Patched, new DirectoryTree(Root));
        // Before the journal was in its place nothing had begun.
        Assert.Equal(syncs >= 1, next.Finished);
    }

    [Fact]
    public void An_interrupted_run_is_not_ended_over_a_file_that_was_changed_since()
    {
        Assert.Throws<DeathException>(() => Apply(Two, folders: new FoldersThatDie(2)));
        File.WriteAllText(Path.Combine(Root, "f"), "somebody's\n");

        var failure = Assert.Throws<Failure>(() => Apply(Two));

        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains("f was changed by someone else", failure.Message, StringComparison.Ordinal);
        Assert.Equal("somebody's\n", File.ReadAllText(Path.Combine(Root, "f")));
    }

    [Fact]
    public void Two_runs_do_not_write_at_once()
    {
        Directory.CreateDirectory(Path.Combine(Root, TreeLanding.StateFolder));
        using var other = new FileStream(Path.Combine(Root, TreeLanding.StateFolder, "lock"), FileMode.Create, FileAccess.Write, FileShare.None);

        Assert.Contains("another run", Assert.Throws<Failure>(() => Apply(Two)).Message, StringComparison.Ordinal);
    }

    private InPlaceAnswer Apply(LoadedSeries series, bool reverse = false, IFolders? folders = null) =>
        ApplyInPlace.Run(new InPlaceRequest("2.0.65", series, Root, [], reverse), folders ?? new Folders(), TestContext.Current.CancellationToken);

    private static LoadedSeries Series(params (string Name, Patch Patch)[] patches) => new(
        "p",
        SeriesFile.Parse(default, "p/series"),
        [
            .. patches.Select(patch =>
            {
                var entry = SeriesFile.Parse(Encoding.UTF8.GetBytes(patch.Name + "\n"), "series").Entries.Single();
                var bytes = patch.Patch.ToBytes();
                return new LoadedPatch(new PlannedPatch(entry, false), Patch.Parse(bytes, "p/" + patch.Name), bytes, bytes);
            }),
        ],
        [],
        []);

    private void Write(LayeredTree tree)
    {
        foreach (var path in tree.Paths())
        {
            var file = Path.Combine(Root, path.Text);
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? Root);
            File.WriteAllBytes(file, tree.Find(path)?.Content.ToArray() ?? []);
        }
    }

    /// <summary>Every entry of the scratch folder, what it is and what it holds.</summary>
    private List<string> State() =>
    [
        .. Directory.EnumerateFileSystemEntries(_scratch, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(entry =>
            $"{entry} {new FileInfo(entry).LinkTarget} {(File.Exists(entry) && new FileInfo(entry).LinkTarget is null ? File.ReadAllText(entry) : "")}"),
    ];

    private sealed class DeathException : Exception;

    /// <summary>Folders of a process that is gone after so many syncs: nothing is cleaned up behind it.</summary>
    private sealed class FoldersThatDie(int syncs) : IFolders
    {
        private readonly Folders _folders = new();
        private int _left = syncs;

        public void Exchange(string one, string other) => _folders.Exchange(one, other);

        public void Sync(string folder)
        {
            if (_left-- == 0)
            {
                throw new DeathException();
            }

            _folders.Sync(folder);
        }

        public void Own(string path, string like) => _folders.Own(path, like);

        public FileMark? Mark(string path) => _folders.Mark(path);
    }
}
