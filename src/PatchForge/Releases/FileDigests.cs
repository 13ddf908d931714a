using System.Collections.Immutable;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;

namespace PatchForge.Releases;

/// <summary>A file's size and digests, computed in one reading.</summary>
/// <param name="Hex">Lower-case hexadecimal by algorithm name, in ordinal order.</param>
public sealed record FileDigests(long Size, ImmutableSortedDictionary<string, string> Hex)
{
    public string this[DigestAlgorithm algorithm] => Hex[algorithm.Name];

    /// <summary>Reads the stream once to its end.</summary>
    /// <param name="onBytes">Told how many bytes are read so far, for progress.</param>
    public static async Task<FileDigests> Of(Stream stream, IEnumerable<DigestAlgorithm> algorithms, Action<long>? onBytes, CancellationToken cancel)
    {
        var wanted = algorithms.Distinct().ToImmutableArray();
        var running = wanted.Select(Start).ToImmutableArray();
        try
        {
            var buffer = new byte[1 << 19];
            long size = 0;
            int got;
            while ((got = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel)) > 0)
            {
                size += got;
                await Add(running, buffer.AsMemory(0, got), cancel);
                onBytes?.Invoke(size);
            }

            return new FileDigests(size, wanted.Zip(running).ToImmutableSortedDictionary(
                pair => pair.First.Name, pair => Convert.ToHexStringLower(pair.Second.Result()), StringComparer.Ordinal));
        }
        finally
        {
            foreach (var digest in running)
            {
                digest.Dispose();
            }
        }
    }

    /// <summary>On two processors, where there is more than a little to do: each digest takes about as long as the others.</summary>
    private static async Task Add(ImmutableArray<IRunning> running, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        void Every(int second)
        {
            for (var i = second; i < running.Length; i += 2)
            {
                running[i].Add(bytes.Span);
            }
        }

        var other = running.Length > 1 && bytes.Length > 1 << 16 ? Task.Run(() => Every(1), cancel) : null;
        Every(0);
        if (other is null)
        {
            Every(1);
        }
        else
        {
            await other;
        }
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<FileDigests> OfFile(string file, IEnumerable<DigestAlgorithm> algorithms, Action<long>? onBytes, CancellationToken cancel)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return await Of(stream, algorithms, onBytes, cancel);
    }

    // MD5, SHA1 and RMD160 are not trusted to stand for security here: they are what was published of these files.
    private static IRunning Start(DigestAlgorithm algorithm) => algorithm.Name switch
    {
        "MD5" => new Platform(HashAlgorithmName.MD5),
        "SHA1" => new Platform(HashAlgorithmName.SHA1),
        "SHA256" => new Platform(HashAlgorithmName.SHA256),
        "SHA512" => new Platform(HashAlgorithmName.SHA512),
        "RMD160" => new Managed(new RipeMD160Digest()),
        "BLAKE2B" => new Managed(new Blake2bDigest(512)),
        _ => throw new InvalidOperationException($"No code computes {algorithm.Name}."),
    };

    private interface IRunning : IDisposable
    {
        void Add(ReadOnlySpan<byte> bytes);

        byte[] Result();
    }

    private sealed class Platform(HashAlgorithmName name) : IRunning
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(name);

        public void Add(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

        public byte[] Result() => _hash.GetHashAndReset();

        public void Dispose() => _hash.Dispose();
    }

    private sealed class Managed(IDigest digest) : IRunning
    {
        public void Add(ReadOnlySpan<byte> bytes) => digest.BlockUpdate(bytes);

        public byte[] Result()
        {
            var result = new byte[digest.GetDigestSize()];
            digest.DoFinal(result, 0);
            return result;
        }

        public void Dispose()
        {
            // there is nothing outside the heap
        }
    }
}
