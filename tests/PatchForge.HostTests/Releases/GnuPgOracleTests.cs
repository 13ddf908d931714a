using System.Diagnostics;
using System.Text;
using PatchForge.Releases;

namespace PatchForge.HostTests.Releases;

/// <summary>Signatures made by the real gpg, verified by us.</summary>
public sealed class GnuPgOracleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-test-").FullName;
    private readonly byte[] _content = Encoding.UTF8.GetBytes("a release\nof lines  \n- and dashes\n-----BEGIN\n\n");

    public GnuPgOracleTests()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gpg"), "gpg is not installed");
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllBytes(Path.Combine(_folder, "content"), _content);
    }

    public void Dispose()
    {
        Gpg("gpgconf", "--kill", "all");
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("rsa2048")]
    [InlineData("ed25519")]
    [InlineData("nistp256")]
    [InlineData("dsa1024")]
    public void What_gpg_signs_is_good_and_what_it_did_not_sign_is_bad(string kind)
    {
        Gpg("gpg", "--quick-generate-key", "Anna <anna@example.org>", kind, "sign", "0");
        Gpg("gpg", "--armor", "--export", "--output", "KEYS");
        Gpg("gpg", "--armor", "--detach-sign", "--output", "content.asc", "content");
        Gpg("gpg", "--detach-sign", "--output", "content.sig", "content");
        Gpg("gpg", "--textmode", "--armor", "--detach-sign", "--output", "text.asc", "content");
        Gpg("gpg", "--clear-sign", "--output", "clear", "content");
        var keys = OpenPgpKeyring.Read(Bytes("KEYS"));
        Assert.Empty(keys.Complaints);
        var now = new SignaturePolicy(DateTimeOffset.UtcNow, KeyMayHaveExpiredSince: false);
        foreach (var file in new[] { "content.asc", "content.sig", "text.asc" })
        {
            var good = Assert.IsType<SignatureVerdict.Good>(OpenPgp.VerifyDetached(new MemoryStream(_content), Bytes(file), keys, now));
            Assert.Equal("Anna <anna@example.org>", good.UserId);
            Assert.Contains(good.Fingerprint, Gpg("gpg", "--fingerprint", "--with-colons"), StringComparison.Ordinal);
            var bad = OpenPgp.VerifyDetached(new MemoryStream([.. _content, 1]), Bytes(file), keys, now);
            Assert.Equal(SignatureProblem.Bad, Assert.IsType<SignatureVerdict.Refused>(bad).Problem);
        }

        var clear = OpenPgp.VerifyClearSigned(Bytes("clear"), keys, now);
        Assert.IsType<SignatureVerdict.Good>(clear.Verdict);
        Assert.Equal("a release\nof lines\n- and dashes\n-----BEGIN\n\n", clear.Text);
    }

    [Fact]
    public void A_key_that_gpg_revoked_and_one_with_a_signing_subkey_are_known_for_it()
    {
        Gpg("gpg", "--quick-generate-key", "Berta", "ed25519", "cert", "0");
        var fingerprint = Gpg("gpg", "--list-keys", "--with-colons").Split('\n').First(line => line.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9];
        Gpg("gpg", "--quick-add-key", fingerprint, "rsa2048", "sign", "1y");
        Gpg("gpg", "--armor", "--detach-sign", "--output", "content.asc", "content");
        Gpg("gpg", "--armor", "--export", "--output", "KEYS");
        var now = new SignaturePolicy(DateTimeOffset.UtcNow, KeyMayHaveExpiredSince: false);
        var good = Assert.IsType<SignatureVerdict.Good>(OpenPgp.VerifyDetached(new MemoryStream(_content), Bytes("content.asc"), OpenPgpKeyring.Read(Bytes("KEYS")), now));
        Assert.Equal((fingerprint, "Berta"), (good.Fingerprint, good.UserId));

        var expired = OpenPgp.VerifyDetached(
            new MemoryStream(_content), Bytes("content.asc"), OpenPgpKeyring.Read(Bytes("KEYS")), now with { Now = now.Now.AddYears(2) });
        Assert.Equal(SignatureProblem.KeyExpired, Assert.IsType<SignatureVerdict.Refused>(expired).Problem);

        var certificate = File.ReadAllText(Path.Combine(_folder, "openpgp-revocs.d", fingerprint + ".rev")).Replace(":-----BEGIN", "-----BEGIN", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "revocation"), certificate);
        Gpg("gpg", "--import", "revocation");
        Gpg("gpg", "--armor", "--export", "--output", "REVOKED");
        var revoked = OpenPgp.VerifyDetached(new MemoryStream(_content), Bytes("content.asc"), OpenPgpKeyring.Read(Bytes("REVOKED")), now);
        Assert.Equal(SignatureProblem.KeyRevoked, Assert.IsType<SignatureVerdict.Refused>(revoked).Problem);
    }

    private byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(_folder, name));

    private string Gpg(string program, params string[] arguments)
    {
        string[] always = program == "gpg" ? ["--batch", "--yes", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"] : [];
        var start = new ProcessStartInfo(program, [.. always, .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["GNUPGHOME"] = _folder, ["LC_ALL"] = "C" },
        };
        using var process = Process.Start(start);
        Assert.NotNull(process);
        var error = Task.Run(process.StandardError.ReadToEnd); // on a pool's thread: the test's own waits below
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }
}
