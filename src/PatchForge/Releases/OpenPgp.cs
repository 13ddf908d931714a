using System.Collections.Immutable;
using System.Text;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace PatchForge.Releases;

/// <summary>Verifies OpenPGP signatures (RFC 9580, RFC 4880, and the v3 signatures and keys of before).</summary>
public static class OpenPgp
{
    private const string ClearBegin = "-----BEGIN PGP SIGNED MESSAGE-----";
    private const string SignatureBegin = "-----BEGIN PGP SIGNATURE-----";

    /// <param name="content">The signed bytes; read from its start, so it must be seekable.</param>
    /// <param name="signature">An <c>.asc</c> or a binary <c>.sig</c>; several signatures in it are each looked at.</param>
    public static SignatureVerdict VerifyDetached(Stream content, ReadOnlySpan<byte> signature, OpenPgpKeyring keys, SignaturePolicy policy)
    {
        var block = !signature.IsEmpty && (signature[0] & 0x80) != 0
            ? new ArmorBlock("SIGNATURE", 1, signature.ToArray(), null)
            : Armor.Blocks(signature).FirstOrDefault(block => block.Kind == "SIGNATURE");
        return Verify(block, keys, policy, feed =>
        {
            content.Position = 0;
            var buffer = new byte[1 << 16];
            int got;
            while ((got = content.Read(buffer)) > 0)
            {
                feed(buffer.AsSpan(0, got));
            }
        });
    }

    /// <summary>Verifies a message of the Cleartext Signature Framework (RFC 9580 section 7).</summary>
    /// <param name="message">The whole file: nothing but blank space may stand before or after the message.</param>
    public static ClearSigned VerifyClearSigned(ReadOnlySpan<byte> message, OpenPgpKeyring keys, SignaturePolicy policy)
    {
        if (!System.Text.Unicode.Utf8.IsValid(message))
        {
            return Malformed("the signed text is not UTF-8");
        }

        var lines = Encoding.UTF8.GetString(message).Split('\n');
        var at = 0;
        while (at < lines.Length && lines[at].Trim().Length == 0)
        {
            at++;
        }

        if (at == lines.Length || lines[at].TrimEnd() != ClearBegin)
        {
            return Malformed($"the text does not begin with {ClearBegin}");
        }

        while (++at < lines.Length && lines[at].TrimEnd().Length > 0)
        {
            if (!lines[at].StartsWith("Hash: ", StringComparison.Ordinal))
            {
                return Malformed("a header other than Hash stands over the signed text");
            }
        }

        var text = new List<string>();
        while (++at < lines.Length && lines[at].TrimEnd() != SignatureBegin)
        {
            var line = lines[at].TrimEnd(' ', '\t', '\r'); // section 7.2: blanks at the end of a line are not signed
            if (line.StartsWith('-') && !line.StartsWith("- ", StringComparison.Ordinal))
            {
                if (line != "-") // "- " of an empty line, blanks taken off
                {
                    return Malformed("a line of the signed text begins with an unescaped dash");
                }

                line = "- ";
            }

            text.Add(line.StartsWith("- ", StringComparison.Ordinal) ? line[2..] : line);
        }

        var blocks = Armor.Blocks(Encoding.UTF8.GetBytes(string.Join('\n', lines[Math.Min(at, lines.Length)..])));
        if (blocks is not [{ Kind: "SIGNATURE" } block] || !EndsWithArmor(lines))
        {
            return Malformed("one signature must follow the signed text, and nothing after it");
        }

        var signed = Encoding.UTF8.GetBytes(string.Join("\r\n", text));
        var verdict = Verify(block, keys, policy, feed => feed(signed), PgpSignature.CanonicalTextDocument);
        return new ClearSigned(verdict, verdict is SignatureVerdict.Good ? string.Concat(text.Select(line => line + "\n")) : "");
    }

    /// <summary>
    /// The library meets bad packets with exceptions of many types; whatever is not the machine's own trouble says that the data is bad.
    /// </summary>
    internal static bool IsBadData(Exception wrong) => wrong is not (OutOfMemoryException or OperationCanceledException);

    private static bool EndsWithArmor(string[] lines) =>
        lines.Last(line => line.Trim().Length > 0).TrimEnd() == "-----END PGP SIGNATURE-----";

    private static ClearSigned Malformed(string why) => new(new SignatureVerdict.Refused(SignatureProblem.Malformed, why), "");

    private delegate void Feed(ReadOnlySpan<byte> bytes);

    private static SignatureVerdict Verify(ArmorBlock? block, OpenPgpKeyring keys, SignaturePolicy policy, Action<Feed> content, int? type = null)
    {
        if (block is null or { Complaint: not null })
        {
            return new SignatureVerdict.Refused(SignatureProblem.Malformed, block is null ? "there is no signature in the file" : "in its armor " + block.Complaint);
        }

        if (Parsed(() => new PgpObjectFactory(block.Bytes).NextPgpObject() as PgpSignatureList) is not { Count: > 0 } list)
        {
            return new SignatureVerdict.Refused(SignatureProblem.Malformed, "the file holds something else than a signature, or a damaged one");
        }

        var verdicts = new List<SignatureVerdict>();
        for (var i = 0; i < list.Count; i++)
        {
            verdicts.Add(One(list[i], keys, policy, content, type));
        }

        // One bad signature is a sign of tampering, whatever the others say; then one good one is enough.
        return verdicts.Find(verdict => verdict is SignatureVerdict.Refused { Problem: SignatureProblem.Bad })
            ?? verdicts.Find(verdict => verdict is SignatureVerdict.Good)
            ?? verdicts.Find(verdict => verdict is SignatureVerdict.Refused)
            ?? verdicts[0];
    }

