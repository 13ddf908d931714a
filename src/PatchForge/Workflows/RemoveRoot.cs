using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

public sealed record RemovedRoot(string Name, string Folder);

/// <summary>Removes a root that this tool made, and nothing else.</summary>
public sealed class RemoveRoot(IRoots roots)
{
    /// <param name="text">The root's name, or its path.</param>
    /// <exception cref="Failure">Refused, when it is not this tool's, or something is mounted below.</exception>
    public async Task<RemovedRoot> Run(string text, CancellationToken cancel)
    {
        // Found before anything else is: the ability decides by whose ids files are deleted.
        await roots.Ability(cancel);
        var root = MadeRoot.Find(roots.StateFolder, text);
        using var held = await roots.Lock(root.Folder + ".lock", cancel);
        await roots.Remove(root.Folder, cancel);
        return new RemovedRoot(root.Name, root.Folder);
    }
}
