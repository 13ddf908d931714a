#pragma warning disable RS0030 // This is the door that the banned symbols point to.
using System.Diagnostics;
using PatchForge.Seams;

namespace PatchForge.Host;

public sealed class MachineClock : IClock
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public DateTimeOffset UtcNow => DateTimeOffset.UtcNow;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);
}
