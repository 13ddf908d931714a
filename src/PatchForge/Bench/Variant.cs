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
    public const string Event = "event";

    /// <summary>The original, as a distribution's package has it.</summary>
    public const string MpmItk = "mpm-itk";

    /// <summary>Its MPM serves with threads, and has no spare servers but spare threads.</summary>
    public bool Threads { get; init; }

    /// <summary>A user's processes stay when he is served: they are warm before anything counts.</summary>
    public bool KeepsWorkers { get; init; }

    /// <summary>Scripts are run by PHP-FPM, a pool a user, whose children come in this way; null where the server runs them itself.</summary>
    public FpmManager? Pools { get; init; }

    /// <summary>Files of the root, from packages, without which it does not start.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];
}

/// <summary>The ways of <c>pm</c> (php-fpm.conf(5)) that are measured.</summary>
public enum FpmManager
{
    /// <summary>All children of a pool are there from the start.</summary>
    Static,

    /// <summary>None is there before somebody asks: what the documentation has for many pools.</summary>
    OnDemand,
}
