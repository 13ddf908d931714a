using System.Text;
using PatchForge.Releases;

namespace PatchForge.Tests.Releases;

public sealed class FileDigestsTests
{
    // Vectors of "abc": RFC 1321 (MD5), FIPS 180-4 (SHA), the RIPEMD-160 paper's appendix, RFC 7693 appendix A (BLAKE2b).
    [Theory]
    [InlineData("MD5", "900150983cd24fb0d6963f7d28e17f72")]
    [InlineData("SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d")]
    [InlineData("RMD160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")]
    [InlineData("SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("SHA512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")]
    [InlineData("BLAKE2B", "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")]
    public async Task The_known_vectors_come_out(string name, string hex)
    {
        var algorithm = DigestAlgorithm.Find(name);
        Assert.NotNull(algorithm);
        Assert.Null(algorithm.Complaint(hex));
        var digests = await FileDigests.Of(new MemoryStream("abc"u8.ToArray()), [algorithm], null, TestContext.Current.CancellationToken);
        Assert.Equal(hex, digests[algorithm]);
        Assert.Equal(3, digests.Size);
    }

    [Fact]
    public async Task All_are_computed_in_one_reading_whatever_its_pieces()
    {
        var bytes = Encoding.UTF8.GetBytes(new string('x', 300_001));
        var seen = 0L;
        var whole = await FileDigests.Of(new MemoryStream(bytes), DigestAlgorithm.All, done => seen = done, TestContext.Current.CancellationToken);
        Assert.Equal(bytes.Length, seen);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA512.HashData(bytes)), whole[DigestAlgorithm.Sha512]);
        Assert.Equal(["BLAKE2B", "MD5", "RMD160", "SHA1", "SHA256", "SHA512"], whole.Hex.Keys);
    }
}
