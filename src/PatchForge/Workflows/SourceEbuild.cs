using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Ebuilds;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <param name="Category">PMS section 3.1.1; the folder above the package's.</param>
/// <param name="Package">The package's name without category.</param>
/// <param name="FileName">The ebuild's own, which gives its version.</param>
public sealed record EbuildToSource(string Category, string Package, string FileName, ReadOnlyMemory<byte> Content);

/// <summary>
/// Computes ebuilds' metadata by sourcing them with their eclasses, since no reading of the text alone can tell
/// what bash makes of it. bash gets an empty environment, no PATH and a time limit, and runs in a
/// <see cref="Seal"/>: what an ebuild or eclass does beyond setting variables touches nothing.
/// </summary>
public sealed class SourceEbuild(IProcesses processes)
{
    private const int Seconds = 30;
    private readonly Seal _seal = new(processes);
    private readonly ConcurrentDictionary<string, Told> _known = new(StringComparer.Ordinal);

    /// <summary>What earlier runs learnt; null where every ebuild is to be sourced.</summary>
    internal SourcedBefore? Before { get; init; }

    /// <summary>One ebuild, or what <see cref="Together"/> learnt of it.</summary>
    /// <exception cref="Failure">Missing, when bash is not on this machine.</exception>
    public async Task<Sourced> Source(EbuildToSource ebuild, EclassSources eclasses, CancellationToken cancel)
    {
        return _known.TryGetValue(Name(ebuild), out var told) && told.Ebuild.Content.Span.SequenceEqual(ebuild.Content.Span)
            ? told.Sourced
            : (await All([ebuild], eclasses, cancel))[0];
    }

    /// <summary>Many ebuilds, which <see cref="Source"/> then knows. A seal costs more than sourcing does, so there is one for each processor.</summary>
    public async Task Together(ImmutableArray<EbuildToSource> ebuilds, EclassSources eclasses, CancellationToken cancel)
    {
        var rest = new List<EbuildToSource>();
        foreach (var ebuild in ebuilds)
        {
            if (Remembered(ebuild, eclasses) is { } known)
            {
                _known[Name(ebuild)] = new(ebuild, known);
            }
            else
            {
                rest.Add(ebuild);
            }
        }

        if (rest.Count > 0)
        {
            await OnEachProcessor(rest, eclasses, cancel);
        }
    }

    private async Task OnEachProcessor(List<EbuildToSource> ebuilds, EclassSources eclasses, CancellationToken cancel)
    {
        var shares = ebuilds.Index().GroupBy(one => one.Index % Environment.ProcessorCount, one => one.Item).Select(share => share.ToImmutableArray());
        await Task.WhenAll(shares.Select(async share =>
        {
            foreach (var (ebuild, sourced) in share.Zip(await All(share, eclasses, cancel)))
            {
                _known[Name(ebuild)] = new(ebuild, sourced);
            }
        }));
    }

    private static string Name(EbuildToSource ebuild) => $"{ebuild.Category}/{ebuild.Package}/{ebuild.FileName}";

    private sealed record Told(EbuildToSource Ebuild, Sourced Sourced);

    private async Task<ImmutableArray<Sourced>> All(ImmutableArray<EbuildToSource> ebuilds, EclassSources eclasses, CancellationToken cancel)
    {
        var decided = ebuilds.Select(ebuild => (Sourced?)Refused(ebuild) ?? Remembered(ebuild, eclasses)).ToImmutableArray();
        var going = ebuilds.Where((_, i) => decided[i] is null).ToImmutableArray();
        var answers = going.IsEmpty ? [] : await InSeal(going, eclasses, cancel);
        foreach (var (ebuild, answer) in going.Zip(answers))
        {
            if (answer is Sourced.Done { Metadata: var metadata })
            {
                Before?.Keep(ebuild, metadata);
            }
        }

        var told = new Queue<Sourced>(answers);
        return [.. decided.Select(one => one ?? told.Dequeue())];
    }

    private Sourced.Done? Remembered(EbuildToSource ebuild, EclassSources eclasses) =>
        Before?.Find(ebuild, eclasses) is { } metadata ? new Sourced.Done(metadata) : null;

    private static Sourced.Broken? Refused(EbuildToSource ebuild) =>
        EbuildVersion.Split(ebuild.Package, ebuild.FileName) is null
            ? new Sourced.Broken($"{ebuild.FileName} is not an ebuild's name in the folder of {ebuild.Package} (PMS section 3.2)")
        : EbuildVersion.Eapi(ebuild.Content.Span) is var eapi && eapi is not ("7" or "8")
            ? new Sourced.Broken($"{ebuild.FileName}: EAPI {eapi ?? "0"} is not one of those known here (7, 8)")
        : null;

