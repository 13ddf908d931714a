using System.Collections.Immutable;
using PatchForge.Overlays;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Folder">The tree's folder, as a full path.</param>
/// <param name="Written">Files that were new or changed, relative to it.</param>
/// <param name="Removed">Files that the repository has no more.</param>
public sealed record PublishAnswer(string Folder, ImmutableArray<string> Written, ImmutableArray<string> Removed);

/// <summary><c>publish</c>: the repository as rsync can serve it.</summary>
public sealed class Publish(IClock clock)
{
    /// <exception cref="Failure">Refused, when the folder holds something else.</exception>
    public PublishAnswer Run(ForgeSettings settings, string folder)
    {
        var files = PublishedTree.Write(new OverlayFolder(settings.Home, settings.Overlay), folder);
        if (!files.Written.IsEmpty || !files.Removed.IsEmpty || !File.Exists(Path.Combine(folder, PublishedTree.Stamp)))
        {
            PublishedTree.WriteStamp(folder, clock.UtcNow);
        }

        return new PublishAnswer(folder, files.Written, files.Removed);
    }
}
