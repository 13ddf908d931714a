using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// Computes an ebuild's metadata by sourcing it with its eclasses, since no reading of the text alone can tell
/// what bash makes of it. bash gets an empty environment, no PATH and a time limit, and runs in a
/// <see cref="Seal"/>: what an ebuild or eclass does beyond setting variables touches nothing.
/// </summary>
public sealed class SourceEbuild(IProcesses processes)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly Seal _seal = new(processes);

    /// <param name="category">PMS section 3.1.1; the folder above the package's.</param>
    /// <param name="package">The package's name without category.</param>
    /// <param name="fileName">The ebuild's own, which gives its version.</param>
    /// <exception cref="Failure">Missing, when bash is not on this machine.</exception>
    public async Task<Sourced> Source(
        string category, string package, string fileName, ReadOnlyMemory<byte> content, EclassSources eclasses, CancellationToken cancel)
    {
        if (EbuildVersion.Split(package, fileName) is not var (version, revision))
        {
            return new Sourced.Broken($"{fileName} is not an ebuild's name in the folder of {package} (PMS section 3.2)");
        }

        var eapi = EbuildVersion.Eapi(content.Span);
        if (eapi is not ("7" or "8"))
        {
            return new Sourced.Broken($"{fileName}: EAPI {eapi ?? "0"} is not one of those known here (7, 8)");
        }

        // A private folder: the ebuild need not be in the overlay yet, and nobody else can change it meanwhile.
        var folder = Directory.CreateTempSubdirectory("patchforge-ebuild-");
        try
        {
            var file = Path.Combine(folder.FullName, fileName);
            await File.WriteAllBytesAsync(file, content, cancel);
            var script = Path.Combine(folder.FullName, "metadata.bash");
            await File.WriteAllTextAsync(script, Seal.Script("metadata.bash"), cancel);
            var request = await _seal.Around(folder.FullName, script, eclasses.Folders);
            var answer = await processes.Run(
                request with
                {
                    Environment = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["LC_ALL"] = "C.UTF-8",
                        ["PF_EBUILD"] = file,
                        ["PF_EAPI"] = eapi,
                        ["PF_ECLASS_DIRS"] = string.Join('\n', eclasses.Folders),
                        ["CATEGORY"] = category,
                        ["PN"] = package,
                        ["PV"] = version,
                        ["PR"] = "r" + revision,
                    }.ToImmutableSortedDictionary(StringComparer.Ordinal),
                    TimeLimit = Limit,
                },
                cancel);
            return await Read(answer, fileName, eclasses, cancel);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Sourced> Read(
        ProcessAnswer answer, string fileName, EclassSources eclasses, CancellationToken cancel)
    {
        if (answer.TimedOut)
        {
            return new Sourced.Broken($"{fileName} was still being sourced after {Limit.TotalSeconds:0} s");
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
