using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Matrix;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <param name="Files">Results; their order does not matter.</param>
/// <param name="Plan">What was to be done; null to take what is there.</param>
public sealed record MergeMatrixRequest(ImmutableArray<string> Files, MatrixPlan? Plan);

/// <summary>
/// Makes one answer of the jobs' answers. A file that is broken, of another plan, or made of another series, other
/// settings or another source than the rest is told and does not count; it keeps no other from being merged.
/// </summary>
public sealed class MergeMatrix
{
    private readonly MatrixPlan? _plan;
    private readonly Dictionary<(string Release, string Variant, string Root), MatrixCell> _cells = [];
    private readonly SortedDictionary<string, string> _problems = new(StringComparer.Ordinal);

    /// <summary>What results have to agree in, with the value and the file that had it first.</summary>
    private readonly Dictionary<string, (string Value, string File)> _same = new(StringComparer.Ordinal);

    private MergeMatrix(MatrixPlan? plan)
    {
        _plan = plan;
        foreach (var (what, value) in plan is null ? [] : Agreements(plan))
        {
            _same[what] = (value, "the plan");
        }
    }

    public static MatrixAnswer Run(MergeMatrixRequest request)
    {
        var merge = new MergeMatrix(request.Plan);
        foreach (var file in request.Files.Distinct().Order(StringComparer.Ordinal))
        {
            try
            {
                merge.Take(file, MatrixResult.Read(file));
            }
            catch (Failure failure)
            {
                merge._problems[file] = (failure.At is { Line: > 0 } at ? $"line {at.Line}, column {at.Column}: " : "") + failure.Message + (failure.Hint is { } hint ? $" ({hint})" : "");
            }
        }

        return merge.Answer();
    }

    private MatrixAnswer Answer()
    {
        var planned = _plan?.Jobs.Select(job => _cells.GetValueOrDefault(job.Cell) is { } cell
            ? cell with { Job = job.Id }
            : new MatrixCell(job.Id, job.Release, job.Line, job.Variant, job.Root, "no result", null, null));
        return new MatrixAnswer(
            _same.GetValueOrDefault("package").Value ?? "",
            _same.GetValueOrDefault("tool").Value ?? "",
            [.. planned ?? _cells.OrderBy(cell => cell.Key.Release, StringComparer.Ordinal).ThenBy(cell => cell.Key.Root, StringComparer.Ordinal).ThenBy(cell => cell.Key.Variant, StringComparer.Ordinal).Select(cell => cell.Value)],
            [.. _problems.Select(problem => new MatrixProblem(problem.Key, problem.Value))]);
    }

    /// <exception cref="Failure">Refused: the file does not count.</exception>
    private void Take(string file, MatrixResult result)
    {
        if (result is { Failure: { } stopped, Releases: null })
        {
            Stopped(file, stopped);
            return;
        }

        var trial = result.Trial ?? throw Failure.Refused("it is no job's answer: it does not say what was tried", "jobs are `refresh --variant`");
        var releases = result.Releases is { Length: > 0 } some ? some : throw Failure.Refused("it has no release");
        var cells = releases.SelectMany(release => (release.Builds.Length == 0 ? trial.Variants : release.Builds.Select(build => build.Variant)).Distinct().Select(variant => Cell(file, trial, release, variant))).ToArray();
        foreach (var cell in cells)
        {
            var key = (cell.Release, cell.Variant, cell.Root);
            if (_plan is not null && _plan.Jobs.All(job => job.Cell != key))
            {
                throw Failure.Refused($"the plan has no job for {cell.Release}, {cell.Variant}, {cell.Root}");
            }

            if (_cells.TryGetValue(key, out var other))
            {
                throw Failure.Refused($"{cell.Release}, {cell.Variant}, {cell.Root} is in {other.File} already", "leave out the one of the two that does not count");
            }
        }

        Agree(file, [.. Agreements(result, trial, releases)]);
        foreach (var cell in cells)
        {
            _cells[(cell.Release, cell.Variant, cell.Root)] = cell;
        }
    }

    /// <summary>A job that ended before it had a release to tell of is known by its file's name: the job's id or number.</summary>
    private void Stopped(string file, ResultFailure stopped)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var job = _plan?.Jobs.FirstOrDefault(job => job.Id == name || job.Number.ToString(CultureInfo.InvariantCulture) == name);
        if (job is null || _cells.ContainsKey(job.Cell))
        {
            throw Failure.Refused($"the job ended with: {stopped.Sentence}", stopped.Hint);
        }

