using PatchForge.Seams;
namespace PatchForge.Host;
internal sealed class NoDownloads : IDownloads
{
    public Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel) => throw new NotSupportedException();
}
