namespace PatchForge.Workflows;

/// <summary>What <c>apply</c> answers.</summary>
/// <param name="Source">The verdict about the source, as a sentence.</param>
/// <param name="Folder">The absolute path that was written.</param>
public sealed record AppliedAnswer(string Release, string Source, int Patches, string Folder, int Files);
