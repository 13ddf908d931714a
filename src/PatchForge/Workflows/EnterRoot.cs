using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// A person's shell, or one command, in a root: as a build has it, with loopback alone; what is written is gone
/// when it ends.
/// </summary>
public sealed class EnterRoot(Outside outside, IRoots roots)
{
    /// <param name="command">Empty for a shell.</param>
    /// <returns>The command's exit code.</returns>
    public async Task<int> Run(OpenedRoot root, ImmutableArray<string> command, bool interactive, CancellationToken cancel)
    {
        if (command.IsEmpty)
        {
            command = [RootLook.Find(root.Tree, "/bin/bash") is null ? "/bin/sh" : "/bin/bash"];
            outside.Story.Say($"a shell in {root.Tree.Name}: no network, and what it writes is thrown away when it ends");
        }

        var answer = await roots.Run(
            new RootRun(root.Tree, RootRights.Build, command) { Interactive = interactive, OnLine = interactive ? null : outside.Story.Say },
            cancel);
        return answer.ExitCode;
    }
}
