namespace PatchForge.Seams;

/// <summary>Commands as a person would paste them; for showing only, nothing is ever run from this text.</summary>
public static class ShellQuoting
{
    public static string Line(ProcessRequest request)
    {
        var words = request.Environment.Select(variable => variable.Key + "=" + Quote(variable.Value))
            .Append(Quote(request.Program))
            .Concat(request.Arguments.Select(Quote));
        var line = string.Join(' ', words);
        return request.WorkingDirectory is { } folder ? $"(cd {Quote(folder)} && {line})" : line;
    }

    /// <summary>One word of a POSIX shell command (POSIX.1-2017, Shell Command Language, 2.2.2).</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "@%+=:,./-_".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
