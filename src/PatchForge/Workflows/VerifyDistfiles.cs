using System.Collections.Immutable;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>A release's distfile, or a source package's archive in its place, as it is on this machine.</summary>
/// <param name="Files">Every file of that name that was looked at; none where it is missing.</param>
/// <param name="Places">The folders that were looked in.</param>
/// <param name="Signature">What a signature lying beside the file says; null where there is none, or no KEYS.</param>
public sealed record VerifiedDistfile(
    string Release, string Distfile, ImmutableArray<FoundDistfile> Files, ImmutableArray<DistfilePlace> Places, SignatureVerdict? Signature)
{
    /// <summary>Accepted by its digests, and no signature says otherwise.</summary>
    public bool IsGood => Files.Any(file => file.Verdict.IsAccepted) && Signature is not SignatureVerdict.Refused;
}

/// <summary>Checks the distfiles on this machine: sizes, digests, and signatures where they lie beside. Downloads and writes nothing.</summary>
public sealed class VerifyDistfiles(Outside outside, Func<string, string?> variable)
{
    private readonly FindDistfile _find = new(outside, variable);

    public async Task<ImmutableArray<VerifiedDistfile>> Run(ForgeSettings settings, IEnumerable<string> versions, string? distdir, CancellationToken cancel)
    {
        var answers = ImmutableArray.CreateBuilder<VerifiedDistfile>();
        foreach (var version in versions)
        {
            var (line, release) = settings.Release(version);
            var search = await _find.Release(settings, release, distdir, cancel);
            var signature = search.Best is { } best
                ? await new CheckSignature(outside, UserCache.Folder(variable)).Run(line, search.Wanted.Name, best.File, offline: true, cancel)
                : null;
            answers.Add(new VerifiedDistfile(version, search.Wanted.Name, search.Found, search.Places, signature));
        }

        return answers.ToImmutable();
    }
}
