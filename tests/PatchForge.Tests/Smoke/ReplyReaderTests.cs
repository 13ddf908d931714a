using PatchForge.Smoke;

namespace PatchForge.Tests.Smoke;

public sealed class ReplyReaderTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", true)]
    [InlineData("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", "abcde", true)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", true)]
    public void A_whole_answer_is_read_from_bytes_one_at_a_time(string bytes, string body, bool whole)
    {
        var reader = new ReplyReader();
        Reply? reply = null;
        foreach (var c in bytes)
        {
            Assert.Null(reply);
            reader.Add(c.ToString());
            reply = reader.Next(toHead: false, ended: false);
        }

        Assert.Equal((200, body, whole), (reply?.Status, reply?.Body, reply?.Whole));
    }

    [Fact]
    public void Two_answers_on_one_connection_are_told_apart()
    {
        var reader = new ReplyReader();
        reader.Add("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nb");

        Assert.Equal("a", reader.Next(false, false)?.Body);
        Assert.Equal(404, reader.Next(false, false)?.Status);
        Assert.Null(reader.Next(false, false));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc")]
    public void An_answer_that_is_cut_off_says_so(string bytes)
    {
        var reader = new ReplyReader();
        reader.Add(bytes);

        Assert.Null(reader.Next(false, ended: false));
        Assert.False(reader.Next(false, ended: true)?.Whole);
    }

    [Fact]
    public void A_connection_closed_without_an_answer_is_status_0() => Assert.Equal(0, new ReplyReader().Next(false, ended: true)?.Status);

    [Fact]
    public void What_is_no_http_is_not_a_status()
    {
        var reader = new ReplyReader();
        reader.Add("SSH-2.0-x\r\n\r\n");

        Assert.Equal(-1, reader.Next(false, ended: true)?.Status);
    }
}
