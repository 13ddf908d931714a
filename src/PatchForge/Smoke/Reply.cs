using System.Globalization;
using System.Text;

namespace PatchForge.Smoke;

/// <summary>An answer of the server, or what came of one.</summary>
/// <param name="Status">0 when the connection was closed before a whole head; -1 when the head is no HTTP.</param>
/// <param name="Whole">The body came as long as the head said, or up to the end of the connection where it said nothing.</param>
public sealed record Reply(int Status, string Head, string Body, bool Whole)
{
    public static Reply Closed { get; } = new(0, "", "", true);

    /// <summary>A header's value, or null (RFC 2616 section 4.2: names compare without case).</summary>
    public string? Header(string name) => Head.Split("\r\n")
        .Skip(1)
        .Select(line => line.Split(':', 2))
        .Where(parts => parts.Length == 2 && parts[0].Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(parts => parts[1].Trim())
        .FirstOrDefault();
}

/// <summary>
/// Reads answers from a connection's bytes as they come (RFC 2616 sections 4.4, 6). Text is Latin-1: a byte is
/// a character.
/// </summary>
public sealed class ReplyReader
{
    private readonly StringBuilder _incoming = new();
    private string _text = "";
    private int _wanted;

    public void Add(string bytes) => _incoming.Append(bytes);

    /// <summary>The next whole answer, taken off, or null while it is not there.</summary>
    /// <param name="toHead">The request was a HEAD: no body follows whatever the head says.</param>
    /// <param name="ended">The server has closed: what is there is all.</param>
    public Reply? Next(bool toHead, bool ended)
    {
        if (!ended && _text.Length + _incoming.Length < _wanted)
        {
            return null;
        }

        _wanted = 0;
        _text += _incoming;
        _incoming.Clear();
        var end = _text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return ended ? Reply.Closed with { Head = _text } : null;
        }

        var head = _text[..end];
        var rest = _text[(end + 4)..];
        var reply = new Reply(StatusOf(head), head, "", true);
        if (reply.Status == 100)
        {
            _text = rest;
            return Next(toHead, ended);
        }

        if (reply.Status is 204 or 304)
        {
            _text = rest;
            return reply;
        }

        if (toHead)
        {
            // What follows at once is a body that should not be there; nothing else is asked on this connection.
            _text = "";
            return reply with { Body = rest };
        }

        return reply.Header("Transfer-Encoding")?.Equals("chunked", StringComparison.OrdinalIgnoreCase) == true
            ? Chunked(reply, rest, ended)
            : Measured(reply, rest, ended);
    }

    private static int StatusOf(string head) =>
        head.StartsWith("HTTP/1.", StringComparison.Ordinal) && head.Length >= 12
        && int.TryParse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : -1;

    private Reply? Measured(Reply reply, string rest, bool ended)
    {
        if (!int.TryParse(reply.Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            _text = ended ? "" : _text;
            return ended ? reply with { Body = rest } : null;
        }

        if (rest.Length < length && !ended)
        {
            // Nothing is looked at again before so much is there: a long body is not copied for each piece of it.
            _wanted = _text.Length - rest.Length + length;
            return null;
        }

        var body = rest[..Math.Min(length, rest.Length)];
        _text = rest[body.Length..];
        return reply with { Body = body, Whole = body.Length == length };
    }

    private Reply? Chunked(Reply reply, string rest, bool ended)
    {
        var body = "";
        while (true)
        {
            var line = rest.IndexOf("\r\n", StringComparison.Ordinal);
            if (line < 0
                || !int.TryParse(rest[..line].Split(';')[0].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
                || size < 0
                || rest.Length - line - 4 < size)
            {
                return ended ? reply with { Body = body, Whole = false } : null;
            }

            body += rest.Substring(line + 2, size);
            rest = rest[(line + 2 + size + 2)..];
            if (size == 0)
            {
                _text = rest;
                return reply with { Body = body };
            }
        }
    }
}