    private async Task<ImmutableArray<Sourced>> InSeal(ImmutableArray<EbuildToSource> ebuilds, EclassSources eclasses, CancellationToken cancel)
    {
        // A private folder: the ebuild need not be in the overlay yet, and nobody else can change it meanwhile.
        var folder = Directory.CreateTempSubdirectory("patchforge-ebuild-");
        try
        {
            foreach (var name in new[] { "metadata.bash", "several.bash" })
            {
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), Seal.Script(name), cancel);
            }

            var list = new StringBuilder();
            foreach (var (number, ebuild) in ebuilds.Index())
            {
                // Two packages may have ebuilds of one name.
                var file = Path.Combine(folder.CreateSubdirectory(number.ToString(CultureInfo.InvariantCulture)).FullName, ebuild.FileName);
                await File.WriteAllBytesAsync(file, ebuild.Content, cancel);
                var (version, revision) = EbuildVersion.Split(ebuild.Package, ebuild.FileName) ?? throw new InvalidOperationException();
                list.AppendJoin('\n', file, EbuildVersion.Eapi(ebuild.Content.Span), ebuild.Category, ebuild.Package, version, "r" + revision).Append('\n');
            }

            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "list"), list.ToString(), cancel);
            var request = await _seal.Around(folder.FullName, Path.Combine(folder.FullName, "several.bash"), eclasses.Folders);
            var answer = await processes.Run(
                request with
                {
                    Environment = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["LC_ALL"] = "C.UTF-8",
                        ["PF_FOLDER"] = folder.FullName,
                        ["PF_SECONDS"] = Seconds.ToString(CultureInfo.InvariantCulture),
                        ["PF_ECLASS_DIRS"] = string.Join('\n', eclasses.Folders),
                    }.ToImmutableSortedDictionary(StringComparer.Ordinal),
                    TimeLimit = TimeSpan.FromSeconds(Seconds * (ebuilds.Length + 1)),
                },
                cancel);
            var parts = Parts(answer, ebuilds.Length);
            return [.. await Task.WhenAll(ebuilds.Select((ebuild, i) => Read(parts[i], ebuild.FileName, eclasses, cancel)))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The answers in what several.bash printed: exit code, lines of output and of errors, then those lines.</summary>
    private static ImmutableArray<ProcessAnswer> Parts(ProcessAnswer whole, int count)
    {
        var parts = ImmutableArray.CreateBuilder<ProcessAnswer>(count);
        var lines = whole.Output.Split('\n');
        var at = 0;
        while (parts.Count < count && at < lines.Length && lines[at].Split(' ') is ["PF_ANSWER", var code, var output, var error])
        {
            int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
            string Next(int from, int length) => string.Join('\n', lines[from..(from + length)]);
            if (at + 1 + Number(output) + Number(error) >= lines.Length)
            {
                break;
            }

            // timeout(1): 124 when it ended what took too long.
            parts.Add(new(Number(code), Next(at + 1, Number(output)), Next(at + 1 + Number(output), Number(error)), TimedOut: Number(code) == 124));
            at += 1 + Number(output) + Number(error);
        }

        // Whoever ends the shell around it has told nothing of itself nor of those behind it.
        return [.. parts, .. Enumerable.Repeat(whole with { ExitCode = whole.ExitCode == 0 ? 1 : whole.ExitCode, Output = "" }, count - parts.Count)];
    }

    private static async Task<Sourced> Read(
        ProcessAnswer answer, string fileName, EclassSources eclasses, CancellationToken cancel)
    {
        if (answer.TimedOut)
        {
            return new Sourced.Broken($"{fileName} was still being sourced after {Seconds} s");
        }

        var said = answer.Error.TrimEnd('\n');
        if (answer.ExitCode == 3)
        {
            return new Sourced.EclassMissing(said[(said.LastIndexOf('\n') + 1)..]);
        }

        var lines = answer.Output.Split('\n');
        if (answer.ExitCode != 0 || lines[0] != "PF_BEGIN")
        {
            return new Sourced.Broken(said.Length == 0 ? $"bash ended with {answer.ExitCode} and said nothing" : said);
        }

        var values = lines.Skip(1).Where(line => line.Length > 0)
            .Select(line => (Key: line[..line.IndexOf('=', StringComparison.Ordinal)], Value: line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]))
            .Where(pair => pair.Value.Length > 0)
            .ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

        var marks = ImmutableArray.CreateBuilder<EclassMark>();
        foreach (var name in values.GetValueOrDefault("INHERITED", "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (eclasses.Find(name) is not { } file)
            {
                return new Sourced.EclassMissing(name);
            }

            marks.Add(new(name, EbuildMetadata.Md5(await File.ReadAllBytesAsync(file, cancel))));
        }

        return new Sourced.Done(new(values, marks.ToImmutable()));
    }
}
