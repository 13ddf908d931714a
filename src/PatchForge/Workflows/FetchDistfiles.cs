using System.Collections.Immutable;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>What became of one release's distfile.</summary>
/// <param name="File">Where it is; null when it was not to be had.</param>
/// <param name="Verdict">What it is worth; null when there is no file.</param>
/// <param name="Downloaded">Whether it came over the network just now.</param>
/// <param name="Sha512">Of the file, lower-case hexadecimal; null when there is no file.</param>
/// <param name="Failure">Why it cannot be used; null when it can.</param>
public sealed record FetchedDistfile(
    string Release, string Distfile, string? File, DistfileVerdict? Verdict, bool Downloaded, string? Sha512, Failure? Failure);

/// <summary>
/// Gets distfiles that may be used: from this machine, else out of a distribution's source package, else from the mirrors. A download
/// goes to <c>NAME.part</c> and gets its name only when it is verified; a cancelled or killed one leaves that part, which the next goes
/// on with.
/// </summary>
public sealed class FetchDistfiles(Outside outside, Func<string, string?> variable)
{
    private const long LimitWhereNoSizeIsPublished = 64L << 20;

    private readonly FindDistfile _find = new(outside, variable);

    /// <summary>All of them, one after the other; one that fails does not keep the next from being fetched.</summary>
    public async Task<ImmutableArray<FetchedDistfile>> Run(
        ForgeSettings settings, IEnumerable<string> versions, SourceOptions options, CancellationToken cancel)
    {
        var answers = ImmutableArray.CreateBuilder<FetchedDistfile>();
        foreach (var version in versions)
        {
            var (_, release) = settings.Release(version);
            try
            {
                answers.Add(await One(settings, version, options, cancel));
            }
            catch (Failure failure)
            {
                answers.Add(new FetchedDistfile(version, release.Distfile, null, null, false, null, failure));
            }
        }

        return answers.ToImmutable();
    }

    /// <exception cref="Failure">Missing: it is nowhere; Refused: what there is, is not it.</exception>
    public async Task<FetchedDistfile> One(ForgeSettings settings, string version, SourceOptions options, CancellationToken cancel)
    {
        var (line, release) = settings.Release(version);
        var search = await _find.Run(settings, release.Published, options.Distdir, cancel);
        if (search.Best is { } best)
        {
            var accepted = await Accepted(settings, line, release, best, options, cancel);
            if (accepted is not null)
            {
                return accepted;
            }
        }

        var target = Path.Combine(options.Distdir ?? _find.OwnPlace.Folder, release.Distfile);
        if (search.Best is { } wrong && (options.Offline || File.Exists(target)))
        {
            throw NotIt(wrong, settings);
        }

        var archive = await new FetchArchive(outside, _find).Run(settings, line, release, options, cancel);
        if (archive.Got is { } package)
        {
            return package;
        }

        return options.Offline
            ? throw MissingDistfile.Of(line, release, search.Places, [])
            : await Download(settings, line, release, target, search, archive.Why, options, cancel);
    }

    internal static string Told(DownloadOutcome outcome) => outcome switch
    {
        DownloadOutcome.NotThere gone => $"no such file ({gone.Status})",
        DownloadOutcome.Broken broken => broken.Why,
        _ => "whole",
    };

    /// <summary>What a file on this machine is good for under the options; null when for nothing.</summary>
    private async Task<FetchedDistfile?> Accepted(
        ForgeSettings settings, LineSettings line, ReleaseSettings release, FoundDistfile file, SourceOptions options, CancellationToken cancel)
    {
        var verdict = file.Verdict;
        if (verdict is DistfileVerdict.Unknown)
        {
            verdict = await Proven(settings, line, release, file.File, options, cancel);
        }

        if (!verdict.IsAccepted && options.Unofficial)
        {
            verdict = new DistfileVerdict.Unofficial(verdict.Sentence);
            outside.Story.Detail($"{file.File} is unofficial: {file.Verdict.Sentence}");
            outside.Story.Warn("unofficial sources are in use, and nothing made of them reaches the overlay");
        }

        return verdict.IsAccepted || verdict is DistfileVerdict.Unofficial
            ? new FetchedDistfile(release.Version, release.Distfile, file.File, verdict, false, file.Digests[DigestAlgorithm.Sha512], null)
            : null;
    }

