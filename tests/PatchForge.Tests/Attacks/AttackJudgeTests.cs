using PatchForge.Attacks;

namespace PatchForge.Tests.Attacks;

public sealed class AttackJudgeTests
{
    private static readonly Attack s_attack = new(
        "uid-root", "become root", "EPERM", "a test", 1, ["setuid"], new Means.Inside("uid-root"), Expectations.ButSwitch with { Fork = Expectation.NotAsked })
    {
        Why = "a reason",
    };

    [Theory]
    [InlineData(AttackModel.Pool, Outcome.Stopped, Judgement.AsExpected)]
    [InlineData(AttackModel.Pool, Outcome.Succeeded, Judgement.Wrong)]
    [InlineData(AttackModel.Pool, Outcome.Skipped, Judgement.Skipped)]
    [InlineData(AttackModel.Pool, Outcome.NotRun, Judgement.Wrong)]
    [InlineData(AttackModel.Switch, Outcome.Succeeded, Judgement.AsExpected)]
    [InlineData(AttackModel.Switch, Outcome.Stopped, Judgement.Wrong)]
    [InlineData(AttackModel.Fork, Outcome.Succeeded, Judgement.Skipped)]
    [InlineData(AttackModel.MpmItk, Outcome.Succeeded, Judgement.Skipped)]
    public void A_verdict_is_what_was_seen_against_what_the_model_promises(AttackModel model, Outcome seen, Judgement judgement) =>
        Assert.Equal(judgement, AttackJudge.Of(s_attack, model, Seen(seen)).Judgement);

    [Theory]
    [InlineData(Expectation.Stopped, Outcome.Succeeded)]
    [InlineData(Expectation.Succeeds, Outcome.Stopped)]
    public void What_is_said_of_a_peer_has_to_be_seen(Expectation expected, Outcome seen) =>
        Assert.True(AttackJudge.Of(s_attack with { Expected = s_attack.Expected with { MpmItk = expected } }, AttackModel.MpmItk, Seen(seen)).Fails);

    [Fact]
    public void An_attack_that_was_never_tried_is_not_one_that_was_stopped() =>
        Assert.True(AttackJudge.Of(s_attack, AttackModel.Pool, null).Fails);

    [Theory]
    [InlineData(Outcome.Succeeded, Judgement.AsExpected)]
    [InlineData(Outcome.Stopped, Judgement.ProvesNothing)]
    [InlineData(Outcome.Skipped, Judgement.Skipped)]
    [InlineData(Outcome.NotRun, Judgement.Wrong)]
    public void Without_its_guard_an_attack_has_to_succeed(Outcome seen, Judgement judgement) =>
        Assert.Equal(judgement, AttackJudge.WithoutGuard(s_attack, Seen(seen)).Judgement);

    [Fact]
    public void What_is_denied_without_its_guard_as_well_proves_nothing_and_fails_the_run()
    {
        var verdict = AttackJudge.WithoutGuard(s_attack, Seen(Outcome.Stopped));

        Assert.True(verdict.Fails);
        Assert.Equal("proves nothing: denied without setuid as well", verdict.Why);
    }

    [Fact]
    public void Attacks_of_one_setting_and_the_same_guards_share_a_server()
    {
        var other = s_attack with { Id = "file-root" };
        var alone = s_attack with { Id = "php", Setting = AttackSetting.Php };
        var free = s_attack with { Id = "free", Guards = [] };
        var both = s_attack with { Id = "both", Guards = ["bounding", "securebits"] };

        var batches = AttackBatch.WithoutGuards([s_attack, other, alone, free, both]);

        Assert.Equal(["bounding,securebits: both", "setuid: uid-root,file-root", "setuid: php"], batches.Select(batch => $"{string.Join(',', batch.Without)}: {string.Join(',', batch.Attacks.Select(attack => attack.Id))}"));
    }

    [Fact]
    public void What_ends_processes_comes_after_what_only_asks()
    {
        var kill = s_attack with { Id = "kill", Means = new Means.Fault(FaultAttack.KillSupervisor) };
        var crash = s_attack with { Id = "crash", Means = new Means.Misbehaves("crash", 0, 1) };

        var batch = Assert.Single(AttackBatch.Of(AttackModel.Pool, [kill, crash, s_attack]));

        Assert.Equal(["uid-root", "crash", "kill"], batch.Attacks.Select(attack => attack.Id));
    }

    [Fact]
    public void Why_it_was_not_tried_is_told_also_where_a_process_inside_says_it_in_the_kernels_place()
    {
        var seen = new AttackSeen("uid-root", Outcome.Skipped, "it", "no key of the host's own is found", "");

        Assert.Equal(seen.Kernel, AttackJudge.Of(s_attack, AttackModel.Pool, seen).Why);
        Assert.Equal(seen.Kernel, AttackJudge.WithoutGuard(s_attack, seen).Why);
    }

    [Fact]
    public void A_model_is_not_asked_what_it_has_nothing_for() =>
        Assert.Empty(AttackBatch.Of(AttackModel.Fork, [s_attack]));

    [Fact]
    public void What_is_looked_for_is_never_in_the_search_itself()
    {
        var masked = AttackCast.Masked(AttackCast.Secret);

        Assert.DoesNotContain(Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(AttackCast.Secret)), masked, StringComparison.Ordinal);
        Assert.Equal(AttackCast.Secret, string.Concat(Convert.FromHexString(masked).Select(value => (char)(byte)~value)));
    }

    private static AttackSeen Seen(Outcome outcome) => new("uid-root", outcome, "", "", "a reason");
}