        _cells[job.Cell] = new MatrixCell(job.Id, job.Release, job.Line, job.Variant, job.Root, State(stopped), file, null) { Failure = stopped.Facts };
    }

    private static IEnumerable<(string What, string Value)> Agreements(MatrixPlan plan) =>
        plan.Jobs.Select(job => ($"series of {job.Release}", job.Series)).Distinct().Prepend(("settings", plan.Settings)).Prepend(("tool", plan.Tool)).Prepend(("package", plan.Package));

    private static IEnumerable<(string What, string Value)> Agreements(MatrixResult result, ResultTrial trial, ResultRelease[] releases)
    {
        yield return ("package", result.Package);
        yield return ("tool", result.Tool);
        yield return ("settings", trial.Settings);
        foreach (var release in releases)
        {
            yield return ($"series of {release.Release}", trial.Series.GetValueOrDefault(release.Release, "none"));
            if (release.Source?.Tree is { } tree)
            {
                yield return ($"source of {release.Release}", tree);
            }
        }
    }

    private void Agree(string file, ImmutableArray<(string What, string Value)> facts)
    {
        foreach (var (what, value) in facts)
        {
            if (_same.TryGetValue(what, out var first) && first.Value != value)
            {
                throw Failure.Refused($"made with another {what} than {first.File}: {Short(value)} here, {Short(first.Value)} there", "bring that machine's checkout to the same commit, and run the job again");
            }
        }

        foreach (var (what, value) in facts)
        {
            _same.TryAdd(what, (value, file));
        }
    }

    private static string Short(string value) => value.Length > 40 ? value[..40] + "…" : value;

    private static MatrixCell Cell(string file, ResultTrial trial, ResultRelease release, string variant)
    {
        var build = release.Builds.FirstOrDefault(one => one.Variant == variant);
        var smoke = release.Smokes.FirstOrDefault(one => one.Variant == variant);
        var attack = release.Attack is { } seen ? Attack(release.Release, seen) : null;
        var passed = smoke?.Probes.Count(probe => probe.Passed) ?? 0;
        var state = release switch
        {
            { Failure: { Kind: "missing" or "conflict" or "interrupted" } failure } => State(failure),
            _ when build is { Succeeded: false } => "build failed",
            _ when smoke is not null && (smoke.Probes.Length == 0 || passed < smoke.Probes.Length) => "smoke failed",
            _ when attack is { Succeeded: false } => "attack failed",
            { Failure: not null } => "refused",
            _ when build is not null && smoke is not null => "passed",
            _ => trial.Built ? "refused" : "applies",
        };
        return new MatrixCell($"{release.Release}-{variant}-{trial.Root}", release.Release, release.Line, variant, trial.Root, state, file, trial.Machine)
        {
            Smoke = smoke is null ? null : string.Create(CultureInfo.InvariantCulture, $"{passed}/{smoke.Probes.Length}"),
            Attack = attack?.InShort(),
            Seconds = build?.Seconds ?? 0,
            Log = build is { Succeeded: false } ? build.Log : null,
            Failure = release.Failure?.Facts,
            Excerpt =
            [
                .. build is { Succeeded: false } ? build.LastLines : [],
                .. smoke?.Probes.Where(probe => !probe.Passed).Select(probe => $"{probe.Name}: expected {probe.Expected}, seen {probe.Seen}") ?? [],
                .. attack?.Attacks.SelectMany(row => row.Models.Append(row.WithoutGuard).OfType<AttackFacts>().Where(facts => facts.Failed).Select(facts => $"{row.Id} on {facts.Model}: {facts.Verdict}: {facts.Why}")) ?? [],
            ],
        };
    }

    private static AttackAnswer Attack(string release, ResultAttack seen) => new(
        release, null, [.. seen.Models], [.. seen.Attacks.Select(row => new AttackRow(row.Id, 0, "", "", "", [], null, [.. row.Models], row.WithoutGuard))], [], 0, null);

    private static string State(ResultFailure failure) => failure.Kind is "missing" or "conflict" or "interrupted" ? failure.Kind : "refused";
}
