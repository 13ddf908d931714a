using System.Collections.Immutable;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Command">What had landed it, as it is told: <c>refresh 2.0.65</c>.</param>
/// <param name="Folders">The folders that are again as they were.</param>
public sealed record UndoAnswer(string Command, ImmutableArray<string> Folders);

/// <summary>Takes the last landing back, byte for byte; run again it takes that back.</summary>
public static class UndoLanding
{
    /// <exception cref="Failure">Refused: nothing landed, or a folder was changed since; Conflict: a refresh waits.</exception>
    public static UndoAnswer Run(ForgeSettings settings, IFolders folders)
    {
        using var work = WorkFolder.Take(settings.Home, "undo");
        var strip = new LandingStrip(settings.Home, work, folders);
        strip.Recover();
        ConflictSession.RefuseIfOpen(settings.Home, folders);
        var undone = strip.Undo();
        return new UndoAnswer(undone.Command, undone.Folders);
    }
}
