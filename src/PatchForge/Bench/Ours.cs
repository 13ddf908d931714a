namespace PatchForge.Bench;

/// <summary>The MPM of this repository, which every line has.</summary>
internal static class Ours
{
    public static Variant Fork { get; } =
        new(Variant.Fork, "itk", "dispatcher and workers, one connection a worker", true, ["ItkModel fork", BenchPlace.DispatcherLine]);

    /// <summary>Workers stay for longer than a run takes: what is measured is a warm pool, and the cold one by itself.</summary>
    public static Variant Pool { get; } =
        new(Variant.Pool, "itk", "dispatcher and workers that stay", true, ["ItkModel pool", BenchPlace.DispatcherLine, "ItkIdleTimeout 3600"]) { KeepsWorkers = true };
}
