using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Releases;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// Digests that were computed in earlier runs, in one file of the per-user cache: a file of the same path, size, time of change and
/// time of birth is not read again, as git does not read what its index knows. A file that was changed less than two seconds
/// before it was read is not kept: a second change could have left the same time.
/// </summary>
/// <param name="file">A line for each file: size, the two times in ticks, then algorithms and digests in turn, and last the path.</param>
internal sealed class DigestsBefore(string file, IClock clock)
{
    private const int Most = 1000;
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(2);
    private readonly Lock _gate = new();
    private List<string>? _lines;

    /// <summary>What is known of the file, with all that is wanted; else by reading it, once for all digests.</summary>
    /// <param name="read">Reads the file.</param>
    public async Task<FileDigests> Of(string path, IReadOnlyCollection<DigestAlgorithm> wanted, Func<Task<FileDigests>> read)
    {
        var stamp = Stamp(path);
        if (Find(path, stamp) is { } known && wanted.All(algorithm => known.Hex.ContainsKey(algorithm.Name)))
        {
            return known;
        }

        var begin = clock.UtcNow.UtcDateTime;
        var digests = await read();
        if (File.GetLastWriteTimeUtc(path) + Young < begin && Stamp(path) == stamp && path.AsSpan().IndexOfAny('\n', '\t') < 0)
        {
            Keep(path, $"{stamp}\t{string.Join('\t', digests.Hex.Select(digest => $"{digest.Key}\t{digest.Value}"))}\t{path}");
        }

        return digests;
    }

    private FileDigests? Find(string path, string stamp)
    {
        lock (_gate)
        {
            _lines ??= [.. (KeptFile.Read(file) ?? "").Split('\n')];
            var line = _lines.Find(one => one.EndsWith("\t" + path, StringComparison.Ordinal) && one.StartsWith(stamp + "\t", StringComparison.Ordinal));
            var hex = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            foreach (var pair in line?.Split('\t')[3..^1].Chunk(2) ?? [])
            {
                if (DigestAlgorithm.Find(pair[0])?.Complaint(pair[^1]) is not null)
                {
                    return null;
                }

                hex[pair[0]] = pair[^1];
            }

            return hex.Count == 0 ? null : new FileDigests(long.Parse(stamp.Split('\t')[0], CultureInfo.InvariantCulture), hex.ToImmutable());
        }
    }

    private void Keep(string path, string line)
    {
        lock (_gate)
        {
            var lines = (_lines ?? []).Where(one => one.Length > 0 && !one.EndsWith("\t" + path, StringComparison.Ordinal)).Append(line).TakeLast(Most).ToList();
            _lines = lines;
            KeptFile.Write(file, string.Concat(lines.Select(one => one + "\n")));
        }
    }

    private static string Stamp(string path)
    {
        var info = new FileInfo(path);
        return string.Create(CultureInfo.InvariantCulture, $"{info.Length}\t{info.LastWriteTimeUtc.Ticks}\t{info.CreationTimeUtc.Ticks}");
    }
}
