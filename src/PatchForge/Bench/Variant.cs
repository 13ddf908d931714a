using System.Collections.Immutable;

namespace PatchForge.Bench;

/// <summary>A server that is measured.</summary>
/// <param name="Image">The build variant that its image is of; several servers can be of one image.</param>
/// <param name="OwnUsers">It takes AssignUserID, and each site has a user.</param>
/// <param name="Lines">What its configuration has that no other's has.</param>
/// <param name="DeferAccept">TCP_DEFER_ACCEPT is set on its listening socket from outside.</param>
public sealed record Variant(string Name, string Image, string What, bool OwnUsers, ImmutableArray<string> Lines, bool DeferAccept = false)
{
    public const string Prefork = "prefork";
    public const string Tuned = "prefork-tuned";
    public const string Classic = "classic";
    public const string Switch = "switch";
    public const string Fork = "fork";
    public const string Pool = "pool";

    public static ImmutableArray<Variant> All { get; } =
    [
        new(Prefork, "prefork", "httpd's own MPM, every site as one user: what the others are compared with", false, []),
        new(
            Tuned,
            "prefork",
            "prefork with TCP_DEFER_ACCEPT on its socket. 2.0 has no directive for it, so the bench sets the option from outside. With one Listen, prefork on Linux takes no AcceptMutex, so there is none to choose",
            false,
            [],
            DeferAccept: true),
        new(Classic, "classic", "a process a connection, as the original mpm-itk; lab only", true, []),
        new(Switch, "switch", "setresuid there and back; insecure, lab only", true, []),
        new(Fork, "itk", "dispatcher and workers, one connection a worker", true, ["ItkModel fork", BenchPlace.DispatcherLine]),

        // Workers stay for longer than a run takes: what is measured is a warm pool, and the cold one by itself.
        new(Pool, "itk", "dispatcher and workers that stay", true, ["ItkModel pool", BenchPlace.DispatcherLine, "ItkIdleTimeout 3600"]),
    ];

    /// <summary>Throws for a name that is not in <see cref="All"/>: workloads are data of this room.</summary>
    public static Variant Of(string name) => All.Single(variant => variant.Name == name);
}
