using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using PatchForge.Seams;

namespace PatchForge.Ebuilds;

/// <summary>
/// An ebuild with holes: <c>@{name}</c> or <c>@{name argument …}</c>. A hole that stands alone on its line may
/// become several lines, each indented as the hole was; the others become text without a line feed. What a hole
/// is called and takes is <see cref="EbuildGenerator"/>'s to say; everything else is copied byte for byte.
/// </summary>
public sealed partial class EbuildTemplate
{
    private readonly ImmutableArray<string> _lines;
    private readonly string _file;

    private EbuildTemplate(ImmutableArray<string> lines, string file) => (_lines, _file) = (lines, file);

    /// <exception cref="Failure">Refused, with file and line.</exception>
    public static EbuildTemplate Parse(ReadOnlySpan<byte> content, string file)
    {
        if (!System.Text.Unicode.Utf8.IsValid(content))
        {
            throw Failure.Refused("an ebuild template is UTF-8 (PMS section 6.1)", at: new(file));
        }

        var text = Encoding.UTF8.GetString(content);
        if (text.Length == 0 || text[^1] != '\n')
        {
            throw Failure.Refused("an ebuild template ends with a line feed", at: new(file, text.Count(c => c == '\n') + 1));
        }

        var lines = text[..^1].Split('\n').ToImmutableArray();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Contains('\r', StringComparison.Ordinal))
            {
                throw Failure.Refused("a carriage return in an ebuild template", at: new(file, i + 1));
            }
        }

        return new(lines, file);
    }

    /// <param name="fill">
    /// The lines for a hole, given its words (name, then arguments); null for a hole that it does not know.
    /// </param>
    /// <exception cref="Failure">Refused, with the hole's line, when nobody can fill it.</exception>
    public string Render(Func<ImmutableArray<string>, ImmutableArray<string>?> fill)
    {
        var text = new StringBuilder();
        for (var i = 0; i < _lines.Length; i++)
        {
            var at = new FileLocation(_file, i + 1);
            if (Alone().Match(_lines[i]) is { Success: true } alone)
            {
                var indent = alone.Groups["indent"].Value;
                foreach (var line in Fill(alone.Groups["words"].Value, fill, at))
                {
                    text.Append(line.Length == 0 ? "" : indent + line).Append('\n');
                }

                continue;
            }

            text.Append(Hole().Replace(_lines[i], hole => Inline(Fill(hole.Groups["words"].Value, fill, at), at))).Append('\n');
        }

        return text.ToString();
    }

    private static ImmutableArray<string> Fill(
        string words, Func<ImmutableArray<string>, ImmutableArray<string>?> fill, FileLocation at) =>
        fill([.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
            ?? throw Failure.Refused($"the template asks for '{words}', and there is no such thing to put there", at: at);

    private static string Inline(ImmutableArray<string> lines, FileLocation at) =>
        lines.Length switch
        {
            0 => "",
            1 => lines[0],
            _ => throw Failure.Refused("a hole that becomes several lines has to stand alone on its line", at: at),
        };

    [GeneratedRegex(@"\A(?<indent>[\t ]*)@\{(?<words>[^}]*)\}\z")]
    private static partial Regex Alone();

    [GeneratedRegex(@"@\{(?<words>[^}]*)\}")]
    private static partial Regex Hole();
}
