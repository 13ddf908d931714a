using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PatchForge.HostTests.Host;

/// <summary>
/// An HTTP server on 127.0.0.1 that answers each connection with the bytes the test gives for its request, so that it can say what no
/// decent server would.
/// </summary>
internal sealed class SmallServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    /// <param name="answer">Gets the request's head and writes what it likes; the connection is closed after that.</param>
    public SmallServer(Func<string, Stream, CancellationToken, Task> answer)
    {
        _listener.Start();
        _ = Serve(answer);
    }

    public List<string> Requests { get; } = [];

    public Uri Address(string path) => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{path}");

    /// <summary>A server that has one file and does ranges as it should.</summary>
    public static SmallServer Decent(byte[] file) => new(async (head, stream, cancel) =>
    {
        var from = RangeStart(head);
        if (from >= file.Length)
        {
            await Write(stream, $"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{file.Length}\r\nContent-Length: 0\r\n\r\n", [], cancel);
            return;
        }

        var status = from > 0 ? $"206 Partial Content\r\nContent-Range: bytes {from}-{file.Length - 1}/{file.Length}" : "200 OK";
        await Write(stream, $"HTTP/1.1 {status}\r\nContent-Length: {file.Length - from}\r\n\r\n", file[from..], cancel);
    });

    public static int RangeStart(string head)
    {
        var line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase));
        return line is null ? 0 : int.Parse(line["Range: bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public static async Task Write(Stream stream, string head, byte[] body, CancellationToken cancel)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)), cancel);
        await stream.WriteAsync(body, cancel);
        await stream.FlushAsync(cancel);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task Serve(Func<string, Stream, CancellationToken, Task> answer)
    {
        var cancel = _stop.Token;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(cancel);
                await using var stream = client.GetStream();
                var head = await Head(stream, cancel);
                lock (Requests)
                {
                    Requests.Add(head);
                }

                await answer(head, stream, cancel);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException or SocketException)
            {
                // the client went away, or the test is over
            }
        }
    }

    private static async Task<string> Head(Stream stream, CancellationToken cancel)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        while (!Encoding.ASCII.GetString([.. bytes]).EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, cancel) > 0)
        {
            bytes.Add(one[0]);
            if (bytes[0] == 0x16)
            {
                return ""; // a TLS client's hello (RFC 8446 section 5.1), which this server answers in plain words
            }
        }

        return Encoding.ASCII.GetString([.. bytes]);
    }
}
