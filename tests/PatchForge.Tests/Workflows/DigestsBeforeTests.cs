using PatchForge.Releases;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>A file is read once, and again whenever it may be another one.</summary>
public sealed class DigestsBeforeTests : IDisposable
{
    private static readonly DateTime Written = new(2009, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly TemporaryFolder _folder = new();
    private readonly string _file;
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
    public async Task A_file_that_was_written_just_now_is_not_kept()
    {
        File.SetLastWriteTimeUtc(_file, new FixedClock().UtcNow.UtcDateTime.AddSeconds(-1));

        await Of(DigestAlgorithm.Md5);
        await Of(DigestAlgorithm.Md5);

        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_not_kept()
    {
        await new DigestsBefore(_folder["memory"], new FixedClock()).Of(_file, [DigestAlgorithm.Md5], async () =>
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
        new DigestsBefore(_folder["memory"], new FixedClock()).Of(file, wanted, () => Read(wanted, file));

    private Task<FileDigests> Read(DigestAlgorithm[] wanted, string? file = null)
    {
        _reads++;
        return FileDigests.OfFile(file ?? _file, wanted, null, TestContext.Current.CancellationToken);
    }
}
