using System.Collections.Immutable;

namespace PatchForge.Httpd;

/// <summary>A module that may have been built as a file of its own.</summary>
/// <param name="Name">What LoadModule calls it: <c>alias_module</c>.</param>
/// <param name="File"><c>mod_alias.so</c>.</param>
public sealed record ModuleFile(string Name, string File);

/// <summary>
/// How httpd.conf is written for a line of httpd, as far as it is not the same in all of them. Whoever writes one
/// asks here and knows no version.
/// </summary>
public sealed record Dialect
{
    private Dialect() { }

    /// <summary>As the settings name it: <c>2.0</c>, <c>2.4</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The modules without which nothing is served: access, and in 2.4 who the server is. They come before any other directive.</summary>
    public required ImmutableArray<ModuleFile> Basic { get; init; }

    /// <summary>Inside a Directory: everybody may ask.</summary>
    public required ImmutableArray<string> Granted { get; init; }

    /// <summary>Source files of the MPMs that count threads and know no spare servers, as IfModule names them.</summary>
    public required ImmutableArray<string> Threaded { get; init; }

    /// <summary>Marks of an entry of the error log that is worse than a warning.</summary>
    public required ImmutableArray<string> Errors { get; init; }

    /// <summary>2.0 has one lock by a name of its own, and hosts by name and a type for all files that are told apart.</summary>
    private bool IsOld { get; init; }

    public static Dialect Httpd20 { get; } = new()
    {
        Name = "2.0",
        Basic = [new("access_module", "mod_access.so")],
        Granted = [],
        Threaded = ["worker.c"],
        Errors = ["[error]", "[crit]", "[alert]", "[emerg]"],
        IsOld = true,
    };

    public static Dialect Httpd24 { get; } = new()
    {
        Name = "2.4",
        Basic = [new("authz_core_module", "mod_authz_core.so"), new("unixd_module", "mod_unixd.so")],
        Granted = ["Require all granted"],
        Threaded = ["event.c", "worker.c"],
        Errors = [":error]", ":crit]", ":alert]", ":emerg]"], // with the module's name before them
    };

    public static ImmutableArray<Dialect> All { get; } = [Httpd20, Httpd24];

    public static Dialect? Find(string name) => All.FirstOrDefault(dialect => dialect.Name == name);

    /// <summary>LoadModule lines for those of the basic modules and of <paramref name="used"/> that are files; the others are built in.</summary>
    /// <param name="folder">Of the modules, inside the root.</param>
    public IEnumerable<string> Load(string folder, ImmutableArray<string> files, ImmutableArray<ModuleFile> used) =>
        Basic.Concat(used).Where(module => files.Contains(module.File)).Select(module => $"LoadModule {module.Name} {folder}/{module.File}");

    /// <summary>How processes take turns at accepting.</summary>
    /// <param name="mechanism">fcntl, sysvsem, …: both lines know the same names.</param>
    /// <param name="folder">For a mechanism that is a file.</param>
    public ImmutableArray<string> AcceptMutex(string mechanism, string folder) => IsOld
        ? [$"LockFile {folder}/accept.lock", $"AcceptMutex {mechanism}"]
        : [mechanism == "sysvsem" ? "Mutex sysvsem default" : $"Mutex {mechanism}:{folder} default"];

    /// <summary>Before the hosts of an address that are told apart by name; 2.4 takes every address for such a one.</summary>
    public ImmutableArray<string> NamedHosts(string address) => IsOld ? [$"NameVirtualHost {address}"] : [];

    /// <summary>The type of files that mod_mime knows none for; 2.4 has no such directive any more.</summary>
    public ImmutableArray<string> DefaultType(string type) => IsOld ? [$"DefaultType {type}"] : [];

    /// <summary>Lines that only an MPM without threads knows.</summary>
    public IEnumerable<string> WithoutThreads(params IReadOnlyList<string> lines) =>
    [
        .. Threaded.Select(file => $"<IfModule !{file}>"),
        .. lines,
        .. Threaded.Select(_ => "</IfModule>"),
    ];
}
