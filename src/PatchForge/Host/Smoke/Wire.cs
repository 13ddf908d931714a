#pragma warning disable RS0030 // As in Prober: loopback of a network namespace that holds nothing else.
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PatchForge.Smoke;

namespace PatchForge.Host.Smoke;

/// <summary>Connections to the server on 127.0.0.1. Requests go out as they are written, however wrong.</summary>
internal sealed class Wire(int port)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    public async Task<Connection> Connect(CancellationToken cancel, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new Connection(socket);
    }

    public async Task<ImmutableArray<Reply>> Talk(Probe.Talk probe, CancellationToken cancel)
    {
        await using var connection = await Connect(cancel);
        var replies = ImmutableArray.CreateBuilder<Reply>();
        foreach (var exchange in probe.Exchanges)
        {
            try
            {
                await connection.Send(exchange.Request, cancel);
                replies.Add(await connection.Reply(exchange.Request.StartsWith("HEAD ", StringComparison.Ordinal), s_patience, cancel));
            }
            catch (IOException)
            {
                // The server has closed, or reset, before it read what was sent.
                replies.Add(Reply.Closed);
            }
        }

        return replies.ToImmutable();
    }

    /// <summary>A reply of status 200, or null.</summary>
    public async Task<Reply?> Answers(string host, CancellationToken cancel)
    {
        try
        {
            await using var connection = await Connect(cancel);
            await connection.Send(Probes.Get("/index.html", host), cancel);
            return await connection.Reply(false, TimeSpan.FromSeconds(5), cancel) is { Status: 200 } reply ? reply : null;
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException)
        {
            return null;
        }
    }

    public async Task<bool> Listens(CancellationToken cancel)
    {
        try
        {
            await using var connection = await Connect(cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

internal sealed class Connection(Socket socket) : IAsyncDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly ReplyReader _reader = new();
    private readonly byte[] _buffer = new byte[1 << 16];
    private bool _ended;

    public int LocalPort => ((IPEndPoint?)socket.LocalEndPoint)?.Port ?? throw new IOException("the connection has no address");

    public async Task Send(string request, CancellationToken cancel) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(request), cancel);

    public async Task ReadSome(CancellationToken cancel)
    {
        int count;
        try
        {
            count = await _stream.ReadAsync(_buffer, cancel);
        }
        catch (IOException)
        {
            count = 0;
        }

        _ended = count == 0;
        _reader.Add(Encoding.Latin1.GetString(_buffer, 0, count));
    }

    /// <exception cref="TimeoutException">No whole answer in that time.</exception>
    public async Task<Reply> Reply(bool toHead, TimeSpan patience, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience);
        try
        {
            while (true)
            {
                if (_reader.Next(toHead, _ended) is { } reply)
                {
                    return reply;
                }

                await ReadSome(limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"no whole answer in {patience.TotalSeconds:f0} s");
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
