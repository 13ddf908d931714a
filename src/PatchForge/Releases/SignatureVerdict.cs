using System.Collections.Immutable;

namespace PatchForge.Releases;

/// <param name="Now">For expiry dates.</param>
/// <param name="KeyMayHaveExpiredSince">
/// Whether a signature that was made while its key was valid still counts after the key expired: right for releases of twenty years ago,
/// wrong for something that is made anew every week.
/// </param>
public sealed record SignaturePolicy(DateTimeOffset Now, bool KeyMayHaveExpiredSince);

public enum SignatureProblem
{
    /// <summary>It is not a signature of these bytes.</summary>
    Bad,

    /// <summary>It cannot be read.</summary>
    Malformed,

    /// <summary>Made with a digest that can be forged, such as MD5.</summary>
    WeakDigest,

    KeyExpired,
    KeyRevoked,
    KeyNotForSigning,
    SignatureExpired,
}

/// <summary>What an OpenPGP signature is worth.</summary>
public abstract record SignatureVerdict
{
    private SignatureVerdict()
    {
    }

    /// <param name="Fingerprint">Of the primary key, upper-case hexadecimal.</param>
    /// <param name="Remarks">What does not forbid it and should be said: an old digest, a key that expired since.</param>
    public sealed record Good(string Fingerprint, string UserId, DateTimeOffset Made, ImmutableArray<string> Remarks) : SignatureVerdict
    {
        public override string Sentence =>
            $"a good signature of {UserId} ({Fingerprint})" + (Remarks.IsEmpty ? "" : "; " + string.Join("; ", Remarks));
    }

    /// <param name="KeyId">Sixteen upper-case hexadecimal digits, or a fingerprint.</param>
    public sealed record UnknownKey(string KeyId) : SignatureVerdict
    {
        public override string Sentence => $"a signature of the key {KeyId}, which is not among the keys";
    }

    public sealed record Refused(SignatureProblem Problem, string Why) : SignatureVerdict
    {
        public override string Sentence => "the signature is refused: " + Why;
    }

    public abstract string Sentence { get; }
}

/// <summary>A clear-signed text.</summary>
/// <param name="Text">The signed lines, each ended by a line feed, without dash escapes; empty unless the verdict is Good.</param>
public sealed record ClearSigned(SignatureVerdict Verdict, string Text);
