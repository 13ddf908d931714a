using System.Collections.Immutable;
using PatchForge.Host;
using PatchForge.Seams;

namespace PatchForge.Tests.Shared;

/// <summary>The tool as a process of its own, with a clean environment, as a user runs it.</summary>
internal static class Tool
{
    /// <summary>What was built with the tests; PATCHFORGE_TOOL names another one, such as the published.</summary>
    public static string Path { get; } = System.Environment.GetEnvironmentVariable("PATCHFORGE_TOOL") is { Length: > 0 } named
        ? System.IO.Path.GetFullPath(named)
        : System.IO.Path.Combine(AppContext.BaseDirectory, "patchforge");

    public static Task<ProcessAnswer> Run(TinyForge forge, CancellationToken cancel, params string[] arguments) =>
        new Processes(new SilentStory()).Run(Request(forge, arguments), cancel);

    public static ProcessRequest Request(TinyForge forge, params string[] arguments) => new(Path, arguments)
    {
        WorkingDirectory = forge.Home,
        CleanEnvironment = true,
        Environment = Environment(forge),
    };

    public static ImmutableSortedDictionary<string, string> Environment(TinyForge forge) =>
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
            .Add("DISTDIR", forge.Distdir)
            .Add("XDG_CACHE_HOME", forge.Cache)
            .Add("HOME", forge.Cache)
            .Add("PATH", System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin")
            .Add("DOTNET_ROOT", System.IO.Path.GetDirectoryName(System.Environment.ProcessPath is { } own && own.EndsWith("/dotnet", StringComparison.Ordinal) ? own : DotnetRoot()) ?? "");

    private static string DotnetRoot() => System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "/", "..", "..", "..", "dotnet");
}
