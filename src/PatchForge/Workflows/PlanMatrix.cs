using System.Collections.Immutable;
using PatchForge.Matrix;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Roots">As <c>--root</c> names them, each with a job a variant; with no root at all the settings' default.</param>
/// <param name="PortageRoots">Roots that have Portage, each with a job a set of USE flags.</param>
/// <param name="Variants">Variants and sets by name; empty for those that refresh builds.</param>
/// <param name="Call">The words that call the tool where jobs run.</param>
/// <param name="Options">Words that every job gets.</param>
/// <param name="Tool">Name and version.</param>
public sealed record PlanMatrixRequest(
    ForgeSettings Settings,
    ImmutableArray<string> Releases,
    ImmutableArray<string> Roots,
    ImmutableArray<string> PortageRoots,
    ImmutableArray<string> Variants,
    ImmutableArray<string> Call,
    ImmutableArray<string> Options,
    string Tool);

/// <summary>Plans jobs. Nothing but the settings and the series is read: the roots need not be on this machine.</summary>
public static class PlanMatrix
{
    /// <exception cref="Failure">CommandLine: a variant that no chosen line has, or a root that is none; Refused: a series that cannot be read.</exception>
    public static async Task<MatrixPlan> Run(PlanMatrixRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        var made = await MadeOf.Read(settings, request.Releases, cancel);
        var jobs = ImmutableArray.CreateBuilder<MatrixJob>();
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var release in settings.Lines.SelectMany(line => line.Releases).Select(release => release.Version).Where(request.Releases.Contains))
        {
            var (line, _) = settings.Release(release);
            TryVariants.Known(line, request.Variants);
            foreach (var (root, portage) in Roots(request))
            {
                foreach (var variant in Names(settings, line, portage, request.Variants))
                {
                    var shown = TryVariants.RootOf(settings, root);
                    var id = Id(release, variant, shown);
                    jobs.Add(new MatrixJob(
                        jobs.Count + 1,
                        ids.Add(id) ? id : $"{id}-{jobs.Count + 1}",
                        release,
                        line.Line,
                        variant,
                        shown,
                        made.Series[release],
                        [.. request.Call, "refresh", release, "--variant", variant, .. root is null ? Array.Empty<string>() : ["--root", Checked(root)], .. request.Options, "--format", "json"]));
                }
            }
        }

        return jobs.Count > 0
            ? new MatrixPlan(settings.Package, request.Tool, made.Settings, jobs.ToImmutable())
            : throw new Failure(FailureKind.CommandLine, "there is no job to plan", "the line has no release with an ebuild: name one, or say --all");
    }

    private static IEnumerable<(string? Root, bool Portage)> Roots(PlanMatrixRequest request)
    {
        var roots = request.Roots.Distinct().Select(root => ((string?)root, false)).Concat(request.PortageRoots.Distinct().Select(root => ((string?)root, true))).ToArray();
        return roots.Length == 0 ? [(null, false)] : roots;
    }

    private static IEnumerable<string> Names(ForgeSettings settings, LineSettings line, bool portage, ImmutableArray<string> asked)
    {
        var variants = BuildAndSmoke.Variants(settings, line);
        var all = portage && line.Ebuild is { } ebuild
            ? PortageOverlay.Sets(line, ebuild).Where(set => asked.IsEmpty ? variants.Contains(set.Variant) : asked.Contains(set.Name) || asked.Contains(set.Variant)).Select(set => set.Name)
            : asked.IsEmpty ? variants : asked.Where(line.Build.Variants.ContainsKey);
        return all.Distinct();
    }

    /// <summary>A form that <c>--root</c> takes; whether it is there is the job's to see, on its machine.</summary>
    private static string Checked(string root)
    {
        RootSpec.Parse(root, "/");
        return root;
    }

    private static string Id(string release, string variant, string root)
    {
        var words = string.Concat(root.Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-')).Split('-', StringSplitOptions.RemoveEmptyEntries);
        var slug = string.Join('-', words).Trim('.');
        return $"{release}-{variant}-{(slug.Length > 60 ? slug[^60..].TrimStart('-', '.') : slug)}";
    }
}
