using System.Collections.Immutable;
using System.Text.RegularExpressions;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>A log that grows line by line, so that it is there when the run is killed. Safe from several threads.</summary>
internal sealed partial class LogFile(string path) : IAsyncDisposable
{
    private readonly StreamWriter _writer = new(path, append: false) { AutoFlush = true, NewLine = "\n" };
    private readonly Lock _lines = new();

    public void Write(string line)
    {
        lock (_lines)
        {
            _writer.WriteLine(line);
        }
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    /// <summary>The lines that most likely say why a build ended: its last errors, or its last lines.</summary>
    public static ImmutableArray<string> Telling(string path, int count)
    {
        var lines = File.ReadAllLines(path);
        var errors = lines.Where(line => ErrorLine().IsMatch(line)).TakeLast(count).ToImmutableArray();
        return errors.IsEmpty ? [.. lines.TakeLast(count)] : errors;
    }

    /// <summary>One line that says why a program failed.</summary>
    public static string LastWord(ProcessAnswer answer)
    {
        if (answer.TimedOut)
        {
            return "the time limit passed";
        }

        var lines = (answer.Error + "\n" + answer.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => ErrorLine().IsMatch(line)) ?? lines.LastOrDefault() ?? $"exit code {answer.ExitCode}";
    }

    // What gcc, ld, make, autoconf, configure and apt write before the reason.
    [GeneratedRegex(@"(\berror:|^E: |\*\*\* |undefined reference|configure: error|No such file or directory|possibly undefined macro|syntax error)", RegexOptions.CultureInvariant)]
    private static partial Regex ErrorLine();
}
