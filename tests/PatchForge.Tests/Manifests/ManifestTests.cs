using System.Text;
using CsCheck;
using PatchForge.Manifests;
using PatchForge.Seams;

namespace PatchForge.Tests.Manifests;

public sealed class ManifestTests
{
    private static readonly string B = new('b', 128);
    private static readonly string S = new('5', 128);
    private static readonly string Line = $"DIST httpd-2.0.65.tar.bz2 4999802 BLAKE2B {B} SHA512 {S}\n";

    private static ManifestDocument Parse(string text) => ManifestDocument.Parse(Encoding.UTF8.GetBytes(text), "Manifest");

    private static string Text(ManifestDocument document) => Encoding.UTF8.GetString(document.ToBytes());

    private static DistfileFacts Facts(string name, long size = 1) => new(name, size, B, S);

    [Fact]
    public void A_thin_Manifest_round_trips()
    {
        var document = Parse(Line);

        Assert.Equal(Line, Text(document));
        var entry = Assert.Single(document.Distfiles);
        Assert.Equal(("httpd-2.0.65.tar.bz2", 4999802L), (entry.Name, entry.Size));
        Assert.Equal(["BLAKE2B", "SHA512"], entry.Hashes.Select(hash => hash.Algorithm));
    }

    [Fact]
    public void A_thick_and_signed_Manifest_of_old_round_trips()
    {
        var md5 = new string('0', 32);
        var text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n"
            + $"AUX patches/10_all.patch 12 MD5 {md5} SHA1 {new string('1', 40)}\n"
            + Line
            + $"EBUILD apache-2.0.59.ebuild 12 MD5 {md5}\nMISC metadata.xml 3 MD5 {md5}\n"
            + "-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v1\n\niD8DBQ==\n-----END PGP SIGNATURE-----\n";

        var document = Parse(text);

        Assert.True(document.IsSigned);
        Assert.Equal(text, Text(document));
        Assert.Equal(4, document.Entries.Count());
        Assert.False(document.Update(["httpd-2.0.65.tar.bz2"], []).Changed);
        Assert.Throws<Failure>(() => document.Update([], []));
    }

    [Fact]
    public void An_update_sorts_as_Portage_sorts_and_says_that_it_wrote()
    {
        var update = Parse(Line).Update(
            ["httpd-2.0.65.tar.bz2", "httpd-2.0.58.tar.bz2", "Zeta.tar", "httpd-2.0.64.tar.bz2"],
            [Facts("httpd-2.0.58.tar.bz2", 4704318), Facts("Zeta.tar"), Facts("nobody-wants-this.tar")]);

        Assert.True(update.Changed);
        Assert.Equal(
            ["Zeta.tar", "httpd-2.0.58.tar.bz2", "httpd-2.0.65.tar.bz2"],
            update.Document.Distfiles.Select(entry => entry.Name));
        Assert.Equal(["httpd-2.0.64.tar.bz2"], update.Missing);
        Assert.Equal(["httpd-2.0.65.tar.bz2"], update.Left);
    }

    [Fact]
    public void An_update_with_nothing_new_changes_nothing()
    {
        var first = ManifestDocument.Empty.Update(["a.tar", "b.tar"], [Facts("b.tar"), Facts("a.tar")]).Document;

        var second = first.Update(["a.tar", "b.tar"], [Facts("a.tar")]);

        Assert.False(second.Changed);
        Assert.Same(first, second.Document);
    }

    [Fact]
    public void A_line_that_no_ebuild_wants_goes_and_the_last_one_leaves_an_empty_document()
    {
        var update = Parse(Line).Update([], []);

        Assert.Equal(["httpd-2.0.65.tar.bz2"], update.Removed);
        Assert.True(update.Document.IsEmpty);
        Assert.Empty(update.Document.ToBytes());
    }

    [Fact]
    public void An_unsorted_Manifest_is_put_in_order()
    {
        var text = Line.Replace("httpd", "z", StringComparison.Ordinal) + Line;

        var update = Parse(text).Update(["z-2.0.65.tar.bz2", "httpd-2.0.65.tar.bz2"], []);

        Assert.True(update.Changed);
        Assert.StartsWith("DIST httpd", Text(update.Document), StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string> Broken() => new()
    {
        { $"DIST a.tar 1 BLAKE2B {B[1..]} SHA512 {S}\n", 1, "128 lower-case" },
        { $"DIST a.tar 1 BLAKE2B {B.ToUpperInvariant()}\n", 1, "128 lower-case" },
        { Line + $"DIST a.tar BLAKE2B {B} SHA512 {S}\n", 2, "size" },
        { Line + "DIST a.tar 1\n", 2, "pairs" },
        { Line + $"DIST a.tar 1 BLAKE2B {B} SHA512\n", 2, "pairs" },
        { Line + $"DIST a.tar -1 BLAKE2B {B}\n", 2, "size" },
        { Line + Line, 2, "first on line 1" },
        { $"DIST d/a.tar 1 BLAKE2B {B}\n", 1, "not a path" },
        { $"AUX ../a 1 BLAKE2B {B}\n", 1, "'..'" },
        { Line.Replace("\n", "\r\n", StringComparison.Ordinal), 1, "carriage return" },
        { Line + Line.Replace("httpd", "x", StringComparison.Ordinal).TrimEnd('\n'), 2, "no line feed" },
        { Line + "\n", 2, "empty line" },
        { $"DIST  a.tar 1 BLAKE2B {B}\n", 1, "one space" },
        { $"DIST a.tar 1 BLAKE2B {B} \n", 1, "one space" },
        { $"DIST a.tar 1 CRC32 {B}\n", 1, "not a hash" },
        { $"DIST a.tar 1 BLAKE2B {B} BLAKE2B {B}\n", 1, "twice on one line" },
        { $"MD5 {new string('0', 32)} a.tar 12\n", 1, "not a type" },
        { "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n" + Line, 4, "does not end" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_Manifest_is_refused_with_file_and_line(string text, int line, string says)
    {
        var failure = Assert.Throws<Failure>(() => Parse(text));

        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Equal(new FileLocation("Manifest", line), failure.At);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused_with_their_line()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Line), 0xff, (byte)'\n'];

        var failure = Assert.Throws<Failure>(() => ManifestDocument.Parse(bytes, "Manifest"));

        Assert.Equal(2, failure.At?.Line);
    }

    [Theory]
    [InlineData("a b.tar")]
    [InlineData("a/b.tar")]
    [InlineData("")]
    public void A_fact_that_cannot_stand_in_a_Manifest_is_refused(string name) =>
        Assert.Throws<Failure>(() => Facts(name).ToEntry());

    [Fact]
    public void What_an_update_writes_reads_back_the_same()
    {
        var name = Gen.String[Gen.Char["abcXYZ019._+-~é"], 1, 12].Where(text => text is not "." and not "..");
        var hex = Gen.String[Gen.Char["0123456789abcdef"], 128, 128];
        var facts = Gen.Select(name, Gen.Long[0, long.MaxValue], hex, hex, (n, size, b, s) => new DistfileFacts(n, size, b, s));

        facts.List[0, 8].Sample(list =>
        {
            var known = list.DistinctBy(item => item.Name).ToArray();
            var made = ManifestDocument.Empty.Update(known.Select(item => item.Name), known).Document;
            var read = ManifestDocument.Parse(made.ToBytes(), "Manifest");

            return made.ToBytes().AsSpan().SequenceEqual(read.ToBytes())
                && made.Entries.SequenceEqual(read.Entries)
                && !read.Update(known.Select(item => item.Name), known).Changed;
        });
    }
}
