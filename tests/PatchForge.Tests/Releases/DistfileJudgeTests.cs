using PatchForge.Releases;
using PatchForge.Seams;

namespace PatchForge.Tests.Releases;

public sealed class DistfileJudgeTests
{
    private static readonly byte[] Bytes = "abc"u8.ToArray();
    private const string Md5 = "900150983cd24fb0d6963f7d28e17f72";
    private const string Sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";

    private static Task<FileDigests> Have() => FileDigests.Of(new MemoryStream(Bytes), DigestAlgorithm.All, null, TestContext.Current.CancellationToken);

    private static PublishedFile Published(long? size, params KnownDigest[] digests) => new("f", size, [.. digests]);

    private static KnownDigest Known(DigestAlgorithm algorithm, string hex) => new(algorithm, hex, "ports");

    [Fact]
    public async Task A_file_with_every_published_digest_is_official()
    {
        var verdict = DistfileJudge.Judge(Published(3, Known(DigestAlgorithm.Md5, Md5), Known(DigestAlgorithm.Sha1, Sha1)), await Have(), null);
        Assert.Equal(2, Assert.IsType<DistfileVerdict.Official>(verdict).Matched.Length);
        Assert.True(verdict.IsAccepted);
        Assert.Contains("MD5, SHA1 as published by ports", verdict.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_digest_that_differs_is_enough_to_be_wrong()
    {
        var verdict = DistfileJudge.Judge(Published(3, Known(DigestAlgorithm.Md5, Md5), Known(DigestAlgorithm.Sha1, new string('0', 40))), await Have(), null);
        var difference = Assert.Single(Assert.IsType<DistfileVerdict.Wrong>(verdict).Differences);
        Assert.Equal(new DistfileDifference("SHA1", new string('0', 40), Sha1, "ports"), difference);
        Assert.False(verdict.IsAccepted);
    }

    [Fact]
    public async Task A_size_that_differs_is_wrong()
    {
        var verdict = DistfileJudge.Judge(Published(4, Known(DigestAlgorithm.Md5, Md5)), await Have(), null);
        Assert.Equal("size", Assert.Single(Assert.IsType<DistfileVerdict.Wrong>(verdict).Differences).What);
    }

    [Fact]
    public async Task A_size_alone_proves_nothing()
    {
        var verdict = DistfileJudge.Judge(Published(3), await Have(), null);
        Assert.IsType<DistfileVerdict.Unknown>(verdict);
        Assert.False(verdict.IsAccepted);
    }

    [Fact]
    public async Task What_was_recorded_is_required_later()
    {
        var have = await Have();
        var locked = new LockedDistfile("f", 3, have[DigestAlgorithm.Blake2b], have[DigestAlgorithm.Sha512], new LockedAcceptance.FirstUse());
        Assert.IsType<DistfileVerdict.FirstUse>(DistfileJudge.Judge(Published(null), have, locked));
        Assert.IsType<DistfileVerdict.Wrong>(DistfileJudge.Judge(Published(null), have, locked with { Sha512 = new string('0', 128) }));
        var signed = locked with { Accepted = new LockedAcceptance.BySignature("AB", "Anna") };
        Assert.Equal(new DistfileVerdict.BySignature("AB", "Anna"), DistfileJudge.Judge(Published(null), have, signed));
    }

    [Fact]
    public void Unofficial_is_never_accepted() => Assert.False(new DistfileVerdict.Unofficial("why").IsAccepted);

    [Fact]
    public void The_lock_file_round_trips_in_stable_bytes()
    {
        var b = new LockedDistfile("b-1.tar.gz", 5, new string('b', 128), new string('5', 128), new LockedAcceptance.BySignature("ABCD", "Anna B <a@b.org>"));
        var a = new LockedDistfile("a-1.tar.gz", 4, new string('a', 128), new string('4', 128), new LockedAcceptance.FirstUse());
        var text = DistfileLock.Empty.With(b).With(a).Text;
        Assert.Equal(text, DistfileLock.Empty.With(a).With(b).Text);
        var again = DistfileLock.Parse("patchforge.lock", text);
        Assert.Equal(text, again.Text);
        Assert.Equal(a, again.Find("a-1.tar.gz"));
        Assert.Equal(b, again.Find("b-1.tar.gz"));
        Assert.Equal("", DistfileLock.Empty.Text);
    }

    [Theory]
    [InlineData("<<<<<<< ours")]
    [InlineData("f 3 BLAKE2B aa SHA512 bb first-use")]
    [InlineData("f x BLAKE2B {b} SHA512 {s} first-use")]
    [InlineData("f 3 BLAKE2B {b} SHA512 {s}")]
    [InlineData("f 3 BLAKE2B {b} SHA512 {s} second-use")]
    [InlineData("f 3 BLAKE2B {b} SHA512 {s} signed")]
    [InlineData("f 3 BLAKE2B {b} SHA512 {s} first-use\nf 3 BLAKE2B {b} SHA512 {s} first-use")]
    public void A_bad_lock_file_is_refused_with_its_line(string line)
    {
        var text = "# comment\n" + line.Replace("{b}", new string('b', 128), StringComparison.Ordinal).Replace("{s}", new string('5', 128), StringComparison.Ordinal);
        var failure = Assert.Throws<Failure>(() => DistfileLock.Parse("patchforge.lock", text));
        Assert.Equal(new FileLocation("patchforge.lock", text.Split('\n').Length), failure.At);
    }
}
