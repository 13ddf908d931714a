using PatchForge.Reporting;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.Tests.Reporting;

public sealed class HtmlReportTests
{
    private static readonly string Page = HtmlReport.Of(SampleAnswers.Refresh);

    [Fact]
    public void The_report_needs_nothing_but_itself()
    {
        Assert.DoesNotContain("<script", Page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<link", Page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", Page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("://", Page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", Page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Text_of_a_patch_or_a_log_stays_text()
    {
        Assert.Contains("&lt;script&gt;alert(&#39;a subject from a hostile patch&#39;)&lt;/script&gt;", Page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', Page);
    }

    [Fact]
    public void Every_failure_is_in_it_with_where_and_what_to_do()
    {
        Assert.Contains("patches/mpm-itk/2.0/0002-config-m4.patch:14: 0002-config-m4.patch does not apply to 2.0.58", Page, StringComparison.Ordinal);
        Assert.Contains("200 beta", Page, StringComparison.Ordinal);
        Assert.Contains("/tmp/patchforge/kept/2.0.58-itk", Page, StringComparison.Ordinal);
        Assert.Contains("not done", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Attacks_and_figures_of_a_release_are_in_the_one_report()
    {
        Assert.Contains("<b class=\"bad\">pool 1/2, without guards 1/1</b>", Page, StringComparison.Ordinal);
        Assert.Contains("it got through", Page, StringComparison.Ordinal);
        Assert.Contains("<svg", Page, StringComparison.Ordinal);
        Assert.Contains("1 not as expected", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("<uid>", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_emerged_stands_there_as_one_types_it_with_what_Portage_thought_of_it()
    {
        var first = SampleAnswers.Refresh.Releases[0];
        var build = first.Builds[0] with { How = "portage", Emerge = "USE=\"mpm-itk ssl\" emerge =www-servers/apache-2.0.65::mpm-itk" };
        RefreshAnswer With(BuildFacts one) => SampleAnswers.Refresh with { Releases = [first with { Builds = [one] }] };
        var (clean, noticed) = (With(build), With(build with { Qa = ["Found an absolute symlink"] }));

        Assert.Contains("USE=&quot;mpm-itk ssl&quot; emerge =www-servers/apache-2.0.65::mpm-itk</code><br>no QA notice", HtmlReport.Of(clean), StringComparison.Ordinal);
        Assert.Contains("itk: USE=\"mpm-itk ssl\" emerge =www-servers/apache-2.0.65::mpm-itk: no QA notice", RefreshText.Of(clean), StringComparison.Ordinal);
        Assert.Contains("<li>Found an absolute symlink</li>", HtmlReport.Of(noticed), StringComparison.Ordinal);
        Assert.DoesNotContain("no QA notice", HtmlReport.Of(noticed) + RefreshText.Of(noticed), StringComparison.Ordinal);
        Assert.Contains("  Found an absolute symlink\n", RefreshText.Of(noticed), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_answer_makes_the_same_bytes() => Assert.Equal(Page, HtmlReport.Of(SampleAnswers.Refresh));
}
