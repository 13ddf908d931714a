using System.Collections.Immutable;
using System.Text;
using PatchForge.Seams;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PatchForge.Settings;

/// <summary>
/// YAML bytes as positioned pieces. It is less than YAML 1.2 on purpose: one document, UTF-8, no anchors, aliases or tags, no key
/// twice (YAML 1.2.2 section 3.2.1.1 forbids that, parsers mostly do not look), at most 1 MiB and 16 levels. What is left
/// means the same to every reader and cannot be blown up by aliases.
/// </summary>
internal static class YamlText
{
    private const int MostBytes = 1 << 20;
    private const int DeepestLevel = 16;

    /// <exception cref="Failure">Refused, with file, line and column.</exception>
    public static YamlPiece Parse(string file, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MostBytes)
        {
            throw Failure.Refused($"the file has {bytes.Length} bytes and at most {MostBytes} are read", "is it the right file?", new FileLocation(file));
        }

        var text = Decode(file, bytes.Span);
        var parser = new Parser(new StringReader(text));
        try
        {
            return Document(file, parser);
        }
        catch (InvalidOperationException wrong)
        {
            // What YamlDotNet's scanner throws when a plain scalar meets the end of a flow: the last event tells where.
            throw Failure.Refused(
                "this is not YAML: a list or mapping in brackets is not closed, or something in it is not a value",
                "look at the brackets from here on",
                At(file, parser.Current?.End ?? Mark.Empty),
                wrong);
        }
        catch (YamlException wrong)
        {
            // The parser marks what it was reading: its start is where a quote was opened, but a tab is at its end.
            var sentence = Sentence(wrong);
            var mark = sentence.Contains("tab character", StringComparison.Ordinal) ? wrong.End : wrong.Start;
            throw Failure.Refused(
                "this is not YAML: " + sentence,
                "check indentation (spaces, no tabs), quotes, brackets and the colons of keys",
                At(file, mark),
                wrong);
        }
    }

    private static string Sentence(YamlException wrong)
    {
        var text = wrong.InnerException?.Message ?? wrong.Message;
        return text.Split('\n')[0].TrimEnd('.', '\r');
    }

    private static string Decode(string file, ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes.StartsWith("\xEF\xBB\xBF"u8) ? bytes[3..] : bytes);
        }

        var good = 0;
        while (good < bytes.Length && Rune.DecodeFromUtf8(bytes[good..], out _, out var width) == System.Buffers.OperationStatus.Done)
        {
            good += width;
        }

        var line = bytes[..good].Count((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(bytes[(bytes[..good].LastIndexOf((byte)'\n') + 1)..good]) + 1;
        throw Failure.Refused($"the byte 0x{bytes[good]:x2} is not UTF-8", "save the file as UTF-8", new FileLocation(file, line, column));
    }

    private static YamlPiece Document(string file, Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            throw Failure.Refused("the file is empty", "see docs/settings.md for what belongs into it", new FileLocation(file, 1, 1));
        }

        parser.Consume<DocumentStart>();
        var root = Piece(file, parser, 1);
        parser.Consume<DocumentEnd>();
        return parser.Accept<DocumentStart>(out var second)
            ? throw Failure.Refused("a second document starts here", "one file is one document: take the line '---' out", At(file, second.Start))
            : root;
    }

    private static YamlPiece Piece(string file, Parser parser, int level)
    {
        if (level > DeepestLevel)
        {
            throw Failure.Refused($"this is nested more than {DeepestLevel} levels deep", "nothing in the settings is that deep", At(file, parser.Current!.Start));
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            throw Failure.Refused($"the alias '*{alias.Value}' is refused", "write the value out", At(file, alias.Start));
        }

        if (parser.Current is NodeEvent node && (!node.Anchor.IsEmpty || !(node.Tag.IsEmpty || node.Tag.IsNonSpecific)))
        {
            throw Failure.Refused("anchors (&name) and tags (!name) are refused", "write the value out", At(file, node.Start));
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new YamlScalar(scalar.Value, scalar.Style != ScalarStyle.Plain, At(file, scalar.Start));
        }

        if (parser.TryConsume<SequenceStart>(out var list))
        {
            var items = ImmutableArray.CreateBuilder<YamlPiece>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Piece(file, parser, level + 1));
            }

            return new YamlList(items.ToImmutable(), At(file, list.Start));
        }

        return Mapping(file, parser, level);
    }

    private static YamlMap Mapping(string file, Parser parser, int level)
    {
        var start = parser.Consume<MappingStart>();
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (Piece(file, parser, level + 1) is not YamlScalar key)
            {
                throw Failure.Refused("a key must be plain text", at: At(file, start.Start));
            }

            if (entries.FirstOrDefault(entry => entry.Key == key.Value) is { } first)
            {
                throw Failure.Refused($"the key '{key.Value}' is here for the second time", $"the first is in line {first.KeyAt.Line}: keep one of the two", key.At);
            }

            entries.Add(new YamlEntry(key.Value, key.At, Piece(file, parser, level + 1)));
        }

        return new YamlMap(entries.ToImmutable(), At(file, start.Start));
    }

    private static FileLocation At(string file, Mark mark) => new(file, (int)mark.Line, (int)mark.Column);
}
