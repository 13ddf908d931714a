using System.Text;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace PatchForge.Tests.Releases;

/// <summary>An OpenPGP key made for one test, and what it can be made to do.</summary>
internal sealed class TestKey
{
    public static readonly DateTime Born = new(2005, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly PgpKeyPair _primary;
    private readonly PgpKeyPair? _subkey;
    private readonly byte[] _ring;

    /// <param name="validDays">After how many days it expires; 0 is never.</param>
    /// <param name="flags">What it may be used for; 3 is certify and sign.</param>
    /// <param name="subkey">Whether a subkey signs; <paramref name="crossSigned"/> says whether it signs its primary key back.</param>
    public TestKey(string userId, int validDays = 0, int flags = 3, bool revoked = false, bool subkey = false, bool crossSigned = true, bool forgedExpiry = false)
    {
        _primary = Pair();
        var packets = new MemoryStream();
        _primary.PublicKey.PublicKeyPacket.Encode(new BcpgOutputStream(packets));
        if (revoked)
        {
            Signer(_primary, PgpSignature.KeyRevocation, Born.AddDays(50)).GenerateCertification(_primary.PublicKey).Encode(packets);
        }

        new UserIdPacket(userId).Encode(new BcpgOutputStream(packets));
        var self = Signer(forgedExpiry ? Pair() : _primary, PgpSignature.PositiveCertification, Born, hashed =>
        {
            hashed.SetKeyFlags(false, flags);
            if (validDays > 0)
            {
                hashed.SetKeyExpirationTime(false, validDays * 86400L);
            }
        });
        self.GenerateCertification(userId, _primary.PublicKey).Encode(packets);
        if (subkey)
        {
            _subkey = Pair();
            var subPackets = new PublicSubkeyPacket(PublicKeyPacket.Version4, _subkey.PublicKey.Algorithm, Born, _subkey.PublicKey.PublicKeyPacket.Key);
            subPackets.Encode(new BcpgOutputStream(packets));
            var back = Signer(_subkey, PgpSignature.PrimaryKeyBinding, Born).GenerateCertification(_primary.PublicKey, _subkey.PublicKey);
            Signer(_primary, PgpSignature.SubkeyBinding, Born, hashed =>
            {
                hashed.SetKeyFlags(false, 2);
                if (crossSigned)
                {
                    hashed.AddEmbeddedSignature(false, back);
                }
            }).GenerateCertification(_primary.PublicKey, _subkey.PublicKey).Encode(packets);
        }

        _ring = packets.ToArray();
    }

    public string Fingerprint => Convert.ToHexString(_primary.PublicKey.GetFingerprint());

    public byte[] Binary => _ring;

    public string Armored => Armor("PUBLIC KEY BLOCK", _ring);

    public string Detached(byte[] content, DateTime? made = null, HashAlgorithmTag digest = HashAlgorithmTag.Sha256, int type = PgpSignature.BinaryDocument, int expires = 0, bool critical = false)
    {
        var signer = Signer(_subkey ?? _primary, type, made ?? Born.AddDays(100), hashed =>
        {
            if (expires > 0)
            {
                hashed.SetSignatureExpirationTime(true, expires);
            }

            if (critical)
            {
                hashed.AddNotationData(true, true, "must@example.org", "understand");
            }
        }, digest);
        signer.Update(content);
        return Armor("SIGNATURE", signer.Generate().GetEncoded());
    }

    /// <summary>A clear-signed message of these lines.</summary>
    public string ClearSigned(params string[] lines)
    {
        var signed = string.Join("\r\n", lines.Select(line => line.TrimEnd(' ', '\t')));
        var signature = Detached(Encoding.UTF8.GetBytes(signed), type: PgpSignature.CanonicalTextDocument);
        return "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
            + string.Concat(lines.Select(line => (line.StartsWith('-') ? "- " : "") + line + "\n"))
            + signature;
    }

    public static string Armor(string kind, byte[] bytes) =>
        $"-----BEGIN PGP {kind}-----\nVersion: test\n\n{Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks).Replace("\r", "", StringComparison.Ordinal)}\n-----END PGP {kind}-----\n";

    private static PgpKeyPair Pair()
    {
        var generator = new Ed25519KeyPairGenerator();
        generator.Init(new Ed25519KeyGenerationParameters(new SecureRandom()));
        return new PgpKeyPair(PublicKeyAlgorithmTag.EdDsa_Legacy, generator.GenerateKeyPair(), Born);
    }

    private PgpSignatureGenerator Signer(PgpKeyPair by, int type, DateTime made, Action<PgpSignatureSubpacketGenerator>? more = null, HashAlgorithmTag digest = HashAlgorithmTag.Sha256)
    {
        var generator = new PgpSignatureGenerator(by.PublicKey.Algorithm, digest);
        generator.InitSign(type, by.PrivateKey);
        var hashed = new PgpSignatureSubpacketGenerator();
        hashed.SetSignatureCreationTime(false, made);
        more?.Invoke(hashed);
        generator.SetHashedSubpackets(hashed.Generate());
        var unhashed = new PgpSignatureSubpacketGenerator();
        unhashed.SetIssuerKeyID(false, by == _subkey ? by.PublicKey.KeyId : _primary.PublicKey.KeyId);
        generator.SetUnhashedSubpackets(unhashed.Generate());
        return generator;
    }
}
