using System.Collections.Immutable;
using System.Text.RegularExpressions;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Tests.Reporting;

/// <summary>A person decides by this view: on no terminal may a character of either side be missing.</summary>
public sealed partial class ConflictTextTests
{
    private const string Long = "    if (apr_table_get(r->headers_in, \"X-Forwarded-For\") != NULL && r->connection->remote_ip != conf->trusted_proxy) { /* 𝒰𝓃𝒾 */ return DECLINED; }";
    private const string Other = "    if (r->proxyreq) return DECLINED;";

    [Theory]
    [InlineData(60, false)]
    [InlineData(61, false)]
    [InlineData(80, false)]
    [InlineData(80, true)]
    [InlineData(400, false)]
    public void A_line_that_is_too_long_goes_on_below_itself_and_nothing_of_either_side_is_lost(int width, bool colours)
    {
        var text = ConflictText.Of([Conflict(Long, Other), Conflict(Other, Long)], new Screen(width, colours));
        var rows = Escapes().Replace(text, "").Split('\n').Where(line => line.Contains(" | ", StringComparison.Ordinal)).ToArray();
        var half = (width - 3) / 2;

        Assert.All(rows, row => Assert.True(row.Length <= width, row));
        // A row's number, and what is left of the side: in order, the whole line once on each side.
        foreach (var side in (Func<string, string>[])[row => row[4..half], row => row.Length > half + 7 ? row[(half + 7)..].PadRight(half - 4) : ""])
        {
            var all = string.Concat(rows.Select(side));
            Assert.Contains(Long, all, StringComparison.Ordinal);
            Assert.Contains(Other, all, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(rows, row => char.IsLowSurrogate(row[4]) || row.EndsWith('\ud835'));
        Assert.Equal(width < 300, rows.Any(row => row.StartsWith("  … ", StringComparison.Ordinal)));
    }

    private static ConflictFacts Conflict(string left, string right) => new(
        "server/core.c", "both changed it", null, "httpd 2.0.65", "base", "0100-extra.patch",
        [new ConflictBlock(120, [left], [], [right], [new ShownRow(120, Pieces(left), 121, Pieces(right))])]);

    private static ImmutableArray<ShownPiece> Pieces(string line) => [new ShownPiece(line[..12], false), new ShownPiece(line[12..], true)];

    [GeneratedRegex("\x1b\\[[0-9]*m")]
    private static partial Regex Escapes();
}
