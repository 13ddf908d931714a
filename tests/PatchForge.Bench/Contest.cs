using System.Collections.Immutable;
using System.Diagnostics;
using PatchForge.Bench;

namespace PatchForge.EngineBench;

/// <summary>One of the things that are compared: a whole process, from its start to its end.</summary>
/// <param name="Prepare">Makes the folder that the command runs in, for each measurement anew; its time does not count.</param>
/// <param name="Made">The folder that must hold what all arms make; null where nothing is made.</param>
internal sealed record Arm(string Name, Func<string> Prepare, string Program, ImmutableArray<string> Arguments, Func<string, string>? Made = null)
{
    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Seconds.</summary>
    public double Measure(string folder) => Run(folder).Seconds;

    /// <summary>What it says on standard output.</summary>
    public string Answer(string folder) => Run(folder).Output;

    private (double Seconds, string Output) Run(string folder)
    {
        var start = new ProcessStartInfo(Program, Arguments.Select(argument => argument.Replace("{folder}", folder, StringComparison.Ordinal)))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("A process was not started.");
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        watch.Stop();
        return process.ExitCode == 0 ? (watch.Elapsed.TotalSeconds, output) : throw new InvalidOperationException($"{Name} ended with {process.ExitCode}: {error.Result}{output}");
    }
}

/// <summary>The figures of an arm; a ratio is of two measurements of one round.</summary>
/// <param name="AgainstFirst">How often as long as the first arm; null for the first itself.</param>
internal sealed record Figures(string Arm, Spread Seconds, Interval? AgainstFirst);

/// <summary>Arms that do the same, measured in turn: every arm once a round, in an order drawn for each round.</summary>
internal sealed record Contest(string Name, ImmutableArray<Arm> Arms)
{
    /// <summary>
    /// Folders are deleted when all is measured: for some seconds after thousands of files were, ext4 is slow to make
    /// new ones, since it gives no inode out again at once (recently_deleted in fs/ext4/ialloc.c).
    /// </summary>
    /// <param name="told">Told what is being done.</param>
    public ImmutableArray<Figures> Run(int rounds, ulong seed, Action<string> told)
    {
        var used = new List<string>();
        try
        {
            return Measured(rounds, seed, told, used);
        }
        finally
        {
            used.ForEach(folder => Directory.Delete(folder, recursive: true));
        }
    }

    private ImmutableArray<Figures> Measured(int rounds, ulong seed, Action<string> told, List<string> used)
    {
        var draws = new Draws(seed);
        var seconds = Arms.ToDictionary(arm => arm.Name, _ => new List<double>(), StringComparer.Ordinal);
        WarmUp(used);
        for (var round = 1; round <= rounds; round++)
        {
            told($"{Name}: round {round} of {rounds}");
            foreach (var arm in draws.Shuffled(Arms))
            {
                var folder = arm.Prepare();
                used.Add(folder);
                seconds[arm.Name].Add(arm.Measure(folder));
            }
        }

        return
        [
            .. Arms.Select((arm, at) => new Figures(
                arm.Name,
                Statistics.Of(seconds[arm.Name]) ?? throw new InvalidOperationException("There is a round at least."),
                at == 0 ? null : Statistics.Bootstrap([.. seconds[arm.Name].Zip(seconds[Arms[0].Name], (one, first) => one / first)], seed))),
        ];
    }

    /// <summary>A run that does not count, in which the arms have to make the same files.</summary>
    private void WarmUp(List<string> used)
    {
        ImmutableSortedDictionary<string, string>? first = null;
        foreach (var arm in Arms)
        {
            var folder = arm.Prepare();
            used.Add(folder);
            arm.Measure(folder);
            if (arm.Made is { } made)
            {
                var files = Files(made(folder));
                first ??= files;
                if (!first.SequenceEqual(files))
                {
                    throw new InvalidOperationException($"{Name}: {arm.Name} makes other files than {Arms[0].Name}.");
                }
            }
        }
    }

    /// <summary>Every file but those of git and quilt themselves, with a digest of its content.</summary>
    private static ImmutableSortedDictionary<string, string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Name: Path.GetRelativePath(folder, file), File: file))
            .Where(file => file.Name.Split('/')[0] is not (".git" or ".pc" or "patches"))
            .ToImmutableSortedDictionary(
                file => file.Name,
                file => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file.File))),
                StringComparer.Ordinal);
}
