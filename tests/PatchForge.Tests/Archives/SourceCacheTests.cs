using PatchForge.Archives;
using PatchForge.Seams;

namespace PatchForge.Tests.Archives;

public sealed class SourceCacheTests : IDisposable
{
    private static readonly string Digest = new('5', 128);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Archive(string content = "one") =>
        _folder.Write("r-1.tar", new RawTar().Folder("r-1/").File("r-1/README", content).File("r-1/src/a", "a").Whole());

    private string Open(string archive) => new SourceCache(_folder["cache"]).Open(archive, Digest, ArchiveLimits.Default, null, TestContext.Current.CancellationToken);

    [Fact]
    public void The_second_time_the_archive_is_not_read()
    {
        var archive = Archive();
        var tree = Open(archive);
        Assert.Equal(_folder["cache/sources/5555555555555555-r-1.tar/tree"], tree);
        File.Delete(archive);
        Assert.Equal(tree, Open(archive));
        Assert.Equal("one", File.ReadAllText(Path.Combine(tree, "README")));
    }

    [Theory]
    [InlineData("no marker")]
    [InlineData("other digest")]
    [InlineData("file grown")]
    [InlineData("file gone")]
    [InlineData("file more")]
    public void An_entry_that_is_not_what_its_marker_says_is_made_anew(string harm)
    {
        var archive = Archive();
        var tree = Open(archive);
        var marker = Path.Combine(tree, "../complete");
        switch (harm)
        {
            case "no marker":
                File.Delete(marker);
                break;
            case "other digest":
                File.WriteAllText(marker, File.ReadAllText(marker).Replace('5', '6'));
                break;
            case "file grown":
                File.AppendAllText(Path.Combine(tree, "README"), "x");
                break;
            case "file gone":
                File.Delete(Path.Combine(tree, "README"));
                break;
            default:
                File.WriteAllText(Path.Combine(tree, "more"), "x");
                break;
        }

        Assert.False(new SourceCache(_folder["cache"]).Has(archive, Digest));
        Open(archive);
        Assert.Equal(["README", "src"], Directory.GetFileSystemEntries(tree).Select(path => Path.GetFileName(path)).Order());
        Assert.Equal("one", File.ReadAllText(Path.Combine(tree, "README")));
    }

    [Fact]
    public void What_a_killed_run_left_is_swept()
    {
        var archive = Archive();
        var left = Directory.CreateDirectory(_folder["cache/sources/5555555555555555-r-1.tar.unpacking/tree"]).FullName;
        File.WriteAllText(Path.Combine(left, "half"), "x");
        var tree = Open(archive);
        Assert.False(Directory.Exists(Path.GetDirectoryName(left)));
        Assert.False(File.Exists(Path.Combine(tree, "half")));
    }

    [Fact]
    public void A_refused_archive_leaves_no_entry()
    {
        var archive = _folder.Write("bad.tar", new RawTar().Folder("r-1/").File("/etc/x", "x").Whole());
        Assert.Throws<Failure>(() => Open(archive));
        Assert.Empty(Directory.GetDirectories(_folder["cache/sources"]));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_said()
    {
        _folder.Write("cache", [1]); // a file where the folder should be
        var failure = Assert.Throws<Failure>(() => Open(Archive()));
        Assert.Contains("cannot be unpacked", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_at_once_unpack_once_and_all_get_it()
    {
        var archive = Archive();
        var trees = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Open(archive))));
        Assert.Single(trees.Distinct());
        Assert.Equal("one", File.ReadAllText(Path.Combine(trees[0], "README")));
    }
}
