using System.Collections;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PatchForge.Settings;

/// <summary>A mapping to be written, in its order. A value is a string, a yes or no, a mapping, or a list of these.</summary>
public sealed class YamlEntries : IEnumerable<KeyValuePair<string, object>>
{
    private readonly List<KeyValuePair<string, object>> _entries = [];

    public void Add(string key, object value) => _entries.Add(new(key, value));

    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// YAML that means the same to readers of 1.1 and 1.2: text is quoted unless it is letters that no reader takes for
/// anything else, and text of several lines is a literal block.
/// </summary>
public static partial class YamlOutput
{
    public static string Of(YamlEntries document)
    {
        var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings().WithBestIndent(2).WithBestWidth(int.MaxValue).WithIndentedSequences().WithNewLine("\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, document);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Emit(Emitter emitter, object value)
    {
        switch (value)
        {
            case YamlEntries map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, map.Any() ? MappingStyle.Block : MappingStyle.Flow));
                foreach (var (key, below) in map)
                {
                    emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, key, ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false));
                    Emit(emitter, below);
                }

                emitter.Emit(new MappingEnd());
                break;
            case string text:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, Style(text), isPlainImplicit: true, isQuotedImplicit: true));
                break;
            case bool yes:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, yes ? "true" : "false", ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false));
                break;
            case IEnumerable list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
                foreach (var item in list)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            default:
                throw new InvalidOperationException($"{value.GetType()} is nothing that is written as YAML.");
        }
    }

    private static ScalarStyle Style(string text) =>
        text.Contains('\n', StringComparison.Ordinal) ? ScalarStyle.Literal : Plain().IsMatch(text) && !Word().IsMatch(text) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted;

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9./@_-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    /// <summary>What YAML 1.1 takes for a boolean or nothing (yaml.org/type/bool, null).</summary>
    [GeneratedRegex("^(y|yes|n|no|true|false|on|off|null)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
