namespace PatchForge.Seams;

/// <summary>
/// The doors to everything outside the program, made once in Program.cs and handed to workflows; tests make
/// their own. Adding a door means adding an interface to this room, never reaching for Host.
/// </summary>
public sealed record Outside(IProcesses Processes, IDownloads Downloads, IClock Clock, IStory Story)
{
    /// <summary>Local clones; null where a command has no use for them.</summary>
    public IGitRepositories? Git { get; init; }
}
