using PatchForge.Reporting;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>How a refresh ends: what nobody asked for by name and this machine has not is left out, everything else is missed.</summary>
public sealed class RefreshAnswerTests
{
    private static readonly ReleaseAnswer s_done = new("2.4.68", "2.4", null, [], null, [], [], null);
    private static readonly ReleaseAnswer s_missing = new("2.0.65", "2.0", null, [], null, [], [], new FailureFacts("missing", 5, "httpd-2.0.65.tar.bz2 is nowhere", "three ways", null));
    private static readonly ReleaseAnswer s_refused = new("2.0.58", "2.0", null, [], null, [], [], new FailureFacts("refused", 1, "httpd-2.0.58.tar.bz2 is another file", null, null));
    private static readonly ReleaseAnswer s_conflict = new("2.0.59", "2.0", null, [], null, [], [], new FailureFacts("conflict", 3, "0001 does not apply", null, null));

    [Fact]
    public void Told_nothing_it_ends_well_with_what_could_be_done() => Assert.Equal((0, true, false), Ends(false, s_done, s_missing));

    [Fact]
    public void What_was_named_is_missed() => Assert.Equal((5, false, false), Ends(true, s_done, s_missing));

    [Fact]
    public void With_nothing_done_it_does_not_end_well() => Assert.Equal((5, false, false), Ends(false, s_missing));

    [Fact]
    public void A_real_failure_is_one_whatever_else_is_missing_or_done()
    {
        Assert.Equal((1, false, false), Ends(false, s_done, s_missing, s_refused));
        Assert.Equal((3, false, false), Ends(false, s_conflict, s_refused, s_done));
    }

    [Fact]
    public void With_all_done_nothing_is_said_of_what_is_left_out()
    {
        Assert.Equal((0, true, true), Ends(false, s_done));
        Assert.DoesNotContain("left out", RefreshText.Of(Answer(false, s_done)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_says_plainly_what_was_not_done_and_that_it_is_no_failure()
    {
        var text = RefreshText.Of(Answer(false, s_done, s_missing));
        Assert.Contains("line 2.0: not done (missing): 2.0.65\n", text, StringComparison.Ordinal);
        Assert.Contains("line 2.4: done: 2.4.68\n", text, StringComparison.Ordinal);
        Assert.Contains("httpd-2.0.65.tar.bz2 is nowhere", text, StringComparison.Ordinal);
        Assert.Contains("left out, which is no failure", text, StringComparison.Ordinal);
        Assert.Contains("but for what this machine has not", HtmlReport.Of(Answer(false, s_done, s_missing)), StringComparison.Ordinal);
    }

    [Fact]
    public void Attacks_and_figures_are_told_in_short()
    {
        var text = RefreshText.Of(Answer(true, s_done with { Attack = SampleAnswers.Attacked, Figures = SampleBench.Answer }));
        Assert.Contains("pool 1/2, without guards 1/1", text, StringComparison.Ordinal);
        Assert.Contains($"static-50-new: pool to prefork {BenchText.Ratio(SampleBench.Answer.Workloads[0].Arms.Single(arm => arm.Name == "pool").Ratio!)}", text, StringComparison.Ordinal); // the sample has one
    }

    private static (int Code, bool Could, bool All) Ends(bool named, params ReleaseAnswer[] releases)
    {
        var answer = Answer(named, releases);
        return (answer.ExitCode, answer.DidWhatItCould, answer.Succeeded);
    }

    private static RefreshAnswer Answer(bool named, params ReleaseAnswer[] releases) =>
        new("www-servers/apache", "patchforge test", false, null, [.. releases], [], []) { Named = named };
}
