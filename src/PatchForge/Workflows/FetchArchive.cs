using PatchForge.Releases;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>What became of a release's archive in a distribution's source package.</summary>
/// <param name="Got">The archive, with the digests that the settings have of it; null where it could not be had.</param>
/// <param name="Why">Why there is none: a sentence; null when there is one, or the settings know of no source package.</param>
internal sealed record ArchiveOutcome(FetchedDistfile? Got, string? Why);

/// <summary>
/// A release's upstream archive out of a distribution's source package: from this machine, else by the distribution's
/// own client in a throw-away view of this machine's root. It becomes a file beside the distfiles.
/// </summary>
internal sealed class FetchArchive(Outside outside, FindDistfile find)
{
    /// <exception cref="Failure">Refused: an archive that is not the one that the settings name.</exception>
    public async Task<ArchiveOutcome> Run(ForgeSettings settings, LineSettings line, ReleaseSettings release, SourceOptions options, CancellationToken cancel)
    {
        if (release.SourcePackage is not { } package)
        {
            return new ArchiveOutcome(null, null);
        }

        var search = await find.Run(settings, package.Published, options.Distdir, cancel);
        if (search.Best is { } there)
        {
            return new ArchiveOutcome(Accepted(release, package, there), null);
        }

        if (options.Offline)
        {
            return new ArchiveOutcome(null, "nothing is fetched now");
        }

        try
        {
            return new ArchiveOutcome(await ByClient(settings, line, release, package, options, cancel), null);
        }
        catch (Failure failure) when (failure.Kind == FailureKind.Missing)
        {
            return new ArchiveOutcome(null, failure.Hint is { } hint ? $"{failure.Message} ({hint})" : failure.Message);
        }
    }

    /// <summary>What an archive at hand is: the settings' digests decide, and a wrong one is no way to go on.</summary>
    internal static DistfileVerdict Verdict(SourcePackageSettings package, FoundDistfile file) =>
        file.Verdict is DistfileVerdict.Official official ? new DistfileVerdict.Distribution(package.ToString(), official.Matched) : file.Verdict;

    private static FetchedDistfile Accepted(ReleaseSettings release, SourcePackageSettings package, FoundDistfile file, bool fetched = false) =>
        Verdict(package, file) is DistfileVerdict.Distribution verdict
            ? new FetchedDistfile(release.Version, package.Archive, file.File, verdict, fetched, file.Digests[DigestAlgorithm.Sha512], null)
            : throw Failure.Refused($"{file.File} is {file.Verdict.Sentence}", "move it away, and it is fetched again");

    private async Task<FetchedDistfile> ByClient(
        ForgeSettings settings, LineSettings line, ReleaseSettings release, SourcePackageSettings package, SourceOptions options, CancellationToken cancel)
    {
        var roots = outside.Roots;
        if (await roots.Ability(cancel) is RootAbility.None none)
        {
            throw Failure.Missing(none.Why, none.Hint);
        }

        var root = roots.Host();
        if (RootLook.Manager(root) != PackageManager.Apt)
        {
            throw Failure.Missing("this machine has no apt-get, which is what fetches a source package");
        }

        MadeRoot.PrepareState(roots.StateFolder);
        var work = Path.Combine(roots.StateFolder, "source", package.Archive);
        var logs = Directory.CreateDirectory(Path.Combine(roots.StateFolder, "logs", release.Version)).FullName;
        Directory.CreateDirectory(Path.GetDirectoryName(work) ?? work);
        using var held = await roots.Lock(work + ".lock", cancel);
        if ((await find.Run(settings, package.Published, options.Distdir, cancel)).Best is { } there)
        {
            return Accepted(release, package, there); // of another run, while this one waited
        }

        await roots.Remove(work, cancel);
        try
        {
            var folder = Directory.CreateDirectory(work).FullName;
            var fetched = await new FetchSourcePackage(outside, roots).Run(root, package.Name, package.Version, folder, logs, cancel);
            return await Keep(settings, line, release, package, fetched, options.Distdir ?? find.OwnPlace.Folder, cancel);
        }
        finally
        {
            await roots.Remove(work, CancellationToken.None);
        }
    }

    /// <summary>Judges the archive, and then gives it and its signature their place.</summary>
    private async Task<FetchedDistfile> Keep(
        ForgeSettings settings, LineSettings line, ReleaseSettings release, SourcePackageSettings package, FetchedPackage fetched, string place, CancellationToken cancel)
    {
        var name = $"the source package {fetched.Control.Source} {fetched.Control.PlainVersion}";
        var folder = Path.GetDirectoryName(fetched.File) ?? "";
        if (!fetched.Control.Files.Any(file => file.Name == package.Archive))
        {
            throw Failure.Refused($"{name} has no {package.Archive}", "the settings name another archive than the distribution has; see 'source-package' of the release", release.At);
        }

        var archive = Path.Combine(folder, package.Archive);
        var judged = await find.Judged(archive, new DistfilePlace(name, "fetched"), package.Published, LockFile.Read(settings).Find(package.Archive), cancel);
        var accepted = Accepted(release, package, judged with { File = $"{package.Archive} of {name}" }, fetched: true);
        Directory.CreateDirectory(place);
        foreach (var file in fetched.Control.Files.Select(file => file.Name).Where(file => file == package.Archive || file == package.Archive + line.Upstream.SignatureSuffix))
        {
            Put(Path.Combine(folder, file), Path.Combine(place, file));
        }

        return accepted with { File = Path.Combine(place, package.Archive) };
    }

    /// <summary>Whole or not at all, from another file system too.</summary>
    private static void Put(string from, string to)
    {
        File.Copy(from, to + ".part", overwrite: true);
        File.Move(to + ".part", to, overwrite: true);
    }
}