    private static T? Parsed<T>(Func<T?> parse)
        where T : class
    {
        try
        {
            return parse();
        }
        catch (Exception wrong) when (IsBadData(wrong))
        {
            return null;
        }
    }

    private static SignatureVerdict One(PgpSignature signature, OpenPgpKeyring keys, SignaturePolicy policy, Action<Feed> content, int? type)
    {
        if (signature.SignatureType != type && (type is not null || signature.SignatureType is not (PgpSignature.BinaryDocument or PgpSignature.CanonicalTextDocument)))
        {
            return new SignatureVerdict.Refused(SignatureProblem.Malformed, $"it is of type 0x{signature.SignatureType:x2}, which does not sign such a file");
        }

        var remarks = new List<string>();
        switch (signature.HashAlgorithm)
        {
            case HashAlgorithmTag.Sha224 or HashAlgorithmTag.Sha256 or HashAlgorithmTag.Sha384 or HashAlgorithmTag.Sha512
                or HashAlgorithmTag.Sha3_256 or HashAlgorithmTag.Sha3_512:
                break;
            case HashAlgorithmTag.Sha1 or HashAlgorithmTag.RipeMD160:
                // Collisions of SHA1 need the signer's help; to forge the signature of an old release takes a second preimage.
                remarks.Add($"made with the old digest {signature.HashAlgorithm.ToString().ToUpperInvariant()}");
                break;
            default:
                return new SignatureVerdict.Refused(SignatureProblem.WeakDigest, $"it was made with the digest {signature.HashAlgorithm}, which can be forged or is not known");
        }

        SignatureVerdict? best = null;
        foreach (var key in keys.Keys)
        {
            foreach (var candidate in key.All.Where(candidate => Parsed(() => IsBy(signature, candidate) ? candidate : null) is not null))
            {
                best = WithKey(signature, key, candidate, policy, content, remarks);
                if (best is SignatureVerdict.Good)
                {
                    return best;
                }
            }
        }

        return best ?? new SignatureVerdict.UnknownKey(signature.KeyId.ToString("X16", System.Globalization.CultureInfo.InvariantCulture));
    }

    private static bool IsBy(PgpSignature signature, PgpPublicKey key) =>
        signature.HasSubpackets && signature.GetHashedSubPackets().GetIssuerFingerprint() is { } fingerprint
            ? key.HasFingerprint(fingerprint.GetFingerprint())
            : signature.KeyId == key.KeyId;

    private static SignatureVerdict WithKey(
        PgpSignature signature, OpenPgpKey key, PgpPublicKey signer, SignaturePolicy policy, Action<Feed> content, List<string> found)
    {
        var bad = new SignatureVerdict.Refused(SignatureProblem.Bad, $"the file is not what {key.UserId} ({key.Fingerprint}) signed");
        if (Parsed(() => Initialised(signature, signer)) is null)
        {
            return new SignatureVerdict.Refused(SignatureProblem.Malformed, $"its key {key.Fingerprint} is of a kind that cannot be used");
        }

        content(signature.Update); // reading the content may fail for reasons that are not the signature's
        return Parsed(() => signature.Verify() ? Judged(signature, key, signer, policy, found) : bad) ?? bad;
    }

    private static PgpSignature Initialised(PgpSignature signature, PgpPublicKey signer)
    {
        signature.InitVerify(signer);
        return signature;
    }

    private static SignatureVerdict Judged(PgpSignature signature, OpenPgpKey key, PgpPublicKey signer, SignaturePolicy policy, List<string> found)
    {
        var remarks = new List<string>(found);
        if (key.Objection(signer, signature.CreationTime, policy, remarks) is { } objection)
        {
            return objection;
        }

        if (signature.HasSubpackets)
        {
            var subpackets = signature.GetHashedSubPackets();
            if (subpackets.GetCriticalTags().FirstOrDefault(tag => !Understood.Contains(tag)) is var unknown and not 0)
            {
                return new SignatureVerdict.Refused(SignatureProblem.Malformed, $"it has a critical part of type {(int)unknown} that is not understood");
            }

            var seconds = subpackets.GetSignatureExpirationTime();
            if (seconds > 0 && signature.CreationTime.AddSeconds(seconds) <= policy.Now.UtcDateTime)
            {
                return new SignatureVerdict.Refused(SignatureProblem.SignatureExpired, "its own time is over");
            }
        }

        return new SignatureVerdict.Good(key.Fingerprint, key.UserId, new DateTimeOffset(signature.CreationTime, TimeSpan.Zero), [.. remarks]);
    }

    // RFC 9580 section 5.2.3.7: a signature with a critical subpacket that is not understood is an error.
    private static readonly ImmutableArray<SignatureSubpacketTag> Understood =
    [
        SignatureSubpacketTag.CreationTime, SignatureSubpacketTag.ExpireTime, SignatureSubpacketTag.IssuerKeyId,
        SignatureSubpacketTag.IssuerFingerprint, SignatureSubpacketTag.SignerUserId, SignatureSubpacketTag.KeyFlags,
    ];
}
