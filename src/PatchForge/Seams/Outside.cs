namespace PatchForge.Seams;

/// <summary>
/// The doors to everything outside the program, made once in Program.cs and handed to workflows; tests make
/// their own. Adding a door means adding an interface to this room, never reaching for Host.
/// </summary>
public sealed record Outside(IProcesses Processes, IDownloads Downloads, IClock Clock, IStory Story)
{
    /// <summary>Local clones; null where a command has no use for them.</summary>
    public IGitRepositories? Git { get; init; }

    /// <summary>Throws where nobody opened it: a command that needs roots is always given them by Program.cs.</summary>
    public IRoots Roots { get => field ?? throw new InvalidOperationException("This command opened no way to roots."); init; }

    public IRunningRoots Running { get => field ?? throw new InvalidOperationException("This command opened no way to running roots."); init; }

    public IGitWorkTrees WorkTrees { get => field ?? throw new InvalidOperationException("This command opened no way to git work trees."); init; }

    public IFolders Folders { get => field ?? throw new InvalidOperationException("This command opened no way to folders."); init; }
}
