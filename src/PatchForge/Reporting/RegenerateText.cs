using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>ebuild</c>, <c>manifest</c> and <c>cache</c> say on standard output.</summary>
public static class RegenerateText
{
    public static string Of(RegenerateAloneAnswer answer) =>
        string.Concat(answer.Notes.Select(note => $"note: {note}\n"))
        + (answer.Changed.IsEmpty ? $"{answer.Part}: nothing changed\n"
            : string.Concat(answer.Changed.Select(path => $"{(answer.Check ? "differs" : "wrote")}: {path}\n")));
}
