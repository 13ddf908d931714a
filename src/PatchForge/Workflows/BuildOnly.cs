using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Variants">Which of the settings' variants; empty for all.</param>
/// <param name="Smoke">Whether what was built is started and asked.</param>
public sealed record BuildOnlyRequest(
    ForgeSettings Settings, string Release, ImmutableArray<string> Variants, SourceOptions Source, string? Root, string? Gentoo, bool Smoke);

/// <summary>What <c>build</c> and <c>smoke</c> answer.</summary>
public sealed record BuiltAnswer(string Release, SourceFacts Source, ImmutableArray<BuildFacts> Builds, ImmutableArray<SmokeFacts> Smokes, FailureFacts? Failure);

/// <summary><c>build</c> and <c>smoke</c>: the end of <c>refresh</c> without its middle; the overlay is not touched.</summary>
public sealed class BuildOnly(Outside outside, IRoots roots, Func<string, string?> variable)
{
    /// <exception cref="Failure">Whatever keeps a build from beginning; what fails in it is part of the answer.</exception>
    public async Task<BuiltAnswer> Run(BuildOnlyRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        var (line, _) = settings.Release(request.Release);
        if (line.Build.Variants.IsEmpty)
        {
            throw Failure.Refused($"line {line.Line} does not say how it is built", "add 'build' to it, see docs/settings.md", new FileLocation(settings.File));
        }

        if (request.Variants.FirstOrDefault(name => !line.Build.Variants.ContainsKey(name)) is { } unknown)
        {
            throw new Failure(FailureKind.CommandLine, $"there is no variant {unknown}", "the variants are " + string.Join(", ", line.Build.Variants.Keys));
        }

        var series = new Dictionary<string, LoadedSeries>(StringComparer.Ordinal) { [line.Line] = ReadSeries.Run(settings.Home, line, cancel) };
        var prepared = (await new PrepareReleases(outside, variable).Run(settings, series, [request.Release], request.Source, [], cancel))[0];
        using (prepared)
        {
            if (prepared.Failure is { } stopped)
            {
                throw stopped;
            }

            var source = prepared.SourceFacts ?? throw new InvalidOperationException("A release that did not fail has its source.");
            var doing = new BuildAndSmoke(outside, roots);
            var root = await doing.Open(settings, line, request.Root, cancel);

            // Portage takes no file that the Manifest does not know, and an unofficial one is in no Manifest but refresh's scratch copy.
            var portage = root.HasPortage && source.Official ? PortageOverlay.Requests(settings, prepared, settings.Home, roots.StateFolder, request.Gentoo) : null;
            ImmutableArray<string> variants = request.Variants.IsEmpty ? [.. line.Build.Variants.Keys] : request.Variants;
            var answer = await doing.Run(settings, prepared, root, variants, portage, request.Smoke, cancel);
            return new BuiltAnswer(request.Release, source, answer.Builds, answer.Smokes, answer.Failure is { } failure ? FailureFacts.Of(failure) : null);
        }
    }
}
