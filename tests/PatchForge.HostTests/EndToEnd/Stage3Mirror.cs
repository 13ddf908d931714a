using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using PatchForge.HostTests.Host;
using PatchForge.HostTests.Roots;
using PatchForge.Roots;
using PatchForge.Tests.Releases;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>The bytes of two stand-ins for a stage3, made once: one of this machine, and one whose shell is for another.</summary>
public sealed class Stage3Bytes : IAsyncLifetime
{
    internal byte[] Good { get; private set; } = [];

    internal byte[] Foreign { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        try
        {
            Good = await Packed(otherShell: false);
            Foreign = await Packed(otherShell: true);
        }
        catch (Exception skip) when (skip.Message.StartsWith("$XunitDynamicSkip$", StringComparison.Ordinal))
        {
            // Nothing can be packed here: each test asks again and says why.
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<byte[]> Packed(bool otherShell)
    {
        using var real = await Stage3RootTests.Need();
        return await File.ReadAllBytesAsync(await Stage3RootTests.Pack(real, otherShell), TestContext.Current.CancellationToken);
    }
}

/// <summary>
/// A mirror of stage3s on 127.0.0.1, laid out and signed as Gentoo's are. What a test changes is served as it is then;
/// what it has signed anew is signed over what there is then.
/// </summary>
internal sealed class Stage3Mirror : IDisposable
{
    public const string Stamp = "20260105T170105Z";
    public const string Autobuilds = "releases/amd64/autobuilds";
    private readonly SmallServer _server;

    public Stage3Mirror(byte[] stage, string? architecture = null)
    {
        Name = $"stage3-{architecture ?? Stage3Name.OfMachine(RuntimeInformation.OSArchitecture)}-openrc-{Stamp}";
        Index = $"{Autobuilds}/latest-stage3-amd64-openrc.txt";
        Stage = $"{Autobuilds}/{Stamp}/{Name}.tar.xz";
        Files[Stage] = stage;
        Files[Contents] = Gzip("./usr/bin/sh\n");
        Sign();
        _server = new SmallServer(Answer);
    }

    public TestKey Key { get; } = new("Release <release@example.org>", subkey: true);

    public TestKey OtherKey { get; } = new("Somebody <else@example.org>");

    /// <summary>By path, what the server has.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>By path, after how many bytes the connection breaks off, the next time alone.</summary>
    public Dictionary<string, int> Cuts { get; } = new(StringComparer.Ordinal);

    /// <summary>The root's name, and the stage3's without its suffix.</summary>
    public string Name { get; }

    public string Index { get; }

    public string Stage { get; }

    public string Contents => Stage + ".CONTENTS.gz";

    public string Digests => Stage + ".DIGESTS";

    public string Signature => Stage + ".asc";

    public string Url => _server.Address(Index).ToString();

    public string Address(string path) => _server.Address(path).ToString();

    /// <summary>Paths asked for, each with where its range starts when not at 0.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_server.Requests)
            {
                return [.. _server.Requests.Select(head => Path(head) + (SmallServer.RangeStart(head) is > 0 and var from ? $" from {from}" : ""))];
            }
        }
    }

    public void Sign()
    {
        SignIndex(Key, Files[Stage].Length);
        SignDigests(Key);
        Put(Signature, Key.Detached(Files[Stage]));
    }

    public void SignIndex(TestKey key, long size, string? path = null) =>
        Put(Index, key.ClearSigned("# Latest as of Mon, 05 Jan 2026 18:00:00 +0000", "# ts=1767636000", $"{path ?? $"{Stamp}/{Name}.tar.xz"} {size}"));

    public void SignDigests(TestKey key) => Put(Digests, key.ClearSigned([.. DigestLines()]));

    public IEnumerable<string> DigestLines()
    {
        foreach (var (algorithm, digest) in new (string, Func<byte[], byte[]>)[] { ("BLAKE2B", Blake2b), ("SHA512", SHA512.HashData) })
        {
            foreach (var file in new[] { Stage, Contents })
            {
                yield return $"# {algorithm} HASH";
                yield return $"{Convert.ToHexStringLower(digest(Files[file]))}  {file.Split('/')[^1]}";
            }
        }
    }

    public void Put(string path, string text) => Files[path] = Encoding.UTF8.GetBytes(text);

    public string Text(string path) => Encoding.UTF8.GetString(Files[path]);

    public void Dispose() => _server.Dispose();

    private static string Path(string head) => head.Split(' ') is [_, var path, ..] ? path.TrimStart('/') : "";

    private Task Answer(string head, Stream stream, CancellationToken cancel)
    {
        var path = Path(head);
        if (!Files.TryGetValue(path, out var bytes))
        {
            return SmallServer.Write(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", [], cancel);
        }

        var from = SmallServer.RangeStart(head);
        var range = string.Create(CultureInfo.InvariantCulture, $"Content-Range: bytes {from}-{bytes.Length - 1}/{bytes.Length}\r\n");
        var status = from > 0 ? "206 Partial Content\r\n" + range : "200 OK\r\n";
        var end = Cuts.Remove(path, out var cut) ? cut : bytes.Length;
        return SmallServer.Write(stream, $"HTTP/1.1 {status}Content-Length: {bytes.Length - from}\r\n\r\n", bytes[from..end], cancel);
    }

    private static byte[] Blake2b(byte[] bytes)
    {
        var digest = new Blake2bDigest(512);
        digest.BlockUpdate(bytes, 0, bytes.Length);
        var result = new byte[64];
        digest.DoFinal(result, 0);
        return result;
    }

    private static byte[] Gzip(string text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }
}
