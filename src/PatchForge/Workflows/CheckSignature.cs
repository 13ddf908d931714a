using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>
/// Looks for a distfile's detached signature and for KEYS beside it or in the cache, downloads them where that is allowed, and
/// verifies. Both are small and prove nothing by themselves, so they may come from anywhere.
/// </summary>
internal sealed class CheckSignature(Outside outside, string cache)
{
    private const long LargestSignature = 64 << 10;
    private const long LargestKeys = 16 << 20;

    // A release is signed once, and its key may well have expired since.
    private SignaturePolicy Policy => new(outside.Clock.UtcNow, KeyMayHaveExpiredSince: true);

    /// <summary>Null when there is no signature to be had, or no keys.</summary>
    /// <param name="published">The file's own name, as upstream or a distribution has it.</param>
    /// <param name="file">Where the file is.</param>
    public async Task<SignatureVerdict?> Run(LineSettings line, string published, string file, bool offline, CancellationToken cancel)
    {
        var name = published + line.Upstream.SignatureSuffix;
        var folder = Path.GetDirectoryName(file) ?? "";
        var addresses = offline ? [] : line.Upstream.Mirrors.Select(mirror => new Uri(mirror, name));
        var inCache = Path.Combine(cache, "distfiles", name);
        var signature = await Kept(Path.Combine(folder, name), LargestSignature, cancel)
            ?? await Kept(inCache, LargestSignature, cancel)
            ?? await Downloaded(inCache, addresses, LargestSignature, cancel);
        if (signature is null || line.Upstream.Keys is not { } address)
        {
            return null;
        }

        var keysInCache = Path.Combine(cache, "keys", address.Host + address.AbsolutePath.Replace('/', '_'));
        SignatureVerdict? verdict = null;
        foreach (var place in new[] { Path.Combine(folder, "KEYS"), keysInCache })
        {
            if (await Kept(place, LargestKeys, cancel) is { } keys)
            {
                verdict = await Verify(file, signature, keys, cancel);
                if (verdict is not SignatureVerdict.UnknownKey)
                {
                    return verdict;
                }
            }
        }

        // The keys at hand do not have this one; upstream's may by now.
        return !offline && await Downloaded(keysInCache, [address], LargestKeys, cancel) is { } fresh ? await Verify(file, signature, fresh, cancel) : verdict;
    }

    private async Task<SignatureVerdict> Verify(string file, byte[] signature, byte[] keys, CancellationToken cancel)
    {
        var keyring = OpenPgpKeyring.Read(keys);
        foreach (var complaint in keyring.Complaints)
        {
            outside.Story.Detail($"KEYS: {complaint}");
        }

        return await Task.Run(
            () =>
            {
                using var content = File.OpenRead(file);
                return OpenPgp.VerifyDetached(content, signature, keyring, Policy);
            },
            cancel);
    }

    private static async Task<byte[]?> Kept(string file, long limit, CancellationToken cancel) =>
        new FileInfo(file) is { Exists: true } info && info.Length <= limit ? await File.ReadAllBytesAsync(file, cancel) : null;

    private async Task<byte[]?> Downloaded(string file, IEnumerable<Uri> addresses, long limit, CancellationToken cancel)
    {
        var part = file + ".part";
        foreach (var address in addresses)
        {
            if (File.Exists(part))
            {
                File.Delete(part); // nothing could tell whether two halves belong together
            }

            var outcome = await outside.Story.During($"fetching {address}", step => outside.Downloads.Fetch(address, part, limit, step, cancel));
            if (outcome is DownloadOutcome.Whole)
            {
                File.Move(part, file, overwrite: true);
                return await File.ReadAllBytesAsync(file, cancel);
            }

            outside.Story.Detail($"{address}: {FetchDistfiles.Told(outcome)}");
        }

        return null;
    }
}
