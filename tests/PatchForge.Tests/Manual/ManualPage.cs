using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using System.Xml.XPath;
using System.Xml.Xsl;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Manual;

/// <summary>The MPM's page in the manual of one line: its source (itk.xml), and the page that is shipped (itk.html.en).</summary>
internal sealed partial class ManualPage
{
    private readonly XElement _source;

    public ManualPage(string line)
    {
        Line = line;
        _source = XElement.Load(Reader(), LoadOptions.PreserveWhitespace);
    }

    public string Line { get; }

    public string HtmlPath => $"src/mpm-itk/{Line}/docs/manual/mod/itk.html.en";

    public string Html => File.ReadAllText(Path.Combine(Golden.Home, HtmlPath));

    /// <summary>All that the source says, without its elements.</summary>
    public string Text => _source.Value;

    /// <summary>Directives that the page describes itself.</summary>
    public ImmutableSortedSet<string> Own => Names(synopsis => synopsis.Attribute("location") is null);

    /// <summary>Directives that it takes, and another page of the manual describes.</summary>
    public ImmutableSortedSet<string> Others => Names(synopsis => synopsis.Attribute("location") is not null);

    /// <summary>Names in the list at the page's head.</summary>
    public ImmutableSortedSet<string> Listed => [.. HtmlListed().Matches(HtmlList().Match(Html).Value).Select(match => match.Groups["name"].Value)];

    /// <summary>Names that the page has a section of.</summary>
    public ImmutableSortedSet<string> Described => [.. HtmlSyntax().Matches(Html).Select(match => match.Groups["name"].Value)];

    /// <summary>The table of modules: a name and a verdict, as <c>mod_cgid refused</c>.</summary>
    public ImmutableSortedSet<string> Verdicts =>
    [
        .. _source.Elements("section").Single(section => section.Attribute("id")?.Value == "modules").Descendants("tr")
            .Select(row => row.Elements("td").Take(2).Select(cell => cell.Value).ToArray())
            .Where(cells => cells.Length == 2)
            .Select(cells => $"{cells[0]} {cells[1]}"),
    ];

    public ImmutableSortedSet<string> HtmlVerdicts =>
        [.. HtmlRow().Matches(Html).Select(match => $"{match.Groups["name"].Value} {match.Groups["verdict"].Value}")];

    /// <summary>What the source has as the directive's default, as <c>ItkQueueDepth 511</c>.</summary>
    public string DefaultOf(string directive) =>
        _source.Elements("directivesynopsis").Single(synopsis => synopsis.Element("name")?.Value == directive).Element("default")?.Value ?? "";

    /// <summary>What src/mpm-itk/manual makes of the source.</summary>
    public string Render()
    {
        var style = new XslCompiledTransform();
        style.Load(Path.Combine(Golden.Home, "src", "mpm-itk", "manual", $"page-{Line}.xsl"), XsltSettings.Default, new XmlUrlResolver());
        using var page = new MemoryStream();
        using (var source = Reader())
        using (var writer = XmlWriter.Create(page, style.OutputSettings))
        {
            style.Transform(new XPathDocument(source, XmlSpace.Preserve), writer);
        }

        page.Position = 0;
        using var text = new StreamReader(page, style.OutputSettings?.Encoding ?? Encoding.UTF8); // which takes off the mark at its beginning
        return text.ReadToEnd() + "\n";
    }

    private ImmutableSortedSet<string> Names(Func<XElement, bool> these) =>
        [.. _source.Elements("directivesynopsis").Where(these).Select(synopsis => synopsis.Element("name")?.Value ?? "")];

    /// <summary>The manual's DTD is not here; the page has none of its entities.</summary>
    private XmlReader Reader() => XmlReader.Create(
        Path.Combine(Golden.Home, "src", "mpm-itk", Line, "docs", "manual", "mod", "itk.xml"),
        new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });

    [GeneratedRegex("""<ul id="toc">.*?</ul>""", RegexOptions.Singleline)]
    private static partial Regex HtmlList();

    [GeneratedRegex("""<img alt="" src="\.\./images/(?:right|down)\.gif"(?: /)?> <a href="[^"]+">(?<name>[A-Z]\w+)</a></li>""")]
    private static partial Regex HtmlListed();

    [GeneratedRegex("""Syntax:</a></th><td><code>(?<name>\w+)""")]
    private static partial Regex HtmlSyntax();

    [GeneratedRegex("""<tr><td><code[^>]*>(?:<a[^>]*>)?(?<name>\w+)(?:</a>)?</code></td><td>(?<verdict>adapted|refused)</td>""")]
    private static partial Regex HtmlRow();
}
