using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Tests.Reporting;

public sealed class AttackReportTests
{
    private static readonly AttackFacts s_stopped = new("pool", "stopped", "stopped", "as expected", "", "setuid 0", "EPERM", "");
    private static readonly AttackFacts s_wrong = new("classic", "stopped", "succeeded", "wrong", "it got through", "setuid 0", "0", "now <uid> 0\u001b[2J");
    private static readonly AttackFacts s_nothing = new("without setuid", "succeeded", "stopped", "proves nothing", "proves nothing: denied without setuid as well", "setuid 0", "EPERM", "");
    private static readonly AttackFacts s_skipped = new("pool", "stopped", "skipped", "skipped", "this kernel has no keys", "", "", "");

    private static readonly AttackAnswer s_answer = new(
        "2.0.65",
        null,
        ["pool", "classic"],
        [
            new AttackRow("uid-root", 1, "become root", "EPERM", "a test", ["setuid"], null, [s_stopped, s_wrong], s_nothing),
            new AttackRow("session-key", 1, "read a key", "it is not there", "a test", [], "nothing to take out", [s_skipped, s_stopped with { Model = "classic" }], null),
        ],
        [new UnprovenGuard("regain", "a reason")],
        12,
        "/somewhere");

    [Fact]
    public void The_table_has_a_column_a_model_and_one_without_the_guard()
    {
        var lines = AttackText.Of(s_answer).Split('\n');

        Assert.Equal("attack       point  pool     classic        guard   with the guard removed", lines[0]);
        Assert.Equal("uid-root     1      stopped  SUCCEEDED (!)  setuid  PROVES NOTHING", lines[1]);
        Assert.Equal("session-key  1      skipped  stopped        –       –", lines[2]);
    }

    [Fact]
    public void What_is_not_as_expected_is_told_with_what_was_seen_and_cannot_move_the_cursor()
    {
        var text = AttackText.Of(s_answer);

        Assert.Contains("uid-root, classic: it got through; expected stopped, succeeded\n", text, StringComparison.Ordinal);
        Assert.Contains("uid-root, without setuid: proves nothing: denied without setuid as well", text, StringComparison.Ordinal);
        Assert.Contains("session-key (pool): this kernel has no keys", text, StringComparison.Ordinal);
        Assert.Contains("2 attacks, 2 verdicts not as expected", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public void A_run_with_a_verdict_that_proves_nothing_has_not_succeeded()
    {
        Assert.False(s_answer.Succeeded);
        Assert.False((s_answer with { Attacks = [s_answer.Attacks[0] with { Models = [s_stopped] }] }).Succeeded);
        Assert.True((s_answer with { Attacks = [s_answer.Attacks[1]] }).Succeeded);
    }

    [Fact]
    public void The_page_has_every_verdict_and_no_markup_of_a_workers()
    {
        var page = AttackHtml.Of(s_answer, "www-servers/apache", "patchforge test");

        Assert.Contains("2 not as expected", page, StringComparison.Ordinal);
        Assert.Contains("proves nothing", page, StringComparison.Ordinal);
        Assert.Contains("now &lt;uid&gt; 0", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<uid>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
    }
}
