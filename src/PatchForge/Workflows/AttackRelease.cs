using System.Collections.Immutable;
using PatchForge.Attacks;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Models">By name; empty for all.</param>
/// <param name="Attacks">By id; empty for all.</param>
/// <param name="Guards">Whether guards are taken out as well.</param>
public sealed record AttackRequest(
    ForgeSettings Settings, string Release, ImmutableArray<string> Models, ImmutableArray<string> Attacks, bool Guards, SourceOptions Source, string? Root);

/// <summary><c>attack</c>: builds every model, attacks each, takes guards out, and compares with what is promised.</summary>
public sealed class AttackRelease(Outside outside, IRoots roots, Func<string, string?> variable)
{
    private const string GuardsVariant = "itk-guards";

    public static ImmutableArray<string> ModelNames { get; } = [.. Enum.GetNames<AttackModel>().Select(name => name.ToLowerInvariant())];

    /// <summary>What there is, without trying any of it.</summary>
    public static AttackAnswer List(string release, ImmutableArray<string> named) =>
        new(release, null, [], [.. Chosen(named).Select(attack => AttackRow.Of(attack, [], null))], Unproven, 0, null);

    /// <exception cref="Failure">Whatever keeps the attacks from beginning: a source, a root, a build.</exception>
    public async Task<AttackAnswer> Run(AttackRequest request, CancellationToken cancel)
    {
        var began = outside.Clock.Elapsed;
        var attacks = Chosen(request.Attacks);
        var (line, _) = request.Settings.Release(request.Release);
        var models = Models(line, request.Models);
        var withGuards = request.Guards && line.CanBuild(GuardsVariant) && models.Contains(AttackModel.Pool) && attacks.Any(attack => !attack.Guards.IsEmpty);
        ImmutableArray<string> variants = [.. models.Select(Variant).Distinct(), .. withGuards ? new[] { GuardsVariant } : []];
        var built = await new BuildLab(outside, roots, variable).Run(new BuildLabRequest(request.Settings, request.Release, variants, request.Source, request.Root), cancel);
        var images = built.Images.ToImmutableDictionary(image => image.Variant);
        var tools = await Tools(request, built, cancel);
        var seen = new Dictionary<AttackModel, ImmutableDictionary<string, AttackSeen>>();
        foreach (var model in models)
        {
            seen[model] = await Batches(request, built, model, images[Variant(model)], tools, AttackBatch.Of(model, attacks), cancel);
        }

        var without = withGuards
            ? await Batches(request, built, AttackModel.Pool, images[GuardsVariant], tools, AttackBatch.WithoutGuards(attacks), cancel)
            : null;
        return new AttackAnswer(
            request.Release,
            built.Source,
            [.. models.Select(Name)],
            [.. attacks.Select(attack => Row(attack, models, seen, without))],
            Unproven,
            Math.Round((outside.Clock.Elapsed - began).TotalSeconds, 1),
            Path.Combine(roots.StateFolder, "attack"));
    }

    private static ImmutableArray<UnprovenGuard> Unproven { get; } = [.. Catalog.Unproven.Select(guard => new UnprovenGuard(guard.Key, guard.Value))];

    private static AttackRow Row(
        Attack attack, ImmutableArray<AttackModel> models, Dictionary<AttackModel, ImmutableDictionary<string, AttackSeen>> seen, ImmutableDictionary<string, AttackSeen>? without)
    {
        var facts = models.Select(model =>
        {
            var one = seen[model].GetValueOrDefault(attack.Id);
            return AttackFacts.Of(Name(model), Expected(attack, model), one, AttackJudge.Of(attack, model, one));
        });
        var guard = without is not null && !attack.Guards.IsEmpty
            ? AttackFacts.Of("without " + AttackJudge.Named(attack), "succeeded", without.GetValueOrDefault(attack.Id), AttackJudge.WithoutGuard(attack, without.GetValueOrDefault(attack.Id)))
            : null;
        return AttackRow.Of(attack, [.. facts], guard);
    }

    private async Task<ImmutableDictionary<string, string>> Tools(AttackRequest request, BuildLabAnswer built, CancellationToken cancel)
    {
        var folders = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var image in built.Images)
        {
            folders[image.Variant] = await new AttackTools(roots).Run(request.Settings, built.Root, image.Image, $"{request.Release}-{image.Variant}", cancel);
        }

        return folders.ToImmutable();
    }

    private async Task<ImmutableDictionary<string, AttackSeen>> Batches(
        AttackRequest request, BuildLabAnswer built, AttackModel model, LabImage image, ImmutableDictionary<string, string> tools, ImmutableArray<AttackBatch> batches, CancellationToken cancel)
    {
        var all = ImmutableDictionary.CreateBuilder<string, AttackSeen>();
        foreach (var batch in batches)
        {
            var (folder, why) = batch.Setting == AttackSetting.Php ? await WithPhp(request, built, image, cancel) : (image.Image, null);
            all.AddRange(folder is null
                ? batch.Attacks.Select(attack => KeyValuePair.Create(attack.Id, AttackSeen.Skipped(attack.Id, why ?? "")))
                : await new AttackServer(outside, roots).Run(
                    new AttackRun(built.Root, request.Release, model, folder, tools[image.Variant], batch, request.Settings.Smoke.Port, request.Settings.Smoke.StartLimit) { Dialect = request.Settings.Release(request.Release).Line.Dialect }, cancel));
        }

        return all.ToImmutable();
    }

    /// <summary>The image with PHP in it, or why there is none.</summary>
    private async Task<(string? Image, string? Why)> WithPhp(AttackRequest request, BuildLabAnswer built, LabImage image, CancellationToken cancel)
    {
        if (request.Settings.Release(request.Release).Line.Lab is not { Php: not null } lab)
        {
            return (null, "the settings say nothing of PHP (lab.php)");
        }

        if (await new BuildPhp(outside, roots).Run(new BuildPhpRequest(request.Settings.Home, lab, built.Root.Tree, image.Image), cancel) is PhpOutcome.OutOfReach missing)
        {
            return (null, $"no PHP: {missing.Why}");
        }

        var extended = await new ExtendImage(outside, roots).Run(
            built.Root,
            new BuiltVariant(image.Variant, "attack", image.Image, image.Reused, TimeSpan.Zero, null, image.Log, []),
            await AddPhp.Of(outside, roots, request.Settings.Home, lab, cancel),
            cancel);
        return (extended.Image, null);
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

        var models = Enum.GetValues<AttackModel>().Where(model => named.IsEmpty ? line.CanBuild(Variant(model)) : named.Contains(Name(model))).ToImmutableArray();
        return models.IsEmpty
            ? throw Failure.Refused($"line {line.Line} has no variant that serves each site as its own user, so there is nothing to attack", "its variants are " + string.Join(", ", line.Build.Variants.Keys))
            : models;
    }

    private static string Name(AttackModel model) => model.ToString().ToLowerInvariant();

    private static string Variant(AttackModel model) => model is AttackModel.Pool or AttackModel.Fork ? "itk" : Name(model);

    private static string Expected(Attack attack, AttackModel model) => attack.Expected.Of(model) switch
    {
        Expectation.Stopped => "stopped",
        Expectation.Succeeds => "succeeded",
        _ => "not asked",
    };
}
