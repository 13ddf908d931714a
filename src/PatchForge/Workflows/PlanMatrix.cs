using System.Collections.Immutable;
using PatchForge.Matrix;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Roots">As <c>--root</c> names them; empty for the settings' default.</param>
/// <param name="Variants">Empty for those that refresh builds.</param>
/// <param name="Call">The words that call the tool where jobs run.</param>
/// <param name="Options">Words that every job gets.</param>
/// <param name="Tool">Name and version.</param>
public sealed record PlanMatrixRequest(
    ForgeSettings Settings,
    ImmutableArray<string> Releases,
    ImmutableArray<string> Roots,
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
            foreach (var root in request.Roots.IsEmpty ? [null] : request.Roots.Distinct().Select(root => (string?)root))
            {
                foreach (var variant in request.Variants.IsEmpty ? BuildAndSmoke.Variants(settings, line) : [.. request.Variants.Distinct()])
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
