using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>Where sources may come from, as the command line says.</summary>
public sealed record SourceOptions
{
    /// <summary><c>--distdir DIR</c>: looked into first, and where downloads go.</summary>
    public string? Distdir { get; init; }

    /// <summary><c>--git DIR</c>: a clone of upstream, or a folder of clones; the source is unofficial then.</summary>
    public string? Git { get; init; }

    /// <summary><c>--unofficial</c>: a file that is not the published one will do.</summary>
    public bool Unofficial { get; init; }

    /// <summary><c>--trust-first-use</c>: accept and record a file of which nothing was published.</summary>
    public bool TrustFirstUse { get; init; }

    /// <summary>Nothing is downloaded, as in <c>status</c> and <c>verify</c>.</summary>
    public bool Offline { get; init; }

    /// <summary>How often an address is tried when a connection fails.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>The pause before the second attempt; each further one is twice as long.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>A folder that may hold distfiles.</summary>
/// <param name="Because">What names it: <c>--distdir</c>.</param>
public sealed record DistfilePlace(string Folder, string Because)
{
    public override string ToString() => $"{Folder} ({Because})";
}

/// <summary>Where the tool keeps what it can make again.</summary>
public static class UserCache
{
    /// <summary><c>$XDG_CACHE_HOME/patchforge</c>, or <c>~/.cache/patchforge</c> (XDG Base Directory Specification).</summary>
    /// <exception cref="Failure">Missing: neither XDG_CACHE_HOME nor HOME is set.</exception>
    public static string Folder(Func<string, string?> variable) =>
        variable("XDG_CACHE_HOME") is ['/', ..] cache
            ? Path.Combine(cache, "patchforge")
            : variable("HOME") is ['/', ..] home
                ? Path.Combine(home, ".cache", "patchforge")
                : throw Failure.Missing("neither XDG_CACHE_HOME nor HOME says where the cache is", "set HOME to your home folder");
}
