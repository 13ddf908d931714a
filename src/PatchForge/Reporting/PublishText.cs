using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>publish</c> says on standard output.</summary>
public static class PublishText
{
    public static string Of(PublishAnswer answer) =>
        string.Concat(answer.Written.Select(path => $"wrote: {path}\n"))
        + string.Concat(answer.Removed.Select(path => $"removed: {path}\n"))
        + (answer is { Written.IsEmpty: true, Removed.IsEmpty: true } ? $"nothing changed in {answer.Folder}\n" : $"the repository is in {answer.Folder}\n");
}
