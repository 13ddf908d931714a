namespace PatchForge.Seams;

/// <summary>What became of one attempt to download one address.</summary>
public abstract record DownloadOutcome
{
    private DownloadOutcome() { }

    /// <summary>The file is whole as far as HTTP can tell (length matched where one was given).</summary>
    public sealed record Whole(long Bytes, bool Resumed) : DownloadOutcome;

    /// <summary>The server answered, and has no such file (404, 410).</summary>
    public sealed record NotThere(int Status) : DownloadOutcome;

    /// <summary>No whole file came; the part received is kept for resuming. Trying again may help.</summary>
    public sealed record Broken(string Why) : DownloadOutcome;
}

/// <summary>The only way to the network.</summary>
public interface IDownloads
{
    /// <summary>
    /// Downloads to <paramref name="partialFile"/>, resuming with a Range request (RFC 9110 section 14) when
    /// that file is there. Never reads more than <paramref name="limit"/> bytes in all.
    /// </summary>
    Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel);
}
