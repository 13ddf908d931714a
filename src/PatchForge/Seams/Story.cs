namespace PatchForge.Seams;

/// <summary>
/// The story of a run, told on standard error; the answer goes to standard output and is not told here.
/// Progress is drawn only on a terminal; elsewhere a step is one line when it begins.
/// </summary>
public interface IStory
{
    /// <summary>One line of the story, shown always.</summary>
    void Say(string line);

    /// <summary>Something the user should know that does not end the command. The same sentence again is not told again.</summary>
    void Warn(string line);

    /// <summary>Shown with <c>-v</c> only: each external command, ready to paste.</summary>
    void Detail(string line);

    /// <summary>
    /// Runs a step that may take long under a title, with a bar when the total is known (bytes, files or
    /// steps: the unit does not matter to the bar).
    /// </summary>
    Task<T> During<T>(string title, Func<IStepProgress, Task<T>> step);
}

/// <summary>How a step tells how far it is. Safe to call from any thread.</summary>
public interface IStepProgress
{
    /// <param name="done">Units done so far.</param>
    /// <param name="total">Units in all, or null when not known.</param>
    void Report(long done, long? total);

    /// <summary>What is being done at this moment, a few words.</summary>
    void Now(string what);
}
