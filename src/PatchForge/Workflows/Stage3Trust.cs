using System.Text;
using PatchForge.Releases;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>What a stage3 is trusted by.</summary>
/// <param name="Keys">The release keys (a KEYS file or keyring); null when there are none at hand.</param>
/// <param name="TakeUnsigned">The user takes one without a signature that can be checked; a bad signature is refused all the same.</param>
public sealed record Stage3Trust(ReadOnlyMemory<byte>? Keys, bool TakeUnsigned)
{
    /// <summary>Where app-crypt's package of Gentoo's release keys puts them.</summary>
    public const string UsualKeys = "/usr/share/openpgp-keys/gentoo-release.asc";

    private const string NotUsed = "it is not used; another mirror may have a good one";

    /// <param name="keys">A file of keys; null for <see cref="UsualKeys"/> where it is there.</param>
    public static Stage3Trust Of(string? keys, bool takeUnsigned) =>
        (keys ?? (File.Exists(UsualKeys) ? UsualKeys : null)) is { } file
            ? new Stage3Trust(ReadKeys(file), takeUnsigned)
            : new Stage3Trust(Keys: null, takeUnsigned);

    /// <summary>The text that the signature of an index or a <c>.DIGESTS</c> covers, or the whole where none is asked for.</summary>
    /// <exception cref="Failure">Refused, when it is not signed by one of the keys; Missing, when there are no keys.</exception>
    internal (string Text, string Verdict) Signed(ReadOnlySpan<byte> bytes, string file, DateTimeOffset now)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var signed = text.Contains("-----BEGIN PGP SIGNED MESSAGE-----", StringComparison.Ordinal);
        if (signed && Keys is { } keys)
        {
            var message = OpenPgp.VerifyClearSigned(bytes, OpenPgpKeyring.Read(keys.Span), Policy(now));
            return message.Verdict switch
            {
                SignatureVerdict.Good good => (message.Text, good.Sentence),
                SignatureVerdict.UnknownKey unknown when TakeUnsigned => (text, $"taken unsigned: {unknown.Sentence}"),
                var other => throw Failure.Refused(other.Sentence, NotUsed, new FileLocation(file)),
            };
        }

        if (TakeUnsigned)
        {
            return (text, signed ? "its signature was not checked, for want of keys" : "it is not signed");
        }

        // With keys at hand a signature that is not there may have been taken away.
        throw signed
            ? Failure.Missing($"{file} is signed, and there are no keys to check it with", $"give the release keys with --keys ({UsualKeys} on Gentoo), or take it as it is with --take-unsigned")
            : new Failure(Keys is null ? FailureKind.Missing : FailureKind.Refused, $"{file} is not signed", "another mirror may have a signed one; --take-unsigned takes it as it is");
    }

    /// <summary>Looks at a stage3's own detached signature, where there is one beside it and there are keys.</summary>
    /// <returns>What it is worth, a sentence; null when nothing can be said.</returns>
    /// <exception cref="Failure">Refused, when it is not a good signature of that file by one of the keys.</exception>
    internal string? Detached(string stage3, ReadOnlySpan<byte> signature, DateTimeOffset now)
    {
        if (Keys is not { } keys)
        {
            return null;
        }

        using var content = File.OpenRead(stage3);
        return OpenPgp.VerifyDetached(content, signature, OpenPgpKeyring.Read(keys.Span), Policy(now)) switch
        {
            SignatureVerdict.Good good => $"the tarball has {good.Sentence}",
            SignatureVerdict.UnknownKey unknown when TakeUnsigned => $"the tarball has {unknown.Sentence}",
            var other => throw Failure.Refused(other.Sentence, NotUsed, new FileLocation(stage3 + ".asc")),
        };
    }

    // Stages are made every week: a key that has expired since signs none of them.
    private static SignaturePolicy Policy(DateTimeOffset now) => new(now, KeyMayHaveExpiredSince: false);

    private static ReadOnlyMemory<byte> ReadKeys(string file)
    {
        const string hint = "name one that holds the release keys";
        if (!File.Exists(file))
        {
            throw Failure.Missing($"there is no file of keys {file}", hint);
        }

        var bytes = File.ReadAllBytes(file);
        return OpenPgpKeyring.Read(bytes).Count > 0 ? bytes : throw Failure.Missing($"{file} holds no OpenPGP key", hint);
    }
}
