using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.Host;

/// <summary>The door to the network against a server on this machine's loopback.</summary>
public sealed class HttpDownloadsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-test-").FullName;
    private readonly byte[] _file = new byte[200_000];

    public HttpDownloadsTests() => new Random(1).NextBytes(_file);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Part => Path.Combine(_folder, "file.part");

    private async Task<DownloadOutcome> Fetch(SmallServer server, long limit = 1 << 20, TimeSpan? silence = null, CancellationToken? cancel = null)
    {
        using var downloads = new HttpDownloads(silence ?? TimeSpan.FromSeconds(10));
        return await downloads.Fetch(server.Address("file"), Part, limit, new SilentStory(), cancel ?? TestContext.Current.CancellationToken);
    }

    private static SmallServer Saying(string head, byte[] body) => new((_, stream, cancel) => SmallServer.Write(stream, head, body, cancel));

    [Fact]
    public async Task A_file_is_downloaded_whole()
    {
        using var server = SmallServer.Decent(_file);
        Assert.Equal(new DownloadOutcome.Whole(_file.Length, Resumed: false), await Fetch(server));
        Assert.Equal(_file, await File.ReadAllBytesAsync(Part, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("Range:", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_is_gone_on_with()
    {
        using var server = SmallServer.Decent(_file);
        await File.WriteAllBytesAsync(Part, _file[..70_000], TestContext.Current.CancellationToken);
        Assert.Equal(new DownloadOutcome.Whole(_file.Length, Resumed: true), await Fetch(server));
        Assert.Equal(_file, await File.ReadAllBytesAsync(Part, TestContext.Current.CancellationToken));
        Assert.Contains("Range: bytes=70000-", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_is_the_whole_is_taken_for_it()
    {
        using var server = SmallServer.Decent(_file);
        await File.WriteAllBytesAsync(Part, _file, TestContext.Current.CancellationToken);
        Assert.Equal(new DownloadOutcome.Whole(_file.Length, Resumed: true), await Fetch(server));
    }

    [Fact]
    public async Task A_part_longer_than_the_servers_file_is_thrown_away()
    {
        using var server = SmallServer.Decent(_file);
        await File.WriteAllBytesAsync(Part, [.. _file, 1], TestContext.Current.CancellationToken);
        Assert.IsType<DownloadOutcome.Broken>(await Fetch(server));
        Assert.Equal(new DownloadOutcome.Whole(_file.Length, Resumed: false), await Fetch(server));
    }

    [Fact]
    public async Task A_connection_that_breaks_leaves_the_part_and_the_next_goes_on()
    {
        using (var breaking = Saying($"HTTP/1.1 200 OK\r\nContent-Length: {_file.Length}\r\n\r\n", _file[..50_000]))
        {
            Assert.IsType<DownloadOutcome.Broken>(await Fetch(breaking));
        }

        Assert.Equal(50_000, new FileInfo(Part).Length);
        using var server = SmallServer.Decent(_file);
        Assert.Equal(new DownloadOutcome.Whole(_file.Length, Resumed: true), await Fetch(server));
        Assert.Equal(_file, await File.ReadAllBytesAsync(Part, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_server_that_ignores_the_range_starts_anew()
    {
        using var server = Saying($"HTTP/1.1 200 OK\r\nContent-Length: {_file.Length}\r\n\r\n", _file);
        await File.WriteAllBytesAsync(Part, new byte[1000], TestContext.Current.CancellationToken);
        Assert.Equal(new DownloadOutcome.Whole(_file.Length, Resumed: false), await Fetch(server));
        Assert.Equal(_file, await File.ReadAllBytesAsync(Part, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Another_range_than_asked_for_is_refused_and_the_part_gone()
    {
        using var server = Saying($"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-{_file.Length - 1}/{_file.Length}\r\nContent-Length: {_file.Length - 5}\r\n\r\n", _file[5..]);
        await File.WriteAllBytesAsync(Part, _file[..1000], TestContext.Current.CancellationToken);
        Assert.Contains("another part", Assert.IsType<DownloadOutcome.Broken>(await Fetch(server)).Why, StringComparison.Ordinal);
        Assert.False(File.Exists(Part));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_longer_than_the_limit_is_not_taken(bool said)
    {
        using var server = Saying($"HTTP/1.1 200 OK\r\n{(said ? $"Content-Length: {_file.Length}\r\n" : "")}\r\n", _file);
        Assert.IsType<DownloadOutcome.Broken>(await Fetch(server, limit: 100_000));
        Assert.True(!File.Exists(Part) || new FileInfo(Part).Length == 0);
    }

    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("410 Gone")]
    public async Task A_file_that_is_not_there_is_said(string status)
    {
        using var server = Saying($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n", []);
        Assert.Equal(new DownloadOutcome.NotThere(int.Parse(status[..3], System.Globalization.CultureInfo.InvariantCulture)), await Fetch(server));
    }

    [Fact]
    public async Task Other_answers_are_told_with_their_number()
    {
        using var server = Saying("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", []);
        Assert.Contains("503 ServiceUnavailable", Assert.IsType<DownloadOutcome.Broken>(await Fetch(server)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up()
    {
        using var server = new SmallServer(async (_, stream, cancel) =>
        {
            await SmallServer.Write(stream, $"HTTP/1.1 200 OK\r\nContent-Length: {_file.Length}\r\n\r\n", _file[..1000], cancel);
            await Task.Delay(TimeSpan.FromSeconds(60), cancel);
        });
        Assert.Contains("nothing came", Assert.IsType<DownloadOutcome.Broken>(await Fetch(server, silence: TimeSpan.FromMilliseconds(300))).Why, StringComparison.Ordinal);
        Assert.Equal(1000, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task A_cancelled_download_leaves_nothing_but_its_part()
    {
        using var cancel = new CancellationTokenSource();
        using var server = new SmallServer(async (_, stream, stop) =>
        {
            await SmallServer.Write(stream, $"HTTP/1.1 200 OK\r\nContent-Length: {_file.Length}\r\n\r\n", _file[..1000], stop);
            await Task.Delay(200, stop);
            await cancel.CancelAsync();
            await Task.Delay(TimeSpan.FromSeconds(60), stop);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Fetch(server, cancel: cancel.Token));
        Assert.Equal([Part], Directory.GetFiles(_folder));
        Assert.Equal(1000, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task Nobody_listening_and_no_such_name_are_said()
    {
        var server = SmallServer.Decent(_file);
        server.Dispose();
        Assert.Contains("cannot be reached", Assert.IsType<DownloadOutcome.Broken>(await Fetch(server)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_tls_is_told_as_that()
    {
        using var server = Saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", []);
        using var downloads = new HttpDownloads(TimeSpan.FromSeconds(10));
        var address = new UriBuilder(server.Address("file")) { Scheme = "https" }.Uri;
        var outcome = await downloads.Fetch(address, Part, 100, new SilentStory(), TestContext.Current.CancellationToken);
        Assert.Contains("no secure connection to 127.0.0.1", Assert.IsType<DownloadOutcome.Broken>(outcome).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_cannot_be_written_ends_it_with_what_to_do()
    {
        using var server = SmallServer.Decent(_file);
        Directory.CreateDirectory(Part);
        var failure = await Assert.ThrowsAsync<Failure>(() => Fetch(server));
        Assert.Contains("cannot be written", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("http://[")]
    public async Task A_redirect_to_something_else_than_http_brings_nothing(string target)
    {
        using var server = Saying($"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n", []);
        Assert.IsType<DownloadOutcome.Broken>(await Fetch(server));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task What_a_server_calls_its_status_does_not_reach_the_terminal()
    {
        using var server = Saying("HTTP/1.1 500 \x1b[2Jgone\r\nContent-Length: 0\r\n\r\n", []);
        Assert.Equal("the server answered 500 InternalServerError", Assert.IsType<DownloadOutcome.Broken>(await Fetch(server)).Why);
    }
}