    /// <summary>The verdict about a file of which no digest was published, by signature or by the user's word; it is recorded.</summary>
    private async Task<DistfileVerdict> Proven(
        ForgeSettings settings, LineSettings line, ReleaseSettings release, string file, SourceOptions options, CancellationToken cancel)
    {
        var signature = await new CheckSignature(outside, UserCache.Folder(variable)).Run(line, release.Distfile, file, options.Offline, cancel);
        LockedAcceptance? accepted = signature switch
        {
            SignatureVerdict.Good good => new LockedAcceptance.BySignature(good.Fingerprint, good.UserId),
            SignatureVerdict.Refused refused => throw Failure.Refused(
                $"{file}: {refused.Sentence}", "do not use this file; fetch it and its signature again from another mirror"),
            _ => options.TrustFirstUse ? new LockedAcceptance.FirstUse() : null,
        };
        if (signature is not null)
        {
            outside.Story.Say($"{release.Distfile}: {signature.Sentence}");
        }

        if (accepted is null)
        {
            return new DistfileVerdict.Unknown();
        }

        var digests = await FileDigests.OfFile(file, [DigestAlgorithm.Blake2b, DigestAlgorithm.Sha512], null, cancel);
        var entry = new LockedDistfile(release.Distfile, digests.Size, digests[DigestAlgorithm.Blake2b], digests[DigestAlgorithm.Sha512], accepted);
        LockFile.Record(settings, entry);
        outside.Story.Say($"{release.Distfile} is recorded in {DistfileLock.FileName}");
        return DistfileJudge.Judge(release.Published, digests, entry);
    }

    private async Task<FetchedDistfile> Download(
        ForgeSettings settings, LineSettings line, ReleaseSettings release, string target, DistfileSearch search, string? noPackage, SourceOptions options, CancellationToken cancel)
    {
        var part = target + ".part";
        Prepare(Path.GetDirectoryName(target)!); // the target is in a folder
        if (release.Digests.IsEmpty)
        {
            File.Delete(part); // no digest would tell two halves that do not belong together
        }

        var tried = ImmutableArray.CreateBuilder<string>();
        if (noPackage is not null)
        {
            tried.Add($"source package {release.SourcePackage}: {noPackage}");
        }

        Failure? refused = null;
        foreach (var address in line.Upstream.Mirrors.Select(mirror => new Uri(mirror, release.Distfile)))
        {
            var outcome = await Fetched(address, part, release, options, cancel);
            if (outcome is not DownloadOutcome.Whole whole)
            {
                tried.Add($"{address}: {Told(outcome)}");
                continue;
            }

            var file = await _find.Judged(part, new DistfilePlace(address.AbsoluteUri, "downloaded"), release.Published, LockFile.Read(settings).Find(release.Distfile), cancel);
            if (file.Verdict is DistfileVerdict.Wrong && whole.Resumed)
            {
                // The part at hand may have been of another file: once more, from the start.
                File.Delete(part);
                outcome = await Fetched(address, part, release, options, cancel);
                file = outcome is DownloadOutcome.Whole ? await _find.Judged(part, file.Place, release.Published, LockFile.Read(settings).Find(release.Distfile), cancel) : file;
            }

            if (outcome is DownloadOutcome.Whole && await Accepted(settings, line, release, file, options with { Unofficial = false }, cancel) is { } accepted)
            {
                File.Move(part, target);
                return accepted with { File = target, Downloaded = true };
            }

            tried.Add($"{address}: {file.Verdict.Sentence}");
            refused ??= NotIt(file with { File = address.AbsoluteUri }, settings);
            File.Delete(part);
        }

        throw refused ?? (search.Best is { } wrong ? NotIt(wrong, settings) : MissingDistfile.Of(line, release, search.Places, tried.ToImmutable()));
    }

    private async Task<DownloadOutcome> Fetched(Uri address, string part, ReleaseSettings release, SourceOptions options, CancellationToken cancel)
    {
        var pause = options.FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await outside.Story.During(
                $"fetching {address}",
                step => outside.Downloads.Fetch(address, part, release.Size ?? LimitWhereNoSizeIsPublished, step, cancel));
            if (outcome is not DownloadOutcome.Broken broken || attempt >= options.Attempts)
            {
                return outcome;
            }

            outside.Story.Detail($"{address}: {broken.Why}; trying again");
            await Task.Delay(pause, cancel);
            pause *= 2;
        }
    }

    private static void Prepare(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception wrong) when (wrong is UnauthorizedAccessException or IOException)
        {
            throw Failure.Refused($"the folder {folder} for downloads cannot be made: {wrong.Message}", "name another with --distdir DIR", cause: wrong);
        }
    }

    private static Failure NotIt(FoundDistfile file, ForgeSettings settings) => file.Verdict switch
    {
        DistfileVerdict.Unknown => new Failure(
            FailureKind.Refused,
            $"{file.File}: {file.Verdict.Sentence}",
            $"add a published digest to 'digests' of the release in {settings.File}, or put its signature and KEYS beside it; or, if you know where it is from, accept and record it with --trust-first-use; or work with it by --unofficial")
        {
            Facts = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add(DistfileFact.VerdictFact, [DistfileFact.Word(file.Verdict)]),
        },
        DistfileVerdict.Wrong wrong when wrong.Differences.Any(difference => difference.Source == DistfileLock.FileName) => Failure.Refused(
            $"{file.File} is not the file that was recorded: {wrong.Sentence}",
            $"get the recorded file; or, if the change is right, take its line out of {settings.PathOf(DistfileLock.FileName)}"),
        _ => Failure.Refused(
            $"{file.File} is {file.Verdict.Sentence}",
            "move it away and fetch the published one; or work with it by --unofficial, and nothing of it reaches the overlay"),
    };
}
