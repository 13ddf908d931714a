using PatchForge.Seams;

namespace PatchForge.Tests.Shared;

/// <summary>A story that nobody is told, but that remembers what was said.</summary>
internal sealed class SilentStory : IStory, IStepProgress
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Say(string line) => Add(line);

    public void Warn(string line) => Add("warning: " + line);

    public void Detail(string line) => Add("+ " + line);

    public Task<T> During<T>(string title, Func<IStepProgress, Task<T>> step)
    {
        Add(title);
        return step(this);
    }

    public void Report(long done, long? total)
    {
        // Progress is not part of the story's lines.
    }

    public void Now(string what) => Add(what);

    private void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}
