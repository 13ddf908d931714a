#pragma warning disable RS0030 // Host is the only way to the network
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using PatchForge.Seams;

namespace PatchForge.Host;

/// <summary>
/// Downloads over HTTP (RFC 9110, 9112). A proxy is taken from the environment (HTTPS_PROXY, NO_PROXY), redirects are followed but
/// never from https to http, and nothing is decompressed on the way: the bytes are the file's.
/// </summary>
/// <param name="silence">A connection that sends nothing for this long is given up.</param>
public sealed class HttpDownloads(TimeSpan silence) : IDownloads, IDisposable
{
    private readonly Lazy<HttpClient> _client = new(Client); // most runs download nothing, and making one takes time

    public HttpDownloads()
        : this(TimeSpan.FromSeconds(60))
    {
    }

    public async Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(silence);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(partialFile))!); // a full path of a file has a folder
            return await Exchange(address, partialFile, limit, progress, patience);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new DownloadOutcome.Broken($"nothing came for {silence.TotalSeconds:0} s");
        }
        catch (HttpRequestException wrong)
        {
            return new DownloadOutcome.Broken(Why(address, wrong));
        }
        catch (Exception wrong) when (wrong is NotSupportedException or UriFormatException or InvalidOperationException)
        {
            // What SocketsHttpHandler throws for a redirect to file:, to a scheme it does not know, or to no address at all.
            return new DownloadOutcome.Broken("the server redirects to something that is no http or https address");
        }
        catch (HttpIOException wrong)
        {
            return new DownloadOutcome.Broken($"the connection broke off ({wrong.Message.TrimEnd('.')})");
        }
        catch (IOException wrong) when (wrong.InnerException is System.Net.Sockets.SocketException)
        {
            return new DownloadOutcome.Broken($"the connection broke off ({Innermost(wrong)})");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw Failure.Refused($"{partialFile} cannot be written: {wrong.Message}", "is there room, may you write there, and is no other run downloading it?", cause: wrong);
        }
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private async Task<DownloadOutcome> Exchange(Uri address, string partialFile, long limit, IStepProgress progress, CancellationTokenSource patience)
    {
        var have = File.Exists(partialFile) ? new FileInfo(partialFile).Length : 0;
        if (have > limit)
        {
            File.Delete(partialFile);
            have = 0;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (have > 0)
        {
            request.Headers.Range = new RangeHeaderValue(have, null);
        }

        using var response = await _client.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                return await Receive(response, partialFile, 0, response.Content.Headers.ContentLength, limit, progress, patience);
            case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange is { From: { } from } range && from == have && have > 0:
                return await Receive(response, partialFile, have, range.Length, limit, progress, patience);
            case HttpStatusCode.PartialContent:
                File.Delete(partialFile);
                return new DownloadOutcome.Broken("the server sent another part of the file than it was asked for");
            case HttpStatusCode.RequestedRangeNotSatisfiable when response.Content.Headers.ContentRange?.Length == have:
                return new DownloadOutcome.Whole(have, Resumed: true); // the part was the whole
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                File.Delete(partialFile);
                return new DownloadOutcome.Broken("the part at hand is longer than the server's file; it is fetched from its start");
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                return new DownloadOutcome.NotThere((int)response.StatusCode);
            default:
                return new DownloadOutcome.Broken($"the server answered {(int)response.StatusCode} {Meaning(response.StatusCode)}".TrimEnd());
        }
    }

    private async Task<DownloadOutcome> Receive(
        HttpResponseMessage response, string partialFile, long have, long? total, long limit, IStepProgress progress, CancellationTokenSource patience)
    {
        if (total > limit)
        {
            return new DownloadOutcome.Broken($"the server's file has {total} bytes and {limit} are expected at most");
        }

        await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
        await using var file = new FileStream(partialFile, have > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var buffer = new byte[1 << 16];
        int got;
        while ((got = await body.ReadAsync(buffer, patience.Token)) > 0)
        {
            patience.CancelAfter(silence);
            if (file.Position + got > limit)
            {
                file.SetLength(0); // what came is no part of what is wanted
                return new DownloadOutcome.Broken($"the server sent more than the {limit} bytes that are expected at most");
            }

            await file.WriteAsync(buffer.AsMemory(0, got), patience.Token);
            progress.Report(file.Position, total);
        }

        return total is { } all && file.Position != all
            ? new DownloadOutcome.Broken($"the connection ended after {file.Position} of {all} bytes")
            : new DownloadOutcome.Whole(file.Position, Resumed: have > 0);
    }

    private static HttpClient Client()
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(20),
            AutomaticDecompression = DecompressionMethods.None,
            MaxAutomaticRedirections = 5,
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // a slow download is fine; a silent one is not, and is watched above
        };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("patchforge", null));
        return client;
    }

    /// <summary>The status in our words: the server's own could steer a terminal.</summary>
    private static string Meaning(HttpStatusCode status) => Enum.IsDefined(status) ? status.ToString() : "";

    private static string Why(Uri address, HttpRequestException wrong) => wrong.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"the name {address.Host} cannot be resolved",
        HttpRequestError.ConnectionError => $"{address.Authority} cannot be reached ({Innermost(wrong)})",
        HttpRequestError.SecureConnectionError =>
            $"no secure connection to {address.Host}: {(wrong.InnerException is AuthenticationException tls ? tls.Message : Innermost(wrong)).TrimEnd('.')}; are the clock and the CA certificates of this machine right?",
        HttpRequestError.ProxyTunnelError => $"the proxy refused a tunnel to {address.Host}",
        _ => Innermost(wrong),
    };

    private static string Innermost(Exception wrong)
    {
        while (wrong.InnerException is { } inner)
        {
            wrong = inner;
        }

        return wrong.Message.TrimEnd('.');
    }
}
