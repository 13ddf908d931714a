using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Tests.Overlays;

/// <summary>The repository as rsync serves it.</summary>
public sealed class PublishedTreeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("patchforge-test-");
    private readonly OverlayFolder _overlay;
    private readonly string _to;

    public PublishedTreeTests()
    {
        _overlay = new OverlayFolder(Path.Combine(_folder.FullName, "home"), new OverlaySettings("overlay", "metadata", "profiles", Delivery.Files));
        _to = Path.Combine(_folder.FullName, "to");
        Put("home/overlay/www-servers/apache/apache-2.0.65.ebuild", "EAPI=8\n");
        Put("home/overlay/eclass/x.eclass", "x\n");
        Put("home/profiles/repo_name", "mine\n");
        Put("home/metadata/layout.conf", "masters = gentoo\n");
        Put("home/metadata/md5-cache/www-servers/apache-2.0.65", "EAPI=8\n");
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "home/www-servers"), "overlay/www-servers");
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "home/overlay/profiles"), "../profiles");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Put(string path, string text)
    {
        var file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "");
        File.WriteAllText(file, text);
    }

    [Fact]
    public void Every_part_lies_beside_the_others_as_a_file_that_all_may_read()
    {
        var files = PublishedTree.Write(_overlay, _to);

        Assert.Equal(
            ["eclass/x.eclass", "metadata/layout.conf", "metadata/md5-cache/www-servers/apache-2.0.65", "profiles/repo_name", "www-servers/apache/apache-2.0.65.ebuild"],
            files.Written);
        Assert.All(files.Written, path => Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(Path.Combine(_to, path))));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_to, "*", SearchOption.AllDirectories), path => new FileInfo(path).LinkTarget is not null);
    }

    [Fact]
    public void The_stamp_that_Portage_asks_for_is_in_UTC_and_stays_when_the_tree_is_written_again()
    {
        PublishedTree.Write(_overlay, _to);
        PublishedTree.WriteStamp(_to, new DateTimeOffset(2026, 11, 3, 1, 2, 3, TimeSpan.FromHours(2)));

        var files = PublishedTree.Write(_overlay, _to);

        Assert.Empty(files.Written.Concat(files.Removed));
        Assert.Equal("Mon, 02 Nov 2026 23:02:03 +0000\n", File.ReadAllText(Path.Combine(_to, "metadata/timestamp.chk")));
    }

    [Fact]
    public void A_second_time_only_what_changed_is_written_and_what_is_gone_is_removed()
    {
        PublishedTree.Write(_overlay, _to);
        var kept = Path.Combine(_to, "metadata/layout.conf");
        File.SetLastWriteTimeUtc(kept, DateTime.UnixEpoch);
        Put("home/profiles/categories", "www-servers\n");
        Directory.Delete(Path.Combine(_folder.FullName, "home/overlay/eclass"), recursive: true);

        var files = PublishedTree.Write(_overlay, _to);

        Assert.Equal(["profiles/categories"], files.Written);
        Assert.Equal(["eclass/x.eclass"], files.Removed);
        Assert.False(Directory.Exists(Path.Combine(_to, "eclass")));
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(kept));
    }

    [Theory]
    [InlineData("to/notes.txt")]
    [InlineData("to/.git/HEAD")]
    public void A_folder_with_anything_else_is_refused_and_keeps_what_it_has(string mine)
    {
        Put(mine, "mine\n");
        if (mine.Contains(".git", StringComparison.Ordinal))
        {
            Put("to/profiles/repo_name", "mine\n");
        }

        Assert.Equal(FailureKind.Refused, Assert.Throws<Failure>(() => PublishedTree.Write(_overlay, _to)).Kind);
        Assert.Equal("mine\n", File.ReadAllText(Path.Combine(_folder.FullName, mine)));
    }

    [Theory]
    [InlineData("home")]
    [InlineData("home/published")]
    [InlineData("")]
    public void A_folder_in_or_around_the_repository_is_refused(string to) =>
        Assert.Throws<Failure>(() => PublishedTree.Write(_overlay, Path.Combine(_folder.FullName, to)));
}
