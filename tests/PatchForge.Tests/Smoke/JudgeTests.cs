using System.Collections.Immutable;
using PatchForge.Smoke;

namespace PatchForge.Tests.Smoke;

public sealed class JudgeTests
{
    private static readonly ServingIds s_ids = new(64001, 64001, [65001]);
    private static readonly Exchange s_own = new("GET / HTTP/1.1\r\n\r\n", [200], "mine", ["theirs"]);
    private static readonly Probe.ServingProcess s_serving = new("name", "expected", "alpha.test", s_ids, EmptyBounding: true);
    private static readonly Probe.SendingProcess s_sending = new("name", "expected", "alpha.test", s_ids, new ServingIds(64000, 64000, []), new ServingIds(63999, 63999, []));

    [Fact]
    public void The_right_answer_passes() => Assert.True(Judged(Answer(200, "it is mine")).Passed);

    [Theory]
    [InlineData(404, "it is mine", "not one of 200")]
    [InlineData(200, "it is not", "lacks 'mine'")]
    [InlineData(200, "mine and theirs", "has 'theirs'")]
    [InlineData(500, "theirs", "has 'theirs'")]
    public void A_wrong_answer_fails_and_says_why(int status, string body, string why)
    {
        var verdict = Judged(Answer(status, body));

        Assert.False(verdict.Passed);
        Assert.Contains(why, verdict.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_cut_short_or_missing_fails()
    {
        Assert.False(Judged(Answer(200, "mine") with { Whole = false }).Passed);
        Assert.False(Judged().Passed);
        Assert.False(Judged(Reply.Closed).Passed);
    }

    [Fact]
    public void A_leak_in_the_head_is_one()
    {
        var moved = new Reply(200, "HTTP/1.1 200 OK\r\nLocation: http://theirs/", "mine", true);

        Assert.False(Judged(moved).Passed);
    }

    [Fact]
    public void A_heads_answer_has_a_length_and_no_body()
    {
        var head = s_own with { NoBody = true, Has = null };

        Assert.Null(TalkJudge.Complaint(head, new Reply(200, "HTTP/1.1 200 OK\r\nContent-Length: 12", "", true)));
        Assert.NotNull(TalkJudge.Complaint(head, new Reply(200, "HTTP/1.1 200 OK\r\nContent-Length: 12", "hello", true)));
        Assert.NotNull(TalkJudge.Complaint(head, new Reply(200, "HTTP/1.1 200 OK", "", true)));
    }

    [Fact]
    public void The_sites_own_process_passes() => Assert.True(IdentityJudge.Serving(s_serving, Process()).Passed);

    public static TheoryData<string, ulong, string> WrongProcesses { get; } = new()
    {
        { "64001 64001 0 64001|64001 64001 64001 64001|65001", 0, "a user id" },
        { "64001 64001 64001 0|64001 64001 64001 64001|65001", 0, "a user id" },
        { "64001 64001 64001 64001|64001 64001 0 64001|65001", 0, "a group id" },
        { "64001 64001 64001 64001|64001 64001 64001 64001|65001 0", 0, "supplementary" },
        { "64001 64001 64001 64001|64001 64001 64001 64001|", 0, "supplementary" },
        { "64001 64001 64001 64001|64001 64001 64001 64001|65001", 0x80, "a capability" },
    };

    [Theory]
    [MemberData(nameof(WrongProcesses))]
    public void One_wrong_id_or_capability_fails(string ids, ulong permitted, string why)
    {
        var fields = ids.Split('|').Select(Numbers).ToArray();

        var verdict = IdentityJudge.Serving(s_serving, Process() with { Uids = fields[0], Gids = fields[1], Groups = fields[2], Permitted = permitted });

        Assert.False(verdict.Passed);
        Assert.Contains(why, verdict.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_bounding_set_fails_where_an_empty_one_is_promised()
    {
        Assert.False(IdentityJudge.Serving(s_serving, Process() with { Bounding = 1 }).Passed);
        Assert.True(IdentityJudge.Serving(s_serving with { EmptyBounding = false }, Process() with { Bounding = 1 }).Passed);
    }

    [Fact]
    public void A_connection_may_be_held_by_the_servers_user_beside_the_sites_and_by_nobody_else()
    {
        var front = Process() with { Uids = [64000, 64000, 64000, 64000] };
        var root = Process() with { Uids = [0, 0, 0, 0] };

        Assert.True(IdentityJudge.Sending(s_sending, [Process(), front], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [front], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [Process(), root], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [Process()], false).Passed);
    }

    [Fact]
    public void A_dispatcher_may_hold_it_too_as_itself_alone_and_with_no_capability()
    {
        var dispatcher = Process() with { Uids = [63999, 63999, 63999, 63999], Gids = [63999, 63999, 63999, 63999], Groups = [63999] };

        Assert.True(IdentityJudge.Sending(s_sending, [dispatcher, Process()], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [dispatcher], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [dispatcher with { Permitted = 0x80 }, Process()], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [dispatcher with { Groups = [63999, 0] }, Process()], true).Passed);
        Assert.False(IdentityJudge.Sending(s_sending, [dispatcher with { Uids = [63999, 63999, 0, 63999] }, Process()], true).Passed);
    }

    [Fact]
    public void A_status_file_is_read()
    {
        const string status = "Name:\thttpd\nPid:\t4711\nPPid:\t4700\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t5 9 \nNSpid:\t4711\t12\nCapInh:\t0000000000000000\nCapPrm:\t00000000000000c0\nCapEff:\t0000000000000080\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\n";

        var process = ProcessIdentity.Parse(status);

        Assert.Equal((4711, 12, 4700, "httpd"), (process.Pid, process.InnerPid, process.Parent, process.Name));
        Assert.Equal([1, 2, 3, 4], process.Uids);
        Assert.Equal([5, 6, 7, 8], process.Gids);
        Assert.Equal([5, 9], process.Groups);
        Assert.Equal((0xc0UL, 0x80UL, 0x1ffffffffffUL), (process.Permitted, process.Effective, process.Bounding));
    }

    [Fact]
    public void A_status_without_capabilities_does_not_pass_for_none() =>
        Assert.Equal(ulong.MaxValue, ProcessIdentity.Parse("Name:\tx\nPid:\t1\n").Permitted);

    private static ImmutableArray<int> Numbers(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private static Verdict Judged(params ImmutableArray<Reply> replies) => TalkJudge.Of(new Probe.Talk("name", "expected", [s_own]), replies);

    private static Reply Answer(int status, string body) => new(status, $"HTTP/1.1 {status} X", body, true);

    private static ProcessIdentity Process() => new(
        100, 10, 1, "httpd", [64001, 64001, 64001, 64001], [64001, 64001, 64001, 64001], [65001], 0, 0, 0, 0, 0);
}
