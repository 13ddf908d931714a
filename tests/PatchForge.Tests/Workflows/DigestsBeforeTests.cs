using PatchForge.Host;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>A file is read once, and again whenever it may be another one.</summary>
public sealed class DigestsBeforeTests : IDisposable
{
    private static readonly DateTime Written = new(2009, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly TemporaryFolder _folder = new();
    private readonly string _file;
    private readonly LaterClock _clock = new() { By = TimeSpan.FromSeconds(10) };
    private int _reads;

    public DigestsBeforeTests()
    {
        _file = _folder.Write("a.tar", "content"u8.ToArray());
        File.SetLastWriteTimeUtc(_file, Written);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_run_does_not_read_it_again()
    {
        var first = await Of(DigestAlgorithm.Blake2b, DigestAlgorithm.Md5);
        var second = await Of(DigestAlgorithm.Md5);

        Assert.Equal(1, _reads);
        Assert.Equal((first.Size, first[DigestAlgorithm.Md5], first[DigestAlgorithm.Blake2b]), (second.Size, second[DigestAlgorithm.Md5], second[DigestAlgorithm.Blake2b]));
        Assert.Equal(7, second.Size);
    }

    [Fact]
    public async Task A_digest_that_was_not_computed_is()
    {
        await Of(DigestAlgorithm.Md5);

        Assert.Equal(128, (await Of(DigestAlgorithm.Sha512))[DigestAlgorithm.Sha512].Length);
        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task Another_content_is_read_when_size_or_time_tell()
    {
        var before = await Of(DigestAlgorithm.Md5);
        File.WriteAllText(_file, "another");
        File.SetLastWriteTimeUtc(_file, Written.AddTicks(10));
        Assert.NotEqual(before[DigestAlgorithm.Md5], (await Of(DigestAlgorithm.Md5))[DigestAlgorithm.Md5]);

        File.WriteAllText(_file, "longer than it was");
        File.SetLastWriteTimeUtc(_file, Written.AddTicks(10));
        Assert.Equal(18, (await Of(DigestAlgorithm.Md5)).Size);
        Assert.Equal(3, _reads);
    }

    [Fact]
    public async Task A_file_that_was_changed_just_now_is_not_kept_whatever_its_time_says()
    {
        _clock.By = TimeSpan.Zero;

        await Of(DigestAlgorithm.Md5);
        await Of(DigestAlgorithm.Md5);

        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_keeps_nothing()
    {
        _clock.By = TimeSpan.FromDays(-1);

        await Of(DigestAlgorithm.Md5);
        await Of(DigestAlgorithm.Md5);

        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task Another_content_of_the_same_size_whose_time_was_put_back_is_read()
    {
        var before = await Of(DigestAlgorithm.Md5);
        await using (var open = File.OpenWrite(_file))
        {
            open.Write("another"u8);
        }

        File.SetLastWriteTimeUtc(_file, Written);

        Assert.NotEqual(before[DigestAlgorithm.Md5], (await Of(DigestAlgorithm.Md5))[DigestAlgorithm.Md5]);
    }

    [Fact]
    public async Task A_file_that_takes_the_name_with_the_same_size_and_time_is_read()
    {
        var other = _folder.Write("other", "another"u8.ToArray());
        File.SetLastWriteTimeUtc(other, Written);
        var before = await Of(DigestAlgorithm.Md5);
        File.Move(other, _file, overwrite: true);

        Assert.NotEqual(before[DigestAlgorithm.Md5], (await Of(DigestAlgorithm.Md5))[DigestAlgorithm.Md5]);
    }

    [Fact]
    public async Task A_link_is_what_it_leads_to()
    {
        var link = _folder["link.tar"];
        File.CreateSymbolicLink(link, _file);
        var before = await Of(link, DigestAlgorithm.Md5);
        Assert.Equal(7, before.Size);
        Assert.Equal(7, (await Of(link, DigestAlgorithm.Md5)).Size);
        Assert.Equal(1, _reads);

        File.WriteAllText(_file, "another");

        Assert.NotEqual(before[DigestAlgorithm.Md5], (await Of(link, DigestAlgorithm.Md5))[DigestAlgorithm.Md5]);
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_not_kept()
    {
        await new DigestsBefore(_folder["memory"], _clock, new Folders()).Of(_file, [DigestAlgorithm.Md5], async () =>
        {
            var digests = await Read([DigestAlgorithm.Md5]);
            File.SetLastWriteTimeUtc(_file, Written.AddSeconds(1));
            return digests;
        });
        File.SetLastWriteTimeUtc(_file, Written);

        await Of(DigestAlgorithm.Md5);

        Assert.Equal(2, _reads);
    }

    [Theory]
    [InlineData("MD5", "MD6")]
    [InlineData("\t", " ")]
    [InlineData("9a0364b9e99bb480dd25e1f0284c8555", "9a0364b9e99bb480dd25e1f0284c855")]
    [InlineData("9a0364b9e99bb480dd25e1f0284c8555", "9a0364b9e99bb480dd25e1f0284c8556")]
    public async Task A_damaged_line_is_not_believed(string what, string into)
    {
        await Of(DigestAlgorithm.Md5);
        File.WriteAllText(_folder["memory"], File.ReadAllText(_folder["memory"]).Replace(what, into, StringComparison.Ordinal));

        Assert.Equal("9a0364b9e99bb480dd25e1f0284c8555", (await Of(DigestAlgorithm.Md5))[DigestAlgorithm.Md5]);
        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task Another_file_of_that_name_is_another_file()
    {
        var other = _folder.Write("b/a.tar", "another"u8.ToArray());
        File.SetLastWriteTimeUtc(other, Written);
        var one = await Of(DigestAlgorithm.Md5);

        Assert.NotEqual(one[DigestAlgorithm.Md5], (await Of(other, DigestAlgorithm.Md5))[DigestAlgorithm.Md5]);
        Assert.Equal(one[DigestAlgorithm.Md5], (await Of(DigestAlgorithm.Md5))[DigestAlgorithm.Md5]);
        Assert.Equal(2, _reads);
    }

    private Task<FileDigests> Of(params DigestAlgorithm[] wanted) => Of(_file, wanted);

    /// <summary>Each time as a run of its own.</summary>
    private Task<FileDigests> Of(string file, params DigestAlgorithm[] wanted) =>
        new DigestsBefore(_folder["memory"], _clock, new Folders()).Of(file, wanted, () => Read(wanted, file));

    private Task<FileDigests> Read(DigestAlgorithm[] wanted, string? file = null)
    {
        _reads++;
        return FileDigests.OfFile(file ?? _file, wanted, null, TestContext.Current.CancellationToken);
    }

    /// <summary>The machine's, which a file's ctime is taken from, and some time on.</summary>
    private sealed class LaterClock : IClock
    {
        private readonly MachineClock _machine = new();

        public TimeSpan By { get; set; }

        public DateTimeOffset UtcNow => _machine.UtcNow + By;

        public TimeSpan Elapsed => _machine.Elapsed;
    }
}
