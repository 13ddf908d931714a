using System.Collections.Immutable;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace PatchForge.Releases;

/// <summary>
/// A primary key with its subkeys. What it says about itself counts only where its own signature on it is good: anybody can put
/// user ids, expiry dates, revocations and subkeys into a file of keys.
/// </summary>
internal sealed class OpenPgpKey(PgpPublicKeyRing ring)
{
    private const int CanSign = 2; // RFC 9580 section 5.2.3.29, "may be used to sign data"

    private ImmutableArray<(string? UserId, PgpSignature Signature)>? _selfSignatures;

    public PgpPublicKey Primary { get; } = ring.GetPublicKey();

    public string Fingerprint => Convert.ToHexString(Primary.GetFingerprint());

    public IEnumerable<PgpPublicKey> All => ring.GetPublicKeys();

    /// <summary>The user id it calls its main one, else the one it signed last.</summary>
    public string UserId =>
        SelfSignatures.Where(self => self.UserId is not null)
            .OrderByDescending(self => self.Signature.HasSubpackets && self.Signature.GetHashedSubPackets().IsPrimaryUserId())
            .ThenByDescending(self => self.Signature.CreationTime)
            .ThenBy(self => self.UserId, StringComparer.Ordinal)
            .Select(self => self.UserId)
            .FirstOrDefault() ?? "(no user id)";

    /// <summary>Why the key that made a signature cannot stand for it, or null when it can.</summary>
    /// <param name="made">When the signature says that it was made.</param>
    /// <param name="remarks">What does not forbid it but should be said.</param>
    public SignatureVerdict.Refused? Objection(PgpPublicKey signer, DateTime made, SignaturePolicy policy, ICollection<string> remarks)
    {
        var who = $"{UserId} ({Fingerprint})";
        var isSubkey = !signer.IsMasterKey;
        if (IsRevoked(Primary) || (isSubkey && IsRevoked(signer)))
        {
            return new SignatureVerdict.Refused(SignatureProblem.KeyRevoked, $"the key of {who} is revoked");
        }

        var binding = isSubkey ? Binding(signer) : null;
        if (isSubkey && binding is null)
        {
            return new SignatureVerdict.Refused(SignatureProblem.KeyNotForSigning, $"a subkey made it that {who} has not taken as one for signing");
        }

        var self = SelfSignatures.OrderByDescending(s => s.Signature.CreationTime).Select(s => s.Signature).FirstOrDefault();
        if (self is null)
        {
            remarks.Add("the key signed no user id of its own");
        }

        if (!isSubkey && self is { HasSubpackets: true } && self.GetHashedSubPackets().HasSubpacket(Org.BouncyCastle.Bcpg.SignatureSubpacketTag.KeyFlags)
            && (self.GetHashedSubPackets().GetKeyFlags() & CanSign) == 0)
        {
            return new SignatureVerdict.Refused(SignatureProblem.KeyNotForSigning, $"the key of {who} is not for signing");
        }

        return Expired(Expiry(Primary, self), who, made, policy, remarks)
            ?? (binding is null ? null : Expired(Expiry(signer, binding), who, made, policy, remarks))
            ?? (made < signer.CreationTime
                ? new SignatureVerdict.Refused(SignatureProblem.Bad, $"it says that it is older than the key of {who} that made it")
                : null);
    }

    private static SignatureVerdict.Refused? Expired(DateTime? end, string who, DateTime made, SignaturePolicy policy, ICollection<string> remarks)
    {
        if (end is not { } day || day > policy.Now.UtcDateTime)
        {
            return null;
        }

        var text = day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        if (made < day && policy.KeyMayHaveExpiredSince)
        {
            remarks.Add($"the key expired on {text}, after it had signed");
            return null;
        }

        return new SignatureVerdict.Refused(SignatureProblem.KeyExpired, $"the key of {who} expired on {text}");
    }

    private static DateTime? Expiry(PgpPublicKey key, PgpSignature? self)
    {
        // v3 keys carry their days of validity in the key itself (RFC 4880 section 5.5.2), later ones in the signature on it.
        var seconds = key.Version <= 3
            ? key.PublicKeyPacket.ValidDays * 86400L
            : self is { HasSubpackets: true } ? self.GetHashedSubPackets().GetKeyExpirationTime() : 0;
        return seconds > 0 ? key.CreationTime.AddSeconds(seconds) : null;
    }

    private ImmutableArray<(string? UserId, PgpSignature Signature)> SelfSignatures => _selfSignatures ??= [.. ReadSelfSignatures()];

    private IEnumerable<(string? UserId, PgpSignature Signature)> ReadSelfSignatures()
    {
        foreach (var id in Primary.GetUserIds())
        {
            var good = Primary.GetSignaturesForId(id)
                .Where(signature => signature.KeyId == Primary.KeyId && Holds(signature, Primary, s => s.VerifyCertification(id, Primary)))
                .ToImmutableArray();
            var newest = good.Where(signature => signature.IsCertification()).OrderByDescending(signature => signature.CreationTime).FirstOrDefault();
            var revoked = good.Where(signature => signature.SignatureType == PgpSignature.CertificationRevocation).Select(signature => signature.CreationTime).ToImmutableArray();
            if (newest is not null && !revoked.Any(time => time >= newest.CreationTime))
            {
                yield return (id, newest);
            }
        }

        foreach (var direct in Primary.GetSignaturesOfType(PgpSignature.DirectKey))
        {
            if (direct.KeyId == Primary.KeyId && Holds(direct, Primary, s => s.VerifyCertification(Primary)))
            {
                yield return (null, direct);
            }
        }
    }

    private bool IsRevoked(PgpPublicKey key) =>
        key.IsMasterKey
            ? key.GetSignaturesOfType(PgpSignature.KeyRevocation).Any(signature => Holds(signature, Primary, s => s.VerifyCertification(Primary)))
            : key.GetSignaturesOfType(PgpSignature.SubkeyRevocation).Any(signature => Holds(signature, Primary, s => s.VerifyCertification(Primary, key)));

    /// <summary>
    /// The newest signature by which the primary key takes a subkey for signing, and the subkey the primary key: without the second
    /// (RFC 9580 section 10.1.5) anybody could call somebody else's key his subkey.
    /// </summary>
    private PgpSignature? Binding(PgpPublicKey subkey) =>
        subkey.GetSignaturesOfType(PgpSignature.SubkeyBinding)
            .Where(binding => Holds(binding, Primary, s => s.VerifyCertification(Primary, subkey)))
            .OrderByDescending(binding => binding.CreationTime)
            .Take(1)
            .FirstOrDefault(binding =>
                binding.HasSubpackets
                && (binding.GetHashedSubPackets().GetKeyFlags() & CanSign) != 0
                && Embedded(binding).Any(back => back.SignatureType == PgpSignature.PrimaryKeyBinding && Holds(back, subkey, s => s.VerifyCertification(Primary, subkey))));

    private static IEnumerable<PgpSignature> Embedded(PgpSignature binding)
    {
        foreach (var subpackets in new[] { binding.GetHashedSubPackets(), binding.GetUnhashedSubPackets() })
        {
            var list = subpackets.GetEmbeddedSignatures();
            for (var i = 0; i < list.Count; i++)
            {
                yield return list[i];
            }
        }
    }

    private static bool Holds(PgpSignature signature, PgpPublicKey by, Func<PgpSignature, bool> verify)
    {
        try
        {
            signature.InitVerify(by);
            return verify(signature);
        }
        catch (Exception wrong) when (OpenPgp.IsBadData(wrong))
        {
            return false;
        }
    }
}
