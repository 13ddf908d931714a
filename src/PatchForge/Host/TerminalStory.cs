#pragma warning disable RS0030 // This is the door that the banned symbols point to.
using System.Collections.Concurrent;
using PatchForge.Seams;
using Spectre.Console;

namespace PatchForge.Host;

/// <summary>
/// The story on standard error. On a terminal a long step has a moving line or a bar; elsewhere (a pipe, CI,
/// TERM=dumb) a step that takes longer than a moment is a line, and one more when it took very long.
/// </summary>
public sealed class TerminalStory : IStory
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private readonly Lazy<IAnsiConsole> _console;
    private readonly bool _moves;
    private readonly bool _quiet;
    private readonly bool _verbose;
    private readonly IClock _clock;
    private readonly Lock _lines = new();
    private readonly ConcurrentDictionary<string, byte> _warned = new(StringComparer.Ordinal);
    private int _running;

    /// <param name="quiet">Steps are not told (the answer is JSON on a pipe and nobody watches); warnings are.</param>
    public TerminalStory(IClock clock, bool verbose, bool quiet)
    {
        _clock = clock;
        _verbose = verbose;
        _quiet = quiet;
        _moves = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");
        _console = new Lazy<IAnsiConsole>(() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));
    }

    public void Say(string line)
    {
        if (!_quiet)
        {
            Line(line, null);
        }
    }

    public void Warn(string line)
    {
        if (_warned.TryAdd(line, 0))
        {
            Line("warning: " + line, Color.Yellow);
        }
    }

    public void Detail(string line)
    {
        if (_verbose)
        {
            Line("+ " + line, Color.Grey);
        }
    }

    public async Task<T> During<T>(string title, Func<IStepProgress, Task<T>> step)
    {
        // Spectre draws one live display at a time: a step inside a step is told as lines.
        if (!_moves || _verbose || _quiet || Interlocked.Exchange(ref _running, 1) == 1)
        {
            return await Plainly(title, step);
        }

        try
        {
            return await _console.Value.Progress()
                .AutoClear(true)
                .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
                .StartAsync(async context =>
                {
                    var task = context.AddTask(Markup.Escape(title), maxValue: 1);
                    task.IsIndeterminate = true;
                    return await step(new Bar(task, title));
                });
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>A step that is over in a moment is not worth a line; a longer one is told while it runs.</summary>
    private async Task<T> Plainly<T>(string title, Func<IStepProgress, Task<T>> step)
    {
        var begin = _clock.Elapsed;
        var running = step(Silent.Instance);
        if (await Task.WhenAny(running, Task.Delay(Moment, CancellationToken.None)) != running)
        {
            Say(title + " …");
        }

        var answer = await running;
        var took = _clock.Elapsed - begin;
        if (took > TimeSpan.FromSeconds(10))
        {
            Say($"{title}: {took.TotalSeconds:F0} s");
        }

        return answer;
    }

    private void Line(string line, Color? color)
    {
        lock (_lines)
        {
            if (_moves)
            {
                // Through Spectre even without a colour, so that the line lands above a bar that is drawn.
                _console.Value.Write(new Text(line + "\n", new Style(color)));
            }
            else
            {
                Console.Error.WriteLine(line);
            }
        }
    }

    private sealed class Bar(ProgressTask task, string title) : IStepProgress
    {
        public void Report(long done, long? total)
        {
            if (total is > 0)
            {
                task.IsIndeterminate = false;
                task.MaxValue = total.Value;
                task.Value = done;
            }
        }

        public void Now(string what) => task.Description = Markup.Escape($"{title}: {(what.Length > 60 ? what[..60] : what)}");
    }

    private sealed class Silent : IStepProgress
    {
        public static readonly Silent Instance = new();

        public void Report(long done, long? total)
        {
            // Nobody watches.
        }

        public void Now(string what)
        {
            // Nobody watches.
        }
    }
}
