using System.Text.RegularExpressions;
using PatchForge.Smoke;

namespace PatchForge.Tests.Smoke;

/// <summary>The script that starts an installed service: its verdicts are those that are counted.</summary>
public sealed class ServiceScriptTests
{
    [Fact]
    public void A_marked_line_is_a_verdict_and_no_other_line_is()
    {
        Assert.Equal(new Verdict("service-stop", "it stops", "port 80 is served", false), ServiceScript.Read("service-probe\tservice-stop\tfailed\tit stops\tport 80 is served "));
        Assert.Equal(new Verdict("service-stop", "it stops", "passed", true), ServiceScript.Read("service-probe\tservice-stop\tpassed\tit stops\t "));
        Assert.Null(ServiceScript.Read(" * Starting apache2 ..."));
        Assert.Null(ServiceScript.Read("service-probe\tservice-stop\tmaybe\tit stops\t"));
    }

    [Fact]
    public void Every_probe_that_is_counted_is_in_the_script_and_no_other()
    {
        var probes = Regex.Matches(ServiceScript.Text, "^ *probe (service-[a-z-]+) ", RegexOptions.Multiline).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Equal(ServiceScript.Names(ownUsers: true, tls: true).Union(ServiceScript.Names(ownUsers: false, tls: false)).Order(), probes.Order());
    }
}
