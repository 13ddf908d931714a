using System.Collections.Immutable;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Manual;

/// <summary>The manual's page says what the code does, in both lines, and the page that is shipped says what its source says.</summary>
public sealed class ManualPageTests
{
    /// <summary>prefork's and the core's directives that our table has as well; the manual describes them elsewhere.</summary>
    private static readonly ImmutableSortedSet<string> Preforks =
        ["MaxClients", "MaxRequestWorkers", "MaxSpareServers", "MinSpareServers", "ServerLimit", "StartServers"];

    /// <summary>The core's directives for its MPM (server/core.c): none of them is in our table.</summary>
    private static readonly ImmutableSortedSet<string> Cores =
        ["CoreDumpDirectory", "EnableExceptionHook", "MaxMemFree", "PidFile", "ScoreBoardFile"];

    private static readonly ImmutableDictionary<string, ImmutableSortedSet<string>> CoresOfLine =
        new Dictionary<string, ImmutableSortedSet<string>>
        {
            ["2.0"] = [.. Cores, "AcceptMutex", "LockFile", "MaxRequestsPerChild"],
            ["2.4"] = [.. Cores, "Group", "MaxConnectionsPerChild", "User"],
        }.ToImmutableDictionary();

    public static TheoryData<string> Lines => ["2.0", "2.4"];

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_page_describes_the_directives_that_are_the_mpm_s_own(string line)
    {
        var own = new MpmSources(line).Directives.Except(Preforks);
        Assert.Contains("AssignUserID", own);
        Assert.Equal(own, new ManualPage(line).Own);
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_page_names_every_directive_that_is_taken_and_no_other(string line)
    {
        var page = new ManualPage(line);
        var code = new MpmSources(line);
        var taken = code.Directives.Union(code.Inherited).Union(CoresOfLine[line]).Except(code.RefusedUses);
        if (taken.Contains("MaxRequestWorkers"))
        {
            taken = taken.Remove("MaxClients"); // its older name, which the text has
            Assert.Contains("MaxClients", page.Text, StringComparison.Ordinal);
        }

        Assert.Equal(taken, page.Own.Union(page.Others));
        Assert.Empty(page.Own.Intersect(page.Others));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_table_has_the_modules_that_do_not_simply_work_with_the_code_s_verdict(string line) =>
        Assert.Equal(new MpmSources(line).Verdicts, new ManualPage(line).Verdicts);

    [Theory]
    [MemberData(nameof(Lines))]
    public void Directives_that_are_refused_are_named(string line)
    {
        var refused = new MpmSources(line).RefusedUses;
        Assert.Contains("RewriteMap", refused);
        Assert.Equal(line == "2.4", refused.Contains("Protocols"));
        var text = new ManualPage(line).Text;
        Assert.All(refused, directive => Assert.Contains(directive, text, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Defaults_are_the_code_s(string line)
    {
        var page = new ManualPage(line);
        Assert.Equal($"ItkDispatchers {MpmSources.Default("DEFAULT_ITK_DISPATCHERS")}", page.DefaultOf("ItkDispatchers"));
        Assert.Equal($"ItkIdleTimeout {MpmSources.Default("DEFAULT_ITK_IDLE_TIMEOUT")}", page.DefaultOf("ItkIdleTimeout"));
        Assert.Equal($"ItkMinSpareWorkers {MpmSources.Default("DEFAULT_ITK_MIN_SPARE")}", page.DefaultOf("ItkMinSpareWorkers"));
        Assert.Equal($"ItkQueueDepth {MpmSources.Default("DEFAULT_ITK_QUEUE_DEPTH")}", page.DefaultOf("ItkQueueDepth"));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_shipped_page_is_made_of_its_source(string line)
    {
        var page = new ManualPage(line);
        Golden.Check(page.HtmlPath, page.Render());
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_shipped_page_has_the_same_directives_and_modules(string line)
    {
        var page = new ManualPage(line);
        Assert.Equal(page.Own.Union(page.Others), page.Listed);
        Assert.Equal(page.Own, page.Described);
        Assert.Equal(page.Verdicts, page.HtmlVerdicts);
    }

    /// <summary>The type map says ISO-8859-1 of one page and UTF-8 of the other: ASCII is both.</summary>
    [Theory]
    [MemberData(nameof(Lines))]
    public void The_shipped_page_is_in_ascii(string line) => Assert.All(new ManualPage(line).Html, letter => Assert.True(letter < 128));
}
