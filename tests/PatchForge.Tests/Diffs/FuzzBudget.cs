using System.Diagnostics;
using System.Globalization;

namespace PatchForge.Tests.Diffs;

/// <summary>How long fuzzing lasts, and from which seed: <c>PATCHFORGE_FUZZ_SECONDS</c> and <c>PATCHFORGE_FUZZ_SEED</c> (0: by the clock).
/// The seed is printed. It is the same every time unless somebody says otherwise: a change is not to fail by chance.</summary>
internal sealed class FuzzBudget
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly TimeSpan _time;

    /// <param name="seconds">When nobody says.</param>
    public FuzzBudget(int seconds)
    {
        _time = TimeSpan.FromSeconds(Said("PATCHFORGE_FUZZ_SECONDS") ?? seconds);
        Seed = (Said("PATCHFORGE_FUZZ_SEED") ?? 1) is > 0 and var said ? said : Environment.TickCount & int.MaxValue;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"PATCHFORGE_FUZZ_SEED={Seed}"));
    }

    public int Seed { get; }

    /// <summary>Which case runs; each has a seed of its own, so that one can be run alone: the first of the seed that is told.</summary>
    public int Cases { get; private set; }

    public bool Next(out int seed)
    {
        seed = unchecked(Seed + Cases);
        var more = Cases == 0 || (_watch.Elapsed < _time && !TestContext.Current.CancellationToken.IsCancellationRequested);
        Cases += more ? 1 : 0;
        return more;
    }

    private static int? Said(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
