using System.Collections.Immutable;
using PatchForge.Attacks;
using PatchForge.Bench;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// What refresh shows of a release that was built and passed its smoke test: the attacks on the model that ships,
/// each guard taken out in its turn, and a short look at its speed beside prefork's. What this machine cannot do of
/// it is a note; what came out wrong is a failure.
/// </summary>
internal sealed class ShowRelease(Outside outside, IRoots roots, Func<string, string?> variable)
{
    /// <summary>Seven rounds give an interval and no verdict.</summary>
    private const int Rounds = 7;

    private static readonly TimeSpan s_attackLimit = TimeSpan.FromMinutes(10);
    private static readonly ImmutableArray<string> s_workloads = ["static-50-new", "static-50-keep"];
    private static readonly ImmutableArray<string> s_arms = [Variant.Prefork, Variant.Pool];

    /// <summary>The newest of each line's: the others differ from it in httpd, not in the MPM.</summary>
    public static ImmutableArray<PreparedRelease> Chosen(IEnumerable<PreparedRelease> built) =>
    [
        .. built.GroupBy(release => release.Line.Line)
            .Select(line => line.MaxBy(release => release.Line.Releases.Select(one => one.Version).ToList().IndexOf(release.Release)))
            .OfType<PreparedRelease>(),
    ];

    /// <param name="installed">The layer with the installed package, where Portage made it: that is attacked, with all its guards, and no lab is built beside it.</param>
    public async Task<(AttackAnswer? Answer, Failure? Failure, string? Note)> Attack(RefreshRequest request, PreparedRelease release, string? installed, CancellationToken cancel)
    {
        if (!AttackRelease.CanAttack(release.Line))
        {
            return default;
        }

        ImmutableArray<AttackModel> models = installed is null ? [AttackModel.Pool] : [AttackModel.Pool, AttackModel.Fork];
        var asked = new AttackRequest(request.Settings, release.Release, [.. models.Select(AttackModels.Name)], request.Attacks, installed is null, request.Source, request.Root)
        {
            Installed = installed,
            Limit = s_attackLimit,
            Prepared = release,
        };
        try
        {
            var answer = await new AttackRelease(outside, roots, variable).Run(asked, cancel);
            return (answer, answer.Succeeded ? null : Wrong(answer), null);
        }
        catch (Failure failure) when (failure.Kind == FailureKind.Missing)
        {
            return (null, null, $"{release.Release} was not attacked: {failure.Message}");
        }
        catch (Failure failure)
        {
            return (null, failure, null);
        }
    }

    public async Task<(BenchAnswer? Answer, string? Note)> Measure(RefreshRequest request, PreparedRelease release, CancellationToken cancel)
    {
        var suite = Suite.Of(release.Line.Dialect);
        if (s_arms.Any(arm => !release.Line.Build.Variants.ContainsKey(suite.Variant(arm).Image)))
        {
            return default;
        }

        var asked = new BenchRequest(
            request.Settings, release.Release, s_workloads, request.Source, request.Root, ImmutableSortedDictionary<string, string>.Empty, Rounds, 1, null, 1, Quick: true, Resume: false, Profile: false)
        {
            Arms = s_arms,
            Prepared = release,
        };
        try
        {
            return (await new BenchRelease(outside, roots, variable).Run(asked, cancel), null);
        }
        catch (Failure failure) when (failure.Kind is FailureKind.Missing or FailureKind.Refused)
        {
            // All that refresh is for is done by now: figures are beside it.
            return (null, $"{release.Release} was not measured: {failure.Message}");
        }
    }

    private static Failure Wrong(AttackAnswer answer) => Failure.Refused(
        $"{answer.Failed} {(answer.Failed == 1 ? "verdict" : "verdicts")} of the attacks not as expected: "
        + string.Join(", ", answer.Attacks.Where(row => row.Models.Any(facts => facts.Failed) || row.WithoutGuard is { Failed: true }).Select(row => row.Id)),
        $"the report has what was seen; configurations and logs are in {answer.Kept}; `patchforge attack {answer.Release} --model pool` tries again, --no-attack goes without");
}
