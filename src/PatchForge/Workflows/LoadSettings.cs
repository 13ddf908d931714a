using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>Finds and reads patchforge.yaml.</summary>
public static class LoadSettings
{
    /// <param name="workingDirectory">Where the search begins; it goes up to the root, as git's does.</param>
    /// <param name="named">The file of <c>--settings FILE</c>, relative to the working directory; null to search.</param>
    /// <exception cref="Seams.Failure">Missing: no file; Refused: wrong in it, with file, line and column.</exception>
    public static ForgeSettings Run(string workingDirectory, string? named) =>
        SettingsFile.Load(named is null ? SettingsFile.Locate(workingDirectory) : Path.Combine(workingDirectory, named));
}
