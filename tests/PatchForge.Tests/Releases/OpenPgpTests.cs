using System.Text;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using PatchForge.Releases;

namespace PatchForge.Tests.Releases;

public sealed class OpenPgpTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("a release\r\nof two lines \n");
    private static readonly SignaturePolicy In2010 = new(new DateTimeOffset(2010, 1, 1, 0, 0, 0, TimeSpan.Zero), KeyMayHaveExpiredSince: true);

    private static SignatureVerdict Verify(string signature, string keys, byte[]? content = null, SignaturePolicy? policy = null) =>
        OpenPgp.VerifyDetached(new MemoryStream(content ?? Content), Encoding.UTF8.GetBytes(signature), OpenPgpKeyring.Read(Encoding.UTF8.GetBytes(keys)), policy ?? In2010);

    private static void Refused(SignatureProblem problem, SignatureVerdict verdict) =>
        Assert.Equal(problem, Assert.IsType<SignatureVerdict.Refused>(verdict).Problem);

    [Theory]
    [InlineData(false, PgpSignature.BinaryDocument)]
    [InlineData(true, PgpSignature.BinaryDocument)]
    [InlineData(false, PgpSignature.CanonicalTextDocument)]
    public void A_good_signature_is_good_and_says_whose(bool subkey, int type)
    {
        var key = new TestKey("Anna <anna@example.org>", subkey: subkey);
        var good = Assert.IsType<SignatureVerdict.Good>(Verify(key.Detached(Content, type: type), key.Armored));
        Assert.Equal((key.Fingerprint, "Anna <anna@example.org>"), (good.Fingerprint, good.UserId));
        Assert.Equal(TestKey.Born.AddDays(100), good.Made.UtcDateTime);
        Assert.Empty(good.Remarks);
    }

    [Fact]
    public void One_changed_byte_makes_it_bad()
    {
        var key = new TestKey("a");
        Refused(SignatureProblem.Bad, Verify(key.Detached(Content), key.Armored, content: [.. Content[..^1], (byte)'!']));
    }

    [Fact]
    public void Another_key_is_unknown_and_named()
    {
        var unknown = Assert.IsType<SignatureVerdict.UnknownKey>(Verify(new TestKey("a").Detached(Content), new TestKey("b").Armored));
        Assert.Matches("^[0-9A-F]{16}$", unknown.KeyId);
    }

    [Fact]
    public void A_key_that_expired_after_it_signed_is_good_for_an_old_release_only()
    {
        var key = new TestKey("a", validDays: 365);
        var signature = key.Detached(Content);
        var good = Assert.IsType<SignatureVerdict.Good>(Verify(signature, key.Armored));
        Assert.Contains("expired on 2006-01-01", Assert.Single(good.Remarks), StringComparison.Ordinal);
        Refused(SignatureProblem.KeyExpired, Verify(signature, key.Armored, policy: In2010 with { KeyMayHaveExpiredSince = false }));
    }

    [Fact]
    public void A_signature_made_after_the_key_expired_is_refused()
    {
        var key = new TestKey("a", validDays: 365);
        Refused(SignatureProblem.KeyExpired, Verify(key.Detached(Content, made: TestKey.Born.AddDays(400)), key.Armored));
    }

    [Fact]
    public void An_expiry_that_somebody_else_signed_does_not_count()
    {
        var key = new TestKey("a", validDays: 1, forgedExpiry: true);
        var good = Assert.IsType<SignatureVerdict.Good>(Verify(key.Detached(Content), key.Armored));
        Assert.Contains("signed no user id", Assert.Single(good.Remarks), StringComparison.Ordinal);
        Assert.Equal("(no user id)", good.UserId);
    }

    [Fact]
    public void A_revoked_key_is_refused()
    {
        var key = new TestKey("a", revoked: true);
        Refused(SignatureProblem.KeyRevoked, Verify(key.Detached(Content), key.Armored));
    }

    [Fact]
    public void A_subkey_that_did_not_sign_its_primary_key_back_is_refused()
    {
        var key = new TestKey("a", subkey: true, crossSigned: false);
        Refused(SignatureProblem.KeyNotForSigning, Verify(key.Detached(Content), key.Armored));
    }

    [Fact]
    public void A_key_that_is_not_for_signing_is_refused()
    {
        var key = new TestKey("a", flags: 1);
        Refused(SignatureProblem.KeyNotForSigning, Verify(key.Detached(Content), key.Armored));
    }

    [Fact]
    public void Old_digests_are_said_and_forgeable_ones_refused()
    {
        var key = new TestKey("a");
        var good = Assert.IsType<SignatureVerdict.Good>(Verify(key.Detached(Content, digest: HashAlgorithmTag.Sha1), key.Armored));
        Assert.Contains("SHA1", Assert.Single(good.Remarks), StringComparison.Ordinal);
        Refused(SignatureProblem.WeakDigest, Verify(key.Detached(Content, digest: HashAlgorithmTag.MD5), key.Armored));
    }

    [Fact]
    public void A_signature_whose_time_is_over_or_that_has_an_unknown_critical_part_is_refused()
    {
        var key = new TestKey("a");
        Refused(SignatureProblem.SignatureExpired, Verify(key.Detached(Content, expires: 86400), key.Armored));
        Refused(SignatureProblem.Malformed, Verify(key.Detached(Content, critical: true), key.Armored));
    }

    [Fact]
    public void A_signature_older_than_its_key_is_refused()
    {
        var key = new TestKey("a");
        Refused(SignatureProblem.Bad, Verify(key.Detached(Content, made: TestKey.Born.AddDays(-1)), key.Armored));
    }

    [Fact]
    public void A_certification_is_no_signature_of_a_file()
    {
        var key = new TestKey("a");
        Refused(SignatureProblem.Malformed, Verify(key.Detached(Content, type: PgpSignature.StandAlone), key.Armored));
    }

    [Fact]
    public void A_signature_broken_at_any_byte_never_says_something_else()
    {
        var key = new TestKey("a");
        var signature = key.Detached(Content);
        var good = Assert.IsType<SignatureVerdict.Good>(Verify(signature, key.Armored)) with { Remarks = [] };
        var bytes = Convert.FromBase64String(string.Concat(signature.Split('\n').Skip(3).TakeWhile(line => !line.StartsWith('-'))));
        for (var i = 0; i < bytes.Length; i++)
        {
            var broken = (byte[])bytes.Clone();
            broken[i] ^= 0x41;
            var verdict = Verify(TestKey.Armor("SIGNATURE", broken), key.Armored);
            verdict = verdict is SignatureVerdict.Good { Remarks.IsEmpty: true } found ? found with { Remarks = good.Remarks } : verdict;

            // The library signs and reads the subpackets as it understood them, so a length that it mends or a key id in the
            // unhashed part (a hint, which nothing signs) may stay good; what it says must be what was signed then.
            Assert.True(verdict is not SignatureVerdict.Good || verdict == good, $"byte {i}: {verdict.Sentence}");
            Verify(TestKey.Armor("SIGNATURE", bytes[..i]), key.Armored);
        }

        Refused(SignatureProblem.Malformed, Verify("nothing", key.Armored));
        Refused(SignatureProblem.Malformed, Verify(TestKey.Armor("SIGNATURE", key.Binary), key.Armored));
    }

    [Fact]
    public void Of_several_signatures_a_bad_one_decides()
    {
        var (a, b) = (new TestKey("a"), new TestKey("b"));
        byte[] Packet(string armored) => Convert.FromBase64String(string.Concat(armored.Split('\n').Skip(3).TakeWhile(line => !line.StartsWith('-'))));
        var other = Encoding.UTF8.GetBytes("other");
        Assert.IsType<SignatureVerdict.Good>(Verify(TestKey.Armor("SIGNATURE", [.. Packet(a.Detached(Content)), .. Packet(b.Detached(Content))]), b.Armored));
        Refused(SignatureProblem.Bad, Verify(TestKey.Armor("SIGNATURE", [.. Packet(a.Detached(Content)), .. Packet(b.Detached(other))]), a.Armored + b.Armored));
    }

    [Fact]
    public void A_broken_block_among_keys_does_not_break_the_others()
    {
        var (a, b, c) = (new TestKey("a"), new TestKey("b"), new TestKey("c"));
        var cut = string.Concat(b.Armored.Split('\n').Take(5).Select(line => line + "\n"));
        var flipped = TestKey.Armor("PUBLIC KEY BLOCK", [0x98, 200, .. b.Binary[2..40]]);
        var text = $"Keys of the project\npub 1024D/AB 2001-01-01\n{a.Armored}\nand\n{cut}\n{flipped}\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY BLOCK-----\n{c.Armored}";
        var keyring = OpenPgpKeyring.Read(Encoding.UTF8.GetBytes(text));
        Assert.Equal(2, keyring.Count);
        Assert.Equal(3, keyring.Complaints.Length);
        Assert.All(keyring.Complaints, complaint => Assert.Matches("line [0-9]+", complaint));
        Assert.IsType<SignatureVerdict.Good>(Verify(a.Detached(Content), text));
        Assert.IsType<SignatureVerdict.Good>(Verify(c.Detached(Content), text));
    }

    [Fact]
    public void Several_keys_in_one_block_and_a_binary_keyring_are_read()
    {
        var (a, b) = (new TestKey("a"), new TestKey("b"));
        byte[] both = [.. a.Binary, .. b.Binary];
        Assert.Equal(2, OpenPgpKeyring.Read(both).Count);
        Assert.IsType<SignatureVerdict.Good>(Verify(b.Detached(Content), TestKey.Armor("PUBLIC KEY BLOCK", both)));
    }

    private static ClearSigned Clear(string message, TestKey key) =>
        OpenPgp.VerifyClearSigned(Encoding.UTF8.GetBytes(message), OpenPgpKeyring.Read(key.Binary), In2010);

    [Fact]
    public void A_clear_signed_text_is_given_without_its_escapes()
    {
        var key = new TestKey("a");
        var message = key.ClearSigned("# comment", "", "- dash", "-----BEGIN", "trailing blanks \t", "äöü", "");
        foreach (var text in new[] { message, message.Replace("\n", "\r\n", StringComparison.Ordinal), "\n\n" + message + "\n \n" })
        {
            var signed = Clear(text, key);
            Assert.IsType<SignatureVerdict.Good>(signed.Verdict);
            Assert.Equal("# comment\n\n- dash\n-----BEGIN\ntrailing blanks\näöü\n\n", signed.Text);
        }
    }

    [Fact]
    public void A_changed_clear_signed_text_gives_no_text()
    {
        var key = new TestKey("a");
        var signed = Clear(key.ClearSigned("one", "two").Replace("two", "too", StringComparison.Ordinal), key);
        Refused(SignatureProblem.Bad, signed.Verdict);
        Assert.Equal("", signed.Text);
    }

    [Fact]
    public void What_stands_around_a_clear_signed_text_is_refused()
    {
        var key = new TestKey("a");
        var message = key.ClearSigned("one");
        Refused(SignatureProblem.Malformed, Clear("before\n" + message, key).Verdict);
        Refused(SignatureProblem.Malformed, Clear(message + "after\n", key).Verdict);
        Refused(SignatureProblem.Malformed, Clear(message + message, key).Verdict);
        Refused(SignatureProblem.Malformed, Clear(message.Replace("Hash: SHA256", "Evil: line", StringComparison.Ordinal), key).Verdict);
        Refused(SignatureProblem.Malformed, Clear("just text\n", key).Verdict);
        Refused(SignatureProblem.Malformed, Clear(message[..(message.Length / 3)], key).Verdict);
        Refused(SignatureProblem.Malformed, Clear("", key).Verdict);
    }
}
