using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Tests.Workflows;

namespace PatchForge.Tests.Releases;

public sealed class SourceControlTests
{
    private static readonly string s_signed = SmallSource.Control("thing", "1:2.0-3", ("thing_2.0.orig.tar.gz", [1, 2, 3]), ("thing_2.0-3.debian.tar.xz", []));

    [Fact]
    public void What_a_signed_file_says_is_read_and_the_signature_is_no_field()
    {
        var control = SourceControl.Parse("thing.dsc", s_signed);
        Assert.Equal(("thing", "1:2.0-3", "2.0-3"), (control.Source, control.Version, control.PlainVersion));
        Assert.Equal(["thing_2.0.orig.tar.gz 3", "thing_2.0-3.debian.tar.xz 0"], control.Files.Select(file => $"{file.Name} {file.Size}"));
    }

    [Fact]
    public void One_without_a_signature_is_read_as_well()
    {
        var plain = s_signed[s_signed.IndexOf("Format:", StringComparison.Ordinal)..s_signed.IndexOf("\n-----BEGIN PGP SIGNATURE", StringComparison.Ordinal)];
        Assert.Equal(2, SourceControl.Parse("thing.dsc", plain).Files.Length);
    }

    [Theory]
    [InlineData("Checksums-Sha256:", "Checksums-Sha1:", "lists no files with SHA256", 0)]
    [InlineData("Source: thing\n", "", "has no field Source", 0)]
    [InlineData("Version: 1:2.0-3", "Version:", "has no field Version", 0)]
    [InlineData("Binary: thing, thing-dev", "Source: other", "is here twice", 6)]
    [InlineData("Binary: thing, thing-dev", "nonsense", "this is no field", 6)]
    [InlineData(" 3 thing_2.0.orig.tar.gz", " 3 ../thing.tar.gz", "no line of Checksums-Sha256", 11)]
    [InlineData(" 3 thing_2.0.orig.tar.gz", " many thing.tar.gz", "no line of Checksums-Sha256", 11)]
    [InlineData(" 3 thing_2.0.orig.tar.gz", " 3", "no line of Checksums-Sha256", 11)]
    public void What_is_wrong_is_refused_with_its_line(string good, string bad, string sentence, int line)
    {
        Assert.Contains(good, s_signed, StringComparison.Ordinal);
        var failure = Assert.Throws<Failure>(() => SourceControl.Parse("thing.dsc", s_signed.Replace(good, bad, StringComparison.Ordinal)));
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Equal(new FileLocation("thing.dsc", line), failure.At);
    }
}
