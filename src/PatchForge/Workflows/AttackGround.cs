using System.Collections.Immutable;
using PatchForge.Attacks;
using PatchForge.Bench;
using PatchForge.Httpd;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>What the servers of one run of attacks stand on: images, roots with a distribution's packages, compiled attacks.</summary>
internal sealed class AttackGround(Outside outside, IRoots roots, ForgeSettings settings, LineSettings line, BuildLabAnswer built)
{
    /// <summary>The build that the peer's module is loaded into.</summary>
    public const string PeersBuild = Bench.Variant.Prefork;

    private readonly Suite _suite = Suite.Of(line.Dialect);
    private readonly Dictionary<string, string> _tools = new(StringComparer.Ordinal);
    private FoundPeers? _peers;
    private (bool Asked, string? Why) _php;

    /// <summary>Of the packages that brought something, as far as the root's package manager knows them.</summary>
    public ImmutableArray<string> Versions => _peers?.Versions ?? [];

    /// <summary>How a line's bench configures the distribution's mpm-itk: it is attacked as it is measured. Null where there is none.</summary>
    public static Bench.Variant? Peer(LineSettings line) => Suite.Of(line.Dialect).Variants.FirstOrDefault(variant => variant.Name == Bench.Variant.MpmItk);

    /// <exception cref="Failure">The attacks do not compile.</exception>
    public async Task Prepare(ImmutableArray<AttackModel> models, ImmutableArray<Attack> attacks, CancellationToken cancel)
    {
        foreach (var image in built.Images)
        {
            _tools[image.Variant] = await new AttackTools(roots).Run(settings, built.Root, image.Image, $"{built.Release}-{image.Variant}", cancel);
        }

        ImmutableArray<string> files =
        [
            .. models.Contains(AttackModel.MpmItk) && Peer(line) is { } peer ? peer.Needs : [],
            .. !_suite.Php.InImage && !built.Images.Any(image => ServerPlace.IsALayer(image.Image)) && attacks.Any(attack => attack.Setting == AttackSetting.Php) ? new[] { _suite.Php.Module } : [],
        ];
        if (!files.IsEmpty)
        {
            _peers = await new BenchPeers(outside, roots).Run(built.Root.Tree, BenchSettings.None, line.Bench, files, cancel);
        }
    }

    /// <summary>The server for a batch, or why there can be none.</summary>
    public async Task<(AttackRun? Run, string? Why)> For(AttackModel model, string variant, AttackBatch batch, CancellationToken cancel)
    {
        var image = built.Images.Single(one => one.Variant == variant);
        var run = new AttackRun(built.Root, built.Release, model, image.Image, _tools[variant], batch, settings.Smoke.Port, settings.Smoke.StartLimit) { Dialect = line.Dialect };
        if (model == AttackModel.MpmItk && Peer(line) is { } peer)
        {
            return _peers?.Lacks(peer.Needs) is { } lacks
                ? (null, $"no mpm-itk: {lacks}")
                : (run with { Root = _peers?.Root ?? built.Root, Lines = peer.Lines }, null);
        }

        if (batch.Setting == AttackSetting.Tls && WithoutTls(run) is { } reason)
        {
            return (null, reason);
        }

        return batch.Setting != AttackSetting.Php ? (run, null)
            : ServerPlace.IsALayer(run.Image) ? (null, $"an installed package is attacked as it is, and has no PHP; `patchforge attack {built.Release}` builds one")
            : _suite.Php.InImage ? await WithBuiltPhp(run, image, cancel)
            : await WithPackagedPhp(run, cancel);
    }

    /// <summary>Why there are no private keys to look for, or none that are kept apart; null when there are.</summary>
    private string? WithoutTls(AttackRun run) =>
        line.Dialect != Dialect.Httpd20 ? $"mod_ssl of httpd {line.Dialect.Name} has all keys in every process, and the trust page says so"
        : !ServerPlace.Find(run.Image).ModuleFiles.Contains("mod_ssl.so") ? "this build has no mod_ssl"
        : null;

    /// <summary>The image with PHP in it, or why there is none.</summary>
    private async Task<(AttackRun? Run, string? Why)> WithBuiltPhp(AttackRun run, LabImage image, CancellationToken cancel)
    {
        if (line.Lab is not { Php: not null } lab)
        {
            return (null, "the settings say nothing of PHP (lab.php)");
        }

        if (await new BuildPhp(outside, roots).Run(new BuildPhpRequest(settings.Home, lab, built.Root.Tree, image.Image), cancel) is PhpOutcome.OutOfReach missing)
        {
            return (null, $"no PHP: {missing.Why}");
        }

        var extended = await new ExtendImage(outside, roots).Run(
            built.Root,
            new BuiltVariant(image.Variant, "attack", image.Image, image.Reused, TimeSpan.Zero, null, image.Log, []),
            await AddPhp.Of(outside, roots, settings.Home, lab, cancel),
            cancel);
        return (run with { Image = extended.Image ?? image.Image }, null);
    }

    /// <summary>The root with the distribution's own module in it, which has been seen to serve and to cache, or why not.</summary>
    private async Task<(AttackRun? Run, string? Why)> WithPackagedPhp(AttackRun run, CancellationToken cancel)
    {
        if (_peers is not { } peers || peers.Lacks([_suite.Php.Module]) is { } lacks && lacks.Length > 0)
        {
            return (null, $"no PHP: {_peers?.Lacks([_suite.Php.Module])}");
        }

        if (!_php.Asked)
        {
            var place = ServerPlace.Find(run.Image);
            var step = PhpPlan.TryModule(run.Image, place.Binary, _suite.Php.Module, [.. line.Dialect.Load(place.Modules, place.ModuleFiles, [])]);
            var log = Path.Combine(Directory.CreateDirectory(Path.Combine(roots.StateFolder, "logs")).FullName, "php-of-packages.log");
            var answer = await new RootStep(outside, roots).Run(peers.Root.Tree, step, null, $"trying PHP in {built.Root.Tree.Name}", log, cancel);
            _php = (true, answer.Succeeded ? null : $"PHP of the root's packages does not serve, or does not cache: {LogFile.LastWord(answer)}; log: {log}");
        }

        return _php.Why is { } why ? (null, why) : (run with { Root = peers.Root, Php = _suite.Php.Module }, null);
    }
}
