namespace PatchForge.Seams;

/// <summary>The only clock. It is for reports, logs and time limits: no written byte of the overlay or the series depends on it.</summary>
public interface IClock
{
    DateTimeOffset UtcNow { get; }

    /// <summary>A monotonic reading for measuring how long something took.</summary>
    TimeSpan Elapsed { get; }
}
