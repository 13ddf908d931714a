using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace PatchForge.Overlays;

/// <summary>
/// profiles/use.local.desc (PMS section 4.4.9): the flags of every package's metadata.xml, for tools that read no XML,
/// as <c>egencache --update-use-local-desc</c> writes it.
/// </summary>
public static partial class UseLocalDesc
{
    private const string Head = """
        # This file is deprecated as per GLEP 56 in favor of metadata.xml. Please add
        # your descriptions to your package's metadata.xml ONLY.
        # * generated automatically using egencache *


        """;

    /// <summary>UTF-8; a line <c>category/package:flag - description</c> each, by package and flag in the order of code points.</summary>
    public static byte[] Of(OverlayFolder overlay)
    {
        var text = new StringBuilder(Head);
        foreach (var (category, package, folder) in OverlayRules.Packages(overlay))
        {
            if (overlay.Ebuilds(category, package).IsEmpty)
            {
                continue;
            }

            foreach (var (flag, description) in Flags(overlay.Read(folder + "/metadata.xml")))
            {
                text.Append(category).Append('/').Append(package).Append(':').Append(flag).Append(" - ").Append(description).Append('\n');
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A file that is no XML has no flags here; the rule metadata-xml says what is wrong with it.</summary>
    private static ImmutableSortedDictionary<string, string> Flags(byte[]? content)
    {
        var flags = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (content is null)
        {
            return flags.ToImmutable();
        }

        try
        {
            using var reader = XmlReader.Create(new MemoryStream(content), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            var uses = XDocument.Load(reader).Root?.Elements("use").Where(use => use.Attribute("lang") is null or { Value: "en" });
            foreach (var flag in uses?.Elements("flag") ?? [])
            {
                // One that holds for all versions is better than one that is restricted to some.
                var name = flag.Attribute("name")?.Value ?? "";
                if (!flags.ContainsKey(name) || flag.Attribute("restrict") is null)
                {
                    flags[name] = Blanks().Replace(flag.Value, " ").Trim();
                }
            }
        }
        catch (XmlException)
        {
        }

        return flags.ToImmutable();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
