using System.Text;
using PatchForge.Host;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Tests.Landing;

public sealed class LandingStripTests : IDisposable
{
    private static readonly TreePath[] Units = [TreePath.Parse("patches/2.0"), TreePath.Parse("overlay/apache")];
    private readonly string _home = Directory.CreateTempSubdirectory("patchforge-landing-").FullName;

    public LandingStripTests()
    {
        Write("patches/2.0/series", "a.patch\n");
        Write("patches/2.0/a.patch", "old a");
        Write("overlay/apache/apache.ebuild", "old ebuild");
        Write("overlay/apache/files/kept.conf", "a person's file");
        Write("bystander", "not ours");
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void Changes_land_in_every_folder_and_leave_the_rest_alone()
    {
        using var work = WorkFolder.Take(_home, "test");
        var changed = Strip(work, new Folders()).Land(Units, [Change("patches/2.0/a.patch", "new a"), Change("overlay/apache/apache.ebuild", null), Change("overlay/apache/files/b", "b")]);

        Assert.Equal(["overlay/apache/apache.ebuild", "overlay/apache/files/b", "patches/2.0/a.patch"], changed.Select(path => path.Text));
        Assert.Equal("new a", Read("patches/2.0/a.patch"));
        Assert.False(File.Exists(Path.Combine(_home, "overlay/apache/apache.ebuild")));
        Assert.Equal("a person's file", Read("overlay/apache/files/kept.conf"));
        Assert.Equal("a.patch\n", Read("patches/2.0/series"));
        Assert.False(Directory.Exists(Path.Combine(work.Path, "landing")));
    }

    [Fact]
    public void Landing_the_same_content_touches_nothing()
    {
        using var work = WorkFolder.Take(_home, "test");
        var folder = new DirectoryInfo(Path.Combine(_home, "patches/2.0"));
        var before = folder.LastWriteTimeUtc;

        Assert.Empty(Strip(work, new ExchangeThatDies(0)).Land(Units, [Change("patches/2.0/a.patch", "old a")]));
        folder.Refresh();
        Assert.Equal(before, folder.LastWriteTimeUtc);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_run_that_dies_between_two_folders_is_finished_by_the_next(int exchangesBeforeDeath)
    {
        using var work = WorkFolder.Take(_home, "test");
        FileChange[] changes = [Change("patches/2.0/a.patch", "new a"), Change("overlay/apache/apache.ebuild", "new ebuild")];
        Assert.Throws<DeathException>(() => Strip(work, new ExchangeThatDies(exchangesBeforeDeath)).Land(Units, changes));

        // Each folder is wholly old or wholly new at this moment.
        Assert.Contains(Read("patches/2.0/a.patch"), (string[])["old a", "new a"]);

        Assert.NotEmpty(Strip(work, new Folders()).Recover());
        Assert.Equal("new a", Read("patches/2.0/a.patch"));
        Assert.Equal("new ebuild", Read("overlay/apache/apache.ebuild"));
        Assert.Empty(Strip(work, new Folders()).Recover());
    }

    [Fact]
    public void A_folder_that_somebody_changed_meanwhile_is_left_as_it_is()
    {
        using var work = WorkFolder.Take(_home, "test");
        Assert.Throws<DeathException>(() => Strip(work, new ExchangeThatDies(0)).Land(Units, [Change("patches/2.0/a.patch", "new a")]));
        Write("patches/2.0/a.patch", "a person's edit");

        var failure = Assert.Throws<Failure>(() => Strip(work, new Folders()).Recover());
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Equal("a person's edit", Read("patches/2.0/a.patch"));
    }

    [Fact]
    public void The_last_landing_is_taken_back_with_its_times_and_that_again_too()
    {
        using var work = WorkFolder.Take(_home, "test of undo");
        var strip = Strip(work, new Folders());
        var old = new FileInfo(Path.Combine(_home, "patches/2.0/a.patch")).LastWriteTimeUtc;
        FileChange[] changes = [Change("patches/2.0/a.patch", "new a"), Change("overlay/apache/apache.ebuild", null), Change("made/now/b", "b")];
        strip.Land([.. Units, TreePath.Parse("made/now")], changes, "a session");
        Assert.Equal("a session", strip.LastSession());

        var undone = strip.Undo();
        Assert.Equal(("test of undo", "made/now overlay/apache patches/2.0"), (undone.Command, string.Join(' ', undone.Folders.Order(StringComparer.Ordinal))));
        Assert.Equal(("old a", "old ebuild"), (Read("patches/2.0/a.patch"), Read("overlay/apache/apache.ebuild")));
        Assert.Equal(old, new FileInfo(Path.Combine(_home, "patches/2.0/a.patch")).LastWriteTimeUtc);
        Assert.False(Directory.Exists(Path.Combine(_home, "made/now")));
        Assert.Equal("", strip.LastSession());

        Assert.Equal("undo of test of undo", strip.Undo().Command);
        Assert.Equal(("new a", "b"), (Read("patches/2.0/a.patch"), Read("made/now/b")));
        Assert.False(File.Exists(Path.Combine(_home, "overlay/apache/apache.ebuild")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void An_undo_that_dies_between_two_folders_is_finished_by_the_next_run(int exchangesBeforeDeath)
    {
        using var work = WorkFolder.Take(_home, "test");
        Strip(work, new Folders()).Land(Units, [Change("patches/2.0/a.patch", "new a"), Change("overlay/apache/apache.ebuild", "new ebuild")]);
        Assert.Throws<DeathException>(() => Strip(work, new ExchangeThatDies(exchangesBeforeDeath)).Undo());

        Assert.NotEmpty(Strip(work, new Folders()).Recover());
        Assert.Equal(("old a", "old ebuild"), (Read("patches/2.0/a.patch"), Read("overlay/apache/apache.ebuild")));
        Strip(work, new Folders()).Undo();
        Assert.Equal(("new a", "new ebuild"), (Read("patches/2.0/a.patch"), Read("overlay/apache/apache.ebuild")));
    }

    [Fact]
    public void Nothing_is_taken_back_over_what_somebody_did_since()
    {
        using var work = WorkFolder.Take(_home, "test");
        var strip = Strip(work, new Folders());
        Assert.Equal(FailureKind.Refused, Assert.Throws<Failure>(strip.Undo).Kind);
        strip.Land(Units, [Change("patches/2.0/a.patch", "new a"), Change("overlay/apache/apache.ebuild", "new ebuild")]);
        Write("patches/2.0/a.patch", "a person's edit");

        Assert.Contains("patches/2.0 was changed since it landed", Assert.Throws<Failure>(strip.Undo).Message, StringComparison.Ordinal);
        Assert.Equal(("a person's edit", "new ebuild"), (Read("patches/2.0/a.patch"), Read("overlay/apache/apache.ebuild")));
    }

    [Fact]
    public void A_second_run_is_refused_while_the_first_holds_the_lock()
    {
        using (WorkFolder.Take(_home, "first"))
        {
            var failure = Assert.Throws<Failure>(() => WorkFolder.Take(_home, "second"));
            Assert.Equal(FailureKind.Refused, failure.Kind);
        }

        WorkFolder.Take(_home, "third").Dispose();
    }

    [Fact]
    public void A_change_outside_the_folders_that_land_is_a_bug()
    {
        using var work = WorkFolder.Take(_home, "test");
        Assert.Throws<InvalidOperationException>(() => Strip(work, new Folders()).Land(Units, [Change("bystander", "mine")]));
        Assert.Equal("not ours", Read("bystander"));
    }

    private static FileChange Change(string path, string? content) =>
        content is null ? FileChange.Delete(TreePath.Parse(path)) : FileChange.Write(TreePath.Parse(path), Encoding.UTF8.GetBytes(content));

    private LandingStrip Strip(WorkFolder work, IFolders folders) => new(_home, work, folders);

    [Fact]
    public void A_folder_that_is_a_link_is_refused_and_the_link_stays()
    {
        Directory.Move(Path.Combine(_home, "patches/2.0"), Path.Combine(_home, "elsewhere"));
        Directory.CreateSymbolicLink(Path.Combine(_home, "patches/2.0"), "../elsewhere");
        using var work = WorkFolder.Take(_home, "test");

        var failure = Assert.Throws<Failure>(() => Strip(work, new Folders()).Land(Units, [Change("patches/2.0/a.patch", "new a")]));
        Assert.Contains("is a link to ../elsewhere", failure.Message, StringComparison.Ordinal);
        Assert.Equal("old a", Read("elsewhere/a.patch"));
        Assert.NotNull(new DirectoryInfo(Path.Combine(_home, "patches/2.0")).LinkTarget);
    }

    [Fact]
    public void No_write_goes_through_a_link_inside_a_folder_that_lands()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_home, "outside")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(_home, "overlay/apache/files/mpm"), outside);
        using var work = WorkFolder.Take(_home, "test");

        var failure = Assert.Throws<Failure>(() => Strip(work, new Folders()).Land(Units, [Change("overlay/apache/files/mpm/deep/a.patch", "new a")]));
        Assert.Contains("through the link mpm", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public void A_folder_that_landed_and_was_edited_since_keeps_the_edit()
    {
        using var work = WorkFolder.Take(_home, "test");
        FileChange[] changes = [Change("patches/2.0/a.patch", "new a"), Change("overlay/apache/apache.ebuild", "new ebuild")];
        Assert.Throws<DeathException>(() => Strip(work, new ExchangeThatDies(1)).Land(Units, changes));
        Write("overlay/apache/apache.ebuild", "a person's ebuild");

        Assert.Equal(["patches/2.0"], Strip(work, new Folders()).Recover());
        Assert.Equal("a person's ebuild", Read("overlay/apache/apache.ebuild"));
        Assert.Equal("new a", Read("patches/2.0/a.patch"));
    }

    [Fact]
    public void A_run_that_only_looks_makes_nothing_and_refuses_while_something_is_unfinished()
    {
        using (var look = WorkFolder.Look(_home))
        {
            Assert.Empty(Strip(look, new Folders()).Recover());
            Assert.False(Directory.Exists(look.Path));
        }

        using var work = WorkFolder.Take(_home, "test");
        Assert.Throws<DeathException>(() => Strip(work, new ExchangeThatDies(0)).Land(Units, [Change("patches/2.0/a.patch", "new a")]));
        using var late = WorkFolder.Look(_home);
        Assert.Contains("interrupted", Assert.Throws<Failure>(() => Strip(late, new Folders()).Recover()).Message, StringComparison.Ordinal);
    }

    private void Write(string path, string content)
    {
        var file = Path.Combine(_home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? _home);
        File.WriteAllText(file, content);
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_home, path));

    private sealed class DeathException : Exception;

    private sealed class ExchangeThatDies(int after) : IFolders
    {
        private readonly Folders _real = new();
        private int _left = after;

        public void Exchange(string one, string other)
        {
            if (_left-- == 0)
            {
                throw new DeathException();
            }

            _real.Exchange(one, other);
        }

        public void Sync(string folder) => _real.Sync(folder);

        public void Own(string path, string like) => _real.Own(path, like);

        public FileMark? Mark(string path) => _real.Mark(path);
    }
}
