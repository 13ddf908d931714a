using System.Collections.Immutable;

namespace PatchForge.Seams;

/// <summary>
/// One run of an external program, by argument list and never through a shell. The child gets LC_ALL=C and
/// TZ=UTC over the environment of the tool (or over an empty one with <see cref="CleanEnvironment"/>).
/// </summary>
public sealed record ProcessRequest(string Program, ImmutableArray<string> Arguments)
{
    public ProcessRequest(string program, params ReadOnlySpan<string> arguments)
        : this(program, ImmutableArray.Create(arguments))
    {
    }

    public string? WorkingDirectory { get; init; }

    public bool CleanEnvironment { get; init; }

    public ImmutableSortedDictionary<string, string> Environment { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Bytes for standard input; standard input is empty when null.</summary>
    public ReadOnlyMemory<byte>? Input { get; init; }

    /// <summary>Called with each line of either stream as it comes (without its line feed), for logs and progress.</summary>
    public Action<string>? OnLine { get; init; }

    /// <summary>The child has the terminal itself (a shell in a root): nothing is captured and it stays in our process group.</summary>
    public bool Interactive { get; init; }

    /// <summary>After this time the whole process group is killed and the run fails; null waits for ever.</summary>
    public TimeSpan? TimeLimit { get; init; }
}

/// <summary>What a program answered. Output and error are decoded as UTF-8 with replacement.</summary>
public sealed record ProcessAnswer(int ExitCode, string Output, string Error, bool TimedOut = false)
{
    public bool Succeeded => ExitCode == 0 && !TimedOut;
}

/// <summary>The only way to another program. Cancelling kills the child's whole process group.</summary>
public interface IProcesses
{
    /// <exception cref="Failure">Missing, when the program is not on this machine.</exception>
    Task<ProcessAnswer> Run(ProcessRequest request, CancellationToken cancel);

    /// <summary>The absolute path of a program on PATH, or null.</summary>
    string? Find(string program);
}
