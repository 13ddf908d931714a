using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Attacks on one server: one way of starting it, with the guards that are taken out of it.</summary>
public sealed record AttackBatch(AttackSetting Setting, ImmutableArray<string> Without, ImmutableArray<Attack> Attacks)
{
    /// <summary>What a model is asked, gentle attacks first: one that ends processes leaves no trace in what comes after it.</summary>
    public static ImmutableArray<AttackBatch> Of(AttackModel model, ImmutableArray<Attack> attacks) =>
    [
        .. attacks.Where(attack => attack.Expected.Of(model) != Expectation.NotAsked)
            .GroupBy(attack => attack.Setting)
            .OrderBy(group => group.Key)
            .Select(group => new AttackBatch(group.Key, [], [.. group.OrderBy(attack => Violence(attack.Means))])),
    ];

    /// <summary>A server for each guard, or set of guards, that is taken out.</summary>
    public static ImmutableArray<AttackBatch> WithoutGuards(ImmutableArray<Attack> attacks) =>
    [
        .. attacks.Where(attack => !attack.Guards.IsEmpty)
            .GroupBy(attack => (attack.Setting, Guards: string.Join(',', attack.Guards)))
            .OrderBy(group => group.Key.Guards, StringComparer.Ordinal)
            .Select(group => new AttackBatch(group.Key.Setting, [.. group.First().Guards], [.. group.OrderBy(attack => Violence(attack.Means))])),
    ];

    private static int Violence(Means means) => means switch
    {
        Means.Inside { Name: "logs-spoil" } => 3,
        Means.Inside or Means.Front or Means.Page => 0,
        Means.Routes or Means.Steals => 1,
        Means.Client or Means.Crowds => 2,
        Means.Misbehaves => 3,
        Means.Fault { Kind: FaultAttack.KillSupervisor } => 5,
        _ => 4,
    };
}
