using System.Runtime.InteropServices;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Tests.Roots;

public sealed class Stage3Tests
{
    private const string Stage = "stage3-amd64-openrc-20260105T170105Z.tar.xz";
    private static readonly string s_blake = new('a', 128);
    private static readonly string s_sha = new('b', 128);

    [Theory]
    [InlineData("# Latest as of Mon, 05 Jan 2026\n# ts=1\n20260105T170105Z/" + Stage + " 300123456\n", "20260105T170105Z/" + Stage)]
    [InlineData(Stage + " 300123456", Stage)]
    [InlineData("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n# ts=1\r\n20260105T170105Z/" + Stage + " 300123456\r\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n", "20260105T170105Z/" + Stage)]
    public void An_index_is_read_plain_clear_signed_and_without_its_folder(string text, string path)
    {
        var index = Stage3Index.Parse(text, "latest-stage3-amd64-openrc.txt");

        Assert.Equal((path, 300123456L, "amd64", "openrc"), (index.Path, index.Size, index.Name.Architecture, index.Name.Variant));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("# nothing\n", 2)]
    [InlineData("<html>\n", 1)]
    [InlineData(Stage + "\n", 1)]
    [InlineData(Stage + " -5\n", 1)]
    [InlineData(Stage + " 0\n", 1)]
    [InlineData(Stage + " 99999999999999999999\n", 1)]
    [InlineData("/etc/" + Stage + " 5\n", 1)]
    [InlineData("../" + Stage + " 5\n", 1)]
    [InlineData("20200101T000000Z/" + Stage + " 5\n", 1)]
    [InlineData("https://elsewhere.test/" + Stage + " 5\n", 1)]
    [InlineData(Stage + " 5\n" + Stage + " 5\n", 2)]
    [InlineData("stage3-amd64-..%2f-20260105T170105Z.tar.xz 5\n", 1)]
    [InlineData("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + Stage + " 5\n", 1)]
    public void A_hostile_index_is_refused_with_its_line(string text, int line)
    {
        var failure = Assert.Throws<Failure>(() => Stage3Index.Parse(text, "index.txt"));

        Assert.Equal((FailureKind.Refused, "index.txt", line), (failure.Kind, failure.At?.File, failure.At?.Line));
    }

    [Fact]
    public void What_stands_outside_the_armour_does_not_count()
    {
        var text = $"20260105T170105Z/{Stage} 666\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{Stage} 5\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n{Stage} 777\n";

        Assert.Equal(5, Stage3Index.Parse(text, "index.txt").Size);
    }

    [Theory]
    [InlineData("stage3-arm64-openrc-20260105T170105Z.tar.xz")]
    [InlineData("stage3-i686-openrc-20260105T170105Z.tar.xz")]
    [InlineData("stage3-x32-openrc-20260105T170105Z.tar.xz")]
    public void Another_architecture_is_refused_by_name(string file)
    {
        var failure = Assert.Throws<Failure>(() => Stage3Name.Parse(file).MustRunHere(Architecture.X64));

        Assert.Contains("this machine is amd64", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_architecture_is_not() => Stage3Name.Parse(Stage).MustRunHere(Architecture.X64);

    [Theory]
    [InlineData("stage3.tar.xz")]
    [InlineData("stage4-amd64-20260105T170105Z.tar.xz")]
    [InlineData("stage3-amd64-openrc-20260105.tar.xz")]
    [InlineData("stage3-amd64-openrc-20260105T170105Z.zip")]
    [InlineData("stage3-amd64-o/../x-20260105T170105Z.tar.xz")]
    [InlineData("stage3-amd64--20260105T170105Z.tar.xz")]
    public void A_name_that_is_no_stage3s_is_refused(string file) => Assert.Throws<Failure>(() => Stage3Name.Parse(file));

    [Fact]
    public void Both_digests_of_the_right_file_are_found()
    {
        var text = $"# BLAKE2B HASH\n{s_blake}  {Stage}\n# SHA512 HASH\n{s_sha}  {Stage}\n# BLAKE2B HASH\n{s_sha}  {Stage}.CONTENTS.gz\n# MD5 HASH\nffff  {Stage}\n";

        var digests = Stage3Digests.Parse(text, Stage, "DIGESTS");

        Assert.Equal([("BLAKE2B", s_blake), ("SHA512", s_sha)], digests.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void A_digests_file_without_the_stage3_or_with_weak_digests_alone_is_refused()
    {
        Assert.Throws<Failure>(() => Stage3Digests.Parse($"# SHA512 HASH\n{s_sha}  other.tar.xz\n", Stage, "DIGESTS"));
        Assert.Throws<Failure>(() => Stage3Digests.Parse($"# MD5 HASH\nffff  {Stage}\n", Stage, "DIGESTS"));
        Assert.Throws<Failure>(() => Stage3Digests.Parse($"{s_sha}  {Stage}\n", Stage, "DIGESTS"));
    }

    [Theory]
    [InlineData(127)]
    [InlineData(129)]
    public void A_digest_of_the_wrong_length_is_refused_with_its_line(int digits)
    {
        var failure = Assert.Throws<Failure>(() => Stage3Digests.Parse($"# SHA512 HASH\n{new string('b', digits)}  {Stage}\n", Stage, "DIGESTS"));

        Assert.Equal(2, failure.At?.Line);
    }

    [Fact]
    public void Two_digests_of_one_algorithm_are_refused() =>
        Assert.Throws<Failure>(() => Stage3Digests.Parse($"# SHA512 HASH\n{s_sha}  {Stage}\n{s_sha}  {Stage}\n", Stage, "DIGESTS"));

    [Theory]
    [InlineData(2, 1, 62, "amd64")]
    [InlineData(2, 1, 183, "arm64")]
    [InlineData(1, 1, 3, "x86")]
    [InlineData(2, 2, 21, "ppc64")]
    [InlineData(1, 1, 62, "ELF machine 62")]
    public void A_programs_processor_is_read_from_its_header(byte bits, byte order, byte machine, string name)
    {
        var head = new byte[20];
        "\u007fELF"u8.CopyTo(head);
        head[4] = bits;
        head[5] = order;
        head[order == 2 ? 19 : 18] = machine;

        Assert.Equal(name, ElfMachine.Of(head));
    }

    [Fact]
    public void A_script_is_no_program_of_any_processor() => Assert.Null(ElfMachine.Of("#!/bin/sh and more than twenty bytes"u8));
}
