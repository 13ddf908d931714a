#pragma warning disable RS0030 // As in Prober: loopback of a network namespace that holds nothing else.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PatchForge.Attacks;
using PatchForge.Smoke;

namespace PatchForge.Host.Attacks;

/// <summary>Hostile clients, while an ordinary one asks the other host.</summary>
internal sealed class ClientAttacks(Service service)
{
    private AttackCast Cast => service.Cast;

    public async Task<AttackSeen> Run(string id, Means.Client attack, CancellationToken cancel)
    {
        await using var pulse = new Pulse(service, Cast.Victim.Host, cancel);
        var (tried, seen, complaint) = attack.Kind switch
        {
            ClientAttack.OversizeHead => await OversizeHead(attack.Number, cancel),
            ClientAttack.ByteByByte => await ByteByByte(cancel),
            ClientAttack.SlowHeads => await Half(attack.Number, $"GET / HTTP/1.1\r\nHost: {Cast.Attacker.Host}\r\nX-Slow: ", cancel),
            ClientAttack.IdleKeepAlive => await IdleKeepAlive(attack.Number, cancel),
            ClientAttack.Pipelining => await Pipelining(attack.Number, cancel),
            ClientAttack.QueueFlood => await QueueFlood(attack.Number, cancel),
            ClientAttack.ClosedAtOnce => await ClosedAtOnce(attack.Number, cancel),
            ClientAttack.HalfHello => await Half(attack.Number, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", cancel),
            _ => throw new UnreachableException(attack.Kind.ToString()),
        };
        complaint = await pulse.Complaint() is { } harmed ? harmed + (complaint is null ? "" : "; " + complaint) : complaint;
        return new AttackSeen(id, complaint is null ? Outcome.Stopped : Outcome.Succeeded, tried, seen, complaint ?? pulse.Told);
    }

    /// <summary>How many connections this process and the server may have: whoever has fewer sets the bound.</summary>
    private int Bounded(int wanted)
    {
        var server = service.Inside.Server().Parent;
        return Math.Min(wanted, Math.Min(Allowed("self"), Allowed(server.ToString(CultureInfo.InvariantCulture))) - 500);
    }

    private static int Allowed(string process)
    {
        var line = File.ReadLines($"/proc/{process}/limits").First(text => text.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line[26..].TrimStart().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var soft) ? soft : 1 << 20;
    }

    private async Task<(string Tried, string Seen, string? Complaint)> OversizeHead(int size, CancellationToken cancel)
    {
        using var socket = await Connect(cancel) ?? throw new IOException("no connection");
        var line = Encoding.Latin1.GetBytes("X-Filler: " + new string('x', 7000) + "\r\n");
        var sent = 0L;
        var clock = Stopwatch.StartNew();
        try
        {
            sent += await socket.SendAsync(Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: {Cast.Attacker.Host}\r\n"), cancel);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(2));
            while (sent < size)
            {
                sent += await socket.SendAsync(line, limit.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // The server stopped reading, or has closed.
        }

        var ended = await Ended(socket, TimeSpan.FromSeconds(2), cancel);
        return (
            string.Create(CultureInfo.InvariantCulture, $"a head of up to {size >> 20} MiB"),
            string.Create(CultureInfo.InvariantCulture, $"{sent >> 10} KiB went, {ended ?? "neither answered nor closed"} after {clock.Elapsed.TotalSeconds:f1} s"),
            ended is null ? "the head was held without an end" : null);
    }

    /// <summary>What came, or how it ended; null when nothing did in that time.</summary>
    private static async Task<string?> Ended(Socket socket, TimeSpan patience, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience);
        var buffer = new byte[4096];
        try
        {
            var count = await socket.ReceiveAsync(buffer, limit.Token);
            return count == 0 ? "closed" : Encoding.Latin1.GetString(buffer, 0, count).Split("\r\n")[0];
        }
        catch (SocketException)
        {
            return "reset";
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<(string Tried, string Seen, string? Complaint)> ByteByByte(CancellationToken cancel)
    {
        using var socket = await Connect(cancel) ?? throw new IOException("no connection");
        var text = Encoding.Latin1.GetBytes($"GET /index.html HTTP/1.1\r\nHost: {Cast.Attacker.Host}\r\nConnection: close\r\n\r\n");
        var sent = 0;
        try
        {
            for (; sent < text.Length; sent++)
            {
                await socket.SendAsync(text.AsMemory(sent, 1), cancel);
                await Task.Delay(15, cancel);
            }
        }
        catch (SocketException)
        {
            // Closed before the end.
        }

        var ended = await Ended(socket, TimeSpan.FromSeconds(AttackConf.Timeout + 3), cancel);
        return ("a head one byte a segment", string.Create(CultureInfo.InvariantCulture, $"{sent} bytes, {ended ?? "nothing"}"), ended is null ? "the connection is held without an end" : null);
    }

    private async Task<(string Tried, string Seen, string? Complaint)> Half(int wanted, string start, CancellationToken cancel)
    {
        using var many = await Many.Open(this, Bounded(wanted), Encoding.Latin1.GetBytes(start), cancel);
        await Task.Delay(TimeSpan.FromSeconds(AttackConf.Timeout + 4), cancel);
        var left = many.StillOpen();
        return (
            string.Create(CultureInfo.InvariantCulture, $"{many.Count} connections of {wanted}, half a head on each"),
            string.Create(CultureInfo.InvariantCulture, $"{left} of them still open after {AttackConf.Timeout + 4} s"),
            left * 10 > many.Count ? string.Create(CultureInfo.InvariantCulture, $"{left} are held without an end") : null);
    }

    private async Task<(string Tried, string Seen, string? Complaint)> IdleKeepAlive(int wanted, CancellationToken cancel)
    {
        var request = Encoding.Latin1.GetBytes(Probes.Get("/index.html", Cast.Attacker.Host));
        using var many = await Many.Open(this, Bounded(wanted), request, cancel, answered: true);
        await Task.Delay(3000, cancel);
        return (
            string.Create(CultureInfo.InvariantCulture, $"{many.Count} of {wanted} connections, each answered once and kept"),
            string.Create(CultureInfo.InvariantCulture, $"{many.StillOpen()} still open"),
            many.Count < Bounded(wanted) * 9 / 10 ? string.Create(CultureInfo.InvariantCulture, $"only {many.Count} were answered") : null);
    }

    private async Task<(string Tried, string Seen, string? Complaint)> Pipelining(int number, CancellationToken cancel)
    {
        await using var connection = await service.Wire.Connect(cancel);
        await connection.Send(string.Concat(Enumerable.Repeat(Probes.Get("/itk-who", Cast.Attacker.Host), number)), cancel);
        var right = 0;
        var sign = string.Create(CultureInfo.InvariantCulture, $"uid={Cast.Attacker.Id} ");
        try
        {
            while (right < number && (await connection.Reply(false, TimeSpan.FromSeconds(5), cancel)) is { Status: 200 } reply && reply.Body.StartsWith(sign, StringComparison.Ordinal))
            {
                right++;
            }
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // Told by the number.
        }

        return (
            string.Create(CultureInfo.InvariantCulture, $"{number} requests in one piece"),
            string.Create(CultureInfo.InvariantCulture, $"{right} right answers"),
            right == number ? null : "not all were answered by the host's user");
    }

    private async Task<(string Tried, string Seen, string? Complaint)> QueueFlood(int wanted, CancellationToken cancel)
    {
        var request = Encoding.Latin1.GetBytes($"GET /itk-victim?seconds=8 HTTP/1.1\r\nHost: {Cast.Attacker.Host}\r\nConnection: close\r\n\r\n");
        using var many = await Many.Open(this, Bounded(wanted), request, cancel);
        await Task.Delay(3000, cancel);
        var refused = many.Refused();
        return (
            string.Create(CultureInfo.InvariantCulture, $"{many.Count} requests that take 8 s"),
            string.Create(CultureInfo.InvariantCulture, $"{refused} refused within 3 s"),
            refused == 0 ? "all of them were queued" : null);
    }

    private async Task<(string Tried, string Seen, string? Complaint)> ClosedAtOnce(int number, CancellationToken cancel)
    {
        var made = 0;
        var request = Encoding.Latin1.GetBytes(Probes.Get("/index.html", Cast.Attacker.Host));
        for (; made < number; made++)
        {
            using var socket = await Connect(cancel);
            if (socket is null)
            {
                break;
            }

            socket.LingerState = new LingerOption(true, 0);
            try
            {
                await socket.SendAsync(request.AsMemory(0, made % 2 == 0 ? request.Length : 20), cancel);
            }
            catch (SocketException)
            {
                // Closed from the other side first.
            }
        }

        return (string.Create(CultureInfo.InvariantCulture, $"{made} connections, each reset"), "", null);
    }

    /// <summary>Connections to the victim's host that wait with half a head until they are disposed.</summary>
    public static async Task<IDisposable> Waiting(Service service, int number, CancellationToken cancel) =>
        await Many.Open(new ClientAttacks(service), number, Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: {service.Cast.Victim.Host}\r\nX-Slow: "), cancel);

    /// <summary>Null when the server does not take it within two seconds.</summary>
    private async Task<Socket?> Connect(CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, service.Orders.Port, limit.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Connections that are held open together.</summary>
    private sealed class Many : IDisposable
    {
        private readonly List<Socket> _all = [];

        public int Count => _all.Count;

        /// <param name="answered">Each has to be answered before the next is made.</param>
        public static async Task<Many> Open(ClientAttacks attacks, int number, byte[] start, CancellationToken cancel, bool answered = false)
        {
            var many = new Many();
            for (var failures = 0; many.Count < number && failures < 3;)
            {
                if (await attacks.Connect(cancel) is not { } socket)
                {
                    failures++;
                    continue;
                }

                many._all.Add(socket);
                if (many.Count % 100 == 0)
                {
                    // Not faster than a server on a busy machine can accept: what is asked is what it holds.
                    await Task.Delay(20, cancel);
                }

                try
                {
                    await socket.SendAsync(start, cancel);
                }
                catch (SocketException)
                {
                    continue;
                }

                if (answered && await Ended(socket, TimeSpan.FromSeconds(2), cancel) is not { } answer)
                {
                    many._all.Remove(socket);
                    socket.Dispose();
                    failures++;
                }
            }

            return many;
        }

        public int StillOpen() => _all.Count(socket => !Readable(socket) || socket.Available > 0);

        public int Refused()
        {
            var buffer = new byte[64];
            return _all.Count(socket => Readable(socket) && (socket.Available == 0
                || (socket.Receive(buffer, SocketFlags.Peek) is var count and > 12 && Encoding.Latin1.GetString(buffer, 0, count).Contains(" 503 ", StringComparison.Ordinal))));
        }

        private static bool Readable(Socket socket)
        {
            try
            {
                return socket.Poll(0, SelectMode.SelectRead);
            }
            catch (SocketException)
            {
                return true;
            }
        }

        public void Dispose()
        {
            foreach (var socket in _all)
            {
                // At once: thousands in TIME_WAIT would be the next attack's trouble.
                try
                {
                    socket.LingerState = new LingerOption(true, 0);
                }
                catch (SocketException)
                {
                    // It is closed already.
                }

                socket.Dispose();
            }
        }
    }
}
