using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using PatchForge.Releases;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// Digests that were computed in earlier runs, in one file of the per-user cache: a file of the same path and <see cref="FileMark"/>
/// is not read again, as git does not read what its index knows (ADR 29). A file that was changed less than two seconds before it
/// was read is not kept: a second change could have left the same time.
/// </summary>
/// <param name="file">A line for each file: SHA-256 of the rest of the line, mark, algorithms and digests in turn, and last the path; tabs between.</param>
internal sealed class DigestsBefore(string file, IClock clock, IFolders folders)
{
    private const int Most = 1000;
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(2);
    private readonly Lock _gate = new();
    private List<string>? _lines;

    /// <summary>What is known of the file, with all that is wanted; else by reading it, once for all digests.</summary>
    /// <param name="read">Reads the file.</param>
    public async Task<FileDigests> Of(string path, IReadOnlyCollection<DigestAlgorithm> wanted, Func<Task<FileDigests>> read)
    {
        var mark = folders.Mark(path);
        if (mark is not null && Find(path, mark) is { } known && wanted.All(algorithm => known.Hex.ContainsKey(algorithm.Name)))
        {
            return known;
        }

        var begin = clock.UtcNow;
        var digests = await read();
        if (mark is not null && IsOld(mark, begin) && folders.Mark(path) == mark && path.AsSpan().IndexOfAny('\n', '\t') < 0)
        {
            var line = $"{mark}\t{string.Join('\t', digests.Hex.Select(digest => $"{digest.Key}\t{digest.Value}"))}\t{path}";
            Keep(path, $"{Seal(line)}\t{line}");
        }

        return digests;
    }

    private static bool IsOld(FileMark mark, DateTimeOffset now) =>
        mark.Changed < (Int128)(now - Young - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private FileDigests? Find(string path, FileMark mark)
    {
        lock (_gate)
        {
            _lines ??= [.. (KeptFile.Read(file) ?? "").Split('\n')];
            var line = _lines.Find(one => one.EndsWith("\t" + path, StringComparison.Ordinal));
            if (line?.Split('\t') is not [var seal, var then, .. var digests, _] || then != mark.ToString() || seal != Seal(line[(seal.Length + 1)..]))
            {
                return null;
            }

            return new FileDigests(mark.Size, digests.Chunk(2).ToImmutableSortedDictionary(pair => pair[0], pair => pair[^1], StringComparer.Ordinal));
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

    private static string Seal(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
