using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;

namespace PatchForge.Overlays;

/// <param name="Written">Paths that were new or changed, relative to the tree, sorted.</param>
/// <param name="Removed">Paths that the repository has no more.</param>
public sealed record PublishedFiles(ImmutableArray<string> Written, ImmutableArray<string> Removed);

/// <summary>
/// The repository as one folder without links (PMS chapter 4: categories, eclass, profiles and metadata side by
/// side), which rsync can serve. A file that is as it should be is not touched, so that a mirror fetches what changed.
/// </summary>
public static class PublishedTree
{
    /// <summary>
    /// When the tree was published, which is not of the repository's files: Portage asks a server of rsync for it first, and
    /// syncs nothing where it is not (portage/sync/modules/rsync).
    /// </summary>
    public const string Stamp = "metadata/timestamp.chk";

    /// <summary>Writes <see cref="Stamp"/>, in English and UTC: <c>Mon, 23 Nov 2026 18:30:00 +0000</c> and a line feed.</summary>
    public static void WriteStamp(string to, DateTimeOffset now)
    {
        var file = Path.Combine(to, Stamp);
        File.WriteAllText(file + ".new", now.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000\n'", CultureInfo.InvariantCulture));
        File.SetUnixFileMode(file + ".new", (UnixFileMode)0b110_100_100);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <param name="to">A folder that does not exist, is empty, or holds this repository from an earlier time.</param>
    /// <exception cref="Failure">Refused, when it holds anything else or lies in the repository.</exception>
    public static PublishedFiles Write(OverlayFolder from, string to)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(to));
        Check(from, full);
        var wanted = Files(from);
        var written = ImmutableArray.CreateBuilder<string>();
        foreach (var (path, source) in wanted)
        {
            var content = File.ReadAllBytes(source);
            var target = Path.Combine(full, path);
            var now = new FileInfo(target);
            if (now is { Exists: true, LinkTarget: null } && now.Length == content.Length && File.ReadAllBytes(target).AsSpan().SequenceEqual(content))
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target) ?? full);
            File.WriteAllBytes(target + ".new", content);
            File.SetUnixFileMode(target + ".new", (UnixFileMode)0b110_100_100);
            File.Move(target + ".new", target, overwrite: true);
            written.Add(path);
        }

        return new PublishedFiles(written.ToImmutable(), Sweep(full, wanted));
    }

    /// <summary>Every file of the repository by its path in the tree, with where it is now.</summary>
    private static ImmutableSortedDictionary<string, string> Files(OverlayFolder from)
    {
        var files = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (part, under) in from.Linked().Select(name => ($"{from.Settings.Packages}/{name}", name))
            .Append((from.Settings.Profiles, "profiles"))
            .Append((from.Settings.Metadata, "metadata")))
        {
            foreach (var file in from.FilesBelow(part))
            {
                files.Add($"{under}/{file}", from.Full($"{part}/{file}"));
            }
        }

        return files.ToImmutable();
    }

    private static void Check(OverlayFolder from, string to)
    {
        var home = Path.TrimEndingDirectorySeparator(from.Root);
        if (to == home || to.StartsWith(home + "/", StringComparison.Ordinal) || home.StartsWith(to + "/", StringComparison.Ordinal))
        {
            throw Failure.Refused($"the repository cannot be published into {to}, which is in it or around it", "name a folder outside");
        }

        if (!Directory.Exists(to) || !Directory.EnumerateFileSystemEntries(to).Any())
        {
            return;
        }

        var name = Path.Combine(to, "profiles", "repo_name");
        var own = from.Read(from.Settings.Profiles + "/repo_name");
        if (own is null || !File.Exists(name) || !File.ReadAllBytes(name).AsSpan().SequenceEqual(own) || Directory.Exists(Path.Combine(to, ".git")))
        {
            throw Failure.Refused($"{to} holds something else than this repository, published", "name an empty folder, or one that does not exist: what the repository does not have is deleted there");
        }
    }

    /// <summary>Deletes what the repository has no more, and folders that are empty then. Links are deleted, never followed.</summary>
    private static ImmutableArray<string> Sweep(string top, ImmutableSortedDictionary<string, string> wanted)
    {
        var removed = ImmutableArray.CreateBuilder<string>();
        void Below(DirectoryInfo folder)
        {
            foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal).ToArray())
            {
                var path = Path.GetRelativePath(top, entry.FullName);
                if (entry is DirectoryInfo { LinkTarget: null } below)
                {
                    Below(below);
                    if (!below.EnumerateFileSystemInfos().Any())
                    {
                        below.Delete();
                    }
                }
                else if (path != Stamp && !wanted.ContainsKey(path))
                {
                    entry.Delete();
                    removed.Add(path);
                }
            }
        }

        Below(new DirectoryInfo(top));
        return removed.ToImmutable();
    }
}
