using System.Collections.Immutable;
using PatchForge.Attacks;

namespace PatchForge.Workflows;

/// <summary>What was seen of an attack on one model, or without its guard.</summary>
/// <param name="Verdict">as expected, skipped, wrong, or proves nothing.</param>
/// <param name="Outcome">stopped, succeeded, skipped or not run.</param>
/// <param name="Why">One sentence; empty when all is as it should be.</param>
public sealed record AttackFacts(string Model, string Expected, string Outcome, string Verdict, string Why, string Tried, string Kernel, string Evidence)
{
    public bool Failed => Verdict is "wrong" or "proves nothing";

    internal static AttackFacts Of(string model, string expected, AttackSeen? seen, AttackVerdict verdict) => new(
        model,
        expected,
        Words(seen?.Outcome),
        verdict.Judgement switch
        {
            Judgement.AsExpected => "as expected",
            Judgement.Skipped => "skipped",
            Judgement.Wrong => "wrong",
            _ => "proves nothing",
        },
        verdict.Why,
        seen?.Tried ?? "",
        seen?.Kernel ?? "",
        seen?.Evidence ?? "");

    internal static string Words(Outcome? outcome) => outcome switch
    {
        Attacks.Outcome.Stopped => "stopped",
        Attacks.Outcome.Succeeded => "succeeded",
        Attacks.Outcome.Skipped => "skipped",
        _ => "not run",
    };
}

/// <summary>One attack, on every model that was asked.</summary>
/// <param name="WithoutGuard">Null when no guard was taken out for it.</param>
/// <param name="Unguarded">Why there is none to take out; null when there is.</param>
public sealed record AttackRow(
    string Id, int Point, string Tries, string Must, string Source, ImmutableArray<string> Guards, string? Unguarded, ImmutableArray<AttackFacts> Models, AttackFacts? WithoutGuard)
{
    /// <summary>The model that is a peer's and not ours.</summary>
    public const string PeerModel = "mpm-itk";

    /// <summary>What is expected of the peer and why; null where it is not asked.</summary>
    public string? Peer { get; init; }

    internal static AttackRow Of(Attack attack, ImmutableArray<AttackFacts> models, AttackFacts? withoutGuard) =>
        new(attack.Id, attack.Point, attack.Tries, attack.Must, attack.Source, attack.Guards, attack.Unguarded, models, withoutGuard) { Peer = attack.Peer };
}

/// <summary>What <c>attack</c> answers; with <c>--list</c> no model was asked.</summary>
/// <param name="Unproven">Guards that no attack takes out, each with the reason.</param>
/// <param name="Kept">The folder below which configurations and logs of the runs are.</param>
public sealed record AttackAnswer(
    string Release,
    SourceFacts? Source,
    ImmutableArray<string> Models,
    ImmutableArray<AttackRow> Attacks,
    ImmutableArray<UnprovenGuard> Unproven,
    double Seconds,
    string? Kept)
{
    /// <summary>Packages that brought something attacked, as the root's own package manager tells: <c>libapache2-mpm-itk 2.4.7-04-1+b1</c>.</summary>
    public ImmutableArray<string> Versions { get; init; } = [];

    /// <summary>What was tried on a model, and how much of it came as it must.</summary>
    public (int AsExpected, int Tried) Score(string model)
    {
        var tried = Attacks.SelectMany(row => row.Models).Where(facts => facts.Model == model && facts.Verdict != "skipped").ToArray();
        return (tried.Count(facts => !facts.Failed), tried.Length);
    }

    /// <summary>Attacks that were tried with their guards taken out, and how many of them then went through.</summary>
    public (int AsExpected, int Tried) ScoreWithoutGuards()
    {
        var tried = Attacks.Select(row => row.WithoutGuard).OfType<AttackFacts>().Where(facts => facts.Verdict != "skipped").ToArray();
        return (tried.Count(facts => !facts.Failed), tried.Length);
    }

    /// <summary>Every model's score, and the guards': <c>pool 68/68, without guards 40/40</c>.</summary>
    public string InShort()
    {
        var models = Models.Select(model => (model, Score: Score(model))).Select(one => $"{one.model} {one.Score.AsExpected}/{one.Score.Tried}");
        var (proven, tried) = ScoreWithoutGuards();
        return string.Join(", ", tried == 0 ? models : models.Append($"without guards {proven}/{tried}"));
    }

    public int Failed => Attacks.Sum(row => row.Models.Count(facts => facts.Failed) + (row.WithoutGuard is { Failed: true } ? 1 : 0));

    public bool Succeeded => Failed == 0;
}

public sealed record UnprovenGuard(string Guard, string Why);
