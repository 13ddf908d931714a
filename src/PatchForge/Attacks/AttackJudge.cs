namespace PatchForge.Attacks;

/// <summary>What is to be thought of what was seen.</summary>
public enum Judgement
{
    AsExpected,

    /// <summary>Not asked or not possible here, with a reason.</summary>
    Skipped,

    /// <summary>The opposite of what was expected.</summary>
    Wrong,

    /// <summary>It is denied without its guard as well: nothing says that the guard does anything.</summary>
    ProvesNothing,
}

/// <param name="Why">One sentence; empty when all is as it should be.</param>
public sealed record AttackVerdict(Judgement Judgement, string Why)
{
    public bool Fails => Judgement is Judgement.Wrong or Judgement.ProvesNothing;
}

public static class AttackJudge
{
    /// <param name="seen">Null: the run ended before it.</param>
    public static AttackVerdict Of(Attack attack, AttackModel model, AttackSeen? seen)
    {
        var expected = attack.Expected.Of(model);
        return (expected, seen?.Outcome) switch
        {
            (Expectation.NotAsked, _) when model == AttackModel.MpmItk => new(Judgement.Skipped, "the peer is asked for identities, processes, memory and logs alone"),
            (Expectation.NotAsked, _) => new(Judgement.Skipped, attack.Why ?? "this model has nothing to try it on"),
            (_, null) => new(Judgement.Wrong, "the run ended before it was tried"),
            (_, Outcome.NotRun) => new(Judgement.Wrong, "not tried: " + Reason(seen)),
            (_, Outcome.Skipped) => new(Judgement.Skipped, Reason(seen)),
            (Expectation.Stopped, Outcome.Succeeded) => new(Judgement.Wrong, "it got through"),
            (Expectation.Succeeds, Outcome.Stopped) => new(Judgement.Wrong, "it was stopped, where this model is known not to stop it"),
            _ => new(Judgement.AsExpected, ""),
        };
    }

    /// <summary>The same attack with its guards taken out: it has to succeed, or the guard's part is not shown.</summary>
    public static AttackVerdict WithoutGuard(Attack attack, AttackSeen? seen) => seen?.Outcome switch
    {
        Outcome.Succeeded => new(Judgement.AsExpected, ""),
        Outcome.Stopped => new(Judgement.ProvesNothing, $"proves nothing: denied without {Named(attack)} as well"),
        Outcome.Skipped => new(Judgement.Skipped, Reason(seen)),
        Outcome.NotRun => new(Judgement.Wrong, $"without {Named(attack)} not tried: {Reason(seen)}"),
        _ => new(Judgement.Wrong, $"the run without {Named(attack)} ended before it was tried"),
    };

    /// <summary>Why it was not tried: a process inside says so where it else tells what the kernel answered.</summary>
    private static string Reason(AttackSeen? seen) => seen is { Evidence.Length: > 0 } ? seen.Evidence : seen?.Kernel ?? "";

    public static string Named(Attack attack) => string.Join(" and ", attack.Guards);
}
