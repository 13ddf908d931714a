using System.Collections.Immutable;
using PatchForge.Attacks;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Models">By name; empty for all.</param>
/// <param name="Attacks">By id; empty for all.</param>
/// <param name="Guards">Whether guards are taken out as well.</param>
public sealed record AttackRequest(
    ForgeSettings Settings, string Release, ImmutableArray<string> Models, ImmutableArray<string> Attacks, bool Guards, SourceOptions Source, string? Root)
{
    /// <summary>For all attacks together, once everything is built. One that has not begun by then counts as not tried, which is no good verdict.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The layer of an installed package, which is attacked in place of a build of the shipped variant.</summary>
    internal string? Installed { get; init; }

    /// <summary>As in <see cref="BuildLabRequest"/>.</summary>
    internal PreparedRelease? Prepared { get; init; }
}

/// <summary><c>attack</c>: builds every model, attacks each, takes guards out, and compares with what is promised.</summary>
public sealed class AttackRelease(Outside outside, IRoots roots, Func<string, string?> variable)
{
    private const string GuardsVariant = "itk-guards";

    public static ImmutableArray<string> ModelNames { get; } = [.. Enum.GetValues<AttackModel>().Select(AttackModels.Name)];

    /// <summary>What there is, without trying any of it.</summary>
    public static AttackAnswer List(string release, ImmutableArray<string> named) =>
        new(release, null, [], [.. Chosen(named).Select(attack => AttackRow.Of(attack, [], null))], Unproven, 0, null);

    /// <summary>Whether the line has the model that ships, so that there is something to attack.</summary>
    public static bool CanAttack(LineSettings line) => line.Build.Variants.ContainsKey(Variant(AttackModel.Pool));

    /// <exception cref="Failure">Whatever keeps the attacks from beginning: a source, a root, a build.</exception>
    public async Task<AttackAnswer> Run(AttackRequest request, CancellationToken cancel)
    {
        var began = outside.Clock.Elapsed;
        var attacks = Chosen(request.Attacks);
        var (line, _) = request.Settings.Release(request.Release);
        var models = Models(line, request.Models);
        if (await roots.Ability(cancel) is not RootAbility.AsRoot)
        {
            throw Failure.Missing("attacks need root, to give the attacked processes users and limits of their own", "run it as root: all of it stays in a throw-away root and namespaces of its own");
        }

        var withGuards = request.Guards && line.CanBuild(GuardsVariant) && models.Contains(AttackModel.Pool) && attacks.Any(attack => !attack.Guards.IsEmpty);
        var shipped = Variant(AttackModel.Pool);
        ImmutableArray<string> variants = [.. models.Select(Variant).Distinct().Where(variant => request.Installed is null || variant != shipped), .. withGuards ? new[] { GuardsVariant } : []];
        var built = await new BuildLab(outside, roots, variable).Run(
            new BuildLabRequest(request.Settings, request.Release, variants, request.Source, request.Root) { Prepared = request.Prepared }, cancel);
        if (request.Installed is { } layer)
        {
            built = built with { Images = [.. built.Images, new LabImage(shipped, layer, true, true, "")] };
        }

        var ground = new AttackGround(outside, roots, request.Settings, line, built);
        await ground.Prepare(models, attacks, cancel);
        var until = outside.Clock.Elapsed + request.Limit;
        var seen = new Dictionary<AttackModel, ImmutableDictionary<string, AttackSeen>>();
        foreach (var model in models)
        {
            seen[model] = await Batches(ground, model, Variant(model), AttackBatch.Of(model, attacks), until, cancel);
        }

        var without = withGuards ? await Batches(ground, AttackModel.Pool, GuardsVariant, AttackBatch.WithoutGuards(attacks), until, cancel) : null;
        return new AttackAnswer(
            request.Release,
            built.Source,
            [.. models.Select(AttackModels.Name)],
            [.. attacks.Select(attack => Row(attack, models, seen, without))],
            Unproven,
            Math.Round((outside.Clock.Elapsed - began).TotalSeconds, 1),
            Path.Combine(roots.StateFolder, "attack"))
        {
            Versions = ground.Versions,
        };
    }

    private static ImmutableArray<UnprovenGuard> Unproven { get; } = [.. Catalog.Unproven.Select(guard => new UnprovenGuard(guard.Key, guard.Value))];

    private static AttackRow Row(
        Attack attack, ImmutableArray<AttackModel> models, Dictionary<AttackModel, ImmutableDictionary<string, AttackSeen>> seen, ImmutableDictionary<string, AttackSeen>? without)
    {
        var facts = models.Select(model =>
        {
            var one = seen[model].GetValueOrDefault(attack.Id);
            return AttackFacts.Of(AttackModels.Name(model), Expected(attack, model), one, AttackJudge.Of(attack, model, one));
        });
        var guard = without is not null && !attack.Guards.IsEmpty
            ? AttackFacts.Of("without " + AttackJudge.Named(attack), "succeeded", without.GetValueOrDefault(attack.Id), AttackJudge.WithoutGuard(attack, without.GetValueOrDefault(attack.Id)))
            : null;
        return AttackRow.Of(attack, [.. facts], guard);
    }

    private async Task<ImmutableDictionary<string, AttackSeen>> Batches(
        AttackGround ground, AttackModel model, string variant, ImmutableArray<AttackBatch> batches, TimeSpan until, CancellationToken cancel)
    {
        var all = ImmutableDictionary.CreateBuilder<string, AttackSeen>();
        foreach (var batch in batches)
        {
            var left = until - outside.Clock.Elapsed;
            if (left <= TimeSpan.Zero)
            {
                all.AddRange(batch.Attacks.Select(attack => KeyValuePair.Create(attack.Id, AttackSeen.NotRun(attack.Id, "the time for all attacks was over before its turn"))));
                continue;
            }

            var (run, why) = await ground.For(model, variant, batch, cancel);
            all.AddRange(run is null
                ? batch.Attacks.Select(attack => KeyValuePair.Create(attack.Id, AttackSeen.Skipped(attack.Id, why ?? "")))
                : await new AttackServer(outside, roots).Run(run with { Limit = left < run.Limit ? left : run.Limit }, cancel));
        }

        return all.ToImmutable();
    }

    private static ImmutableArray<Attack> Chosen(ImmutableArray<string> named)
    {
        if (named.FirstOrDefault(id => Catalog.All.All(attack => attack.Id != id)) is { } unknown)
        {
            throw new Failure(FailureKind.CommandLine, $"there is no attack {unknown}", "`patchforge attack --list` names them");
        }

        return named.IsEmpty ? Catalog.All : [.. Catalog.All.Where(attack => named.Contains(attack.Id))];
    }

    /// <summary>The models named; with none named those whose variant the line or its lab has.</summary>
    private static ImmutableArray<AttackModel> Models(LineSettings line, ImmutableArray<string> named)
    {
        if (named.FirstOrDefault(name => !ModelNames.Contains(name)) is { } unknown)
        {
            throw new Failure(FailureKind.CommandLine, $"there is no model {unknown}", "the models are " + string.Join(", ", ModelNames));
        }

        var there = Enum.GetValues<AttackModel>().Where(model => IsOf(line, model)).ToImmutableArray();
        if (there.IsEmpty)
        {
            throw Failure.Refused($"line {line.Line} has no variant that serves each site as its own user, so there is nothing to attack", "its variants are " + string.Join(", ", line.Build.Variants.Keys));
        }

        return named.FirstOrDefault(name => there.All(model => AttackModels.Name(model) != name)) is { } absent
            ? throw new Failure(FailureKind.CommandLine, $"line {line.Line} has no model {absent}", "its models are " + string.Join(", ", there.Select(AttackModels.Name)))
            : [.. there.Where(model => named.IsEmpty || named.Contains(AttackModels.Name(model)))];
    }

    /// <summary>A peer is of the lines whose suite knows how it is configured.</summary>
    private static bool IsOf(LineSettings line, AttackModel model) =>
        line.CanBuild(Variant(model)) && (model != AttackModel.MpmItk || AttackGround.Peer(line) is not null);

    private static string Variant(AttackModel model) => model switch
    {
        AttackModel.Pool or AttackModel.Fork => "itk",
        AttackModel.MpmItk => AttackGround.PeersBuild,
        _ => AttackModels.Name(model),
    };

    private static string Expected(Attack attack, AttackModel model) => attack.Expected.Of(model) switch
    {
        Expectation.Stopped => "stopped",
        Expectation.Succeeds => "succeeded",
        _ => "not asked",
    };
}
