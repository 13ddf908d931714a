using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Landing;

/// <summary>
/// The commit point. Changes are grouped by the folder that lands as one (the series, the package, the cache of
/// its category); each such folder is written whole beside, and exchanged with the old one in one step. A
/// journal, durable before the first exchange, lets the next run finish what a killed one began: every folder
/// is at any moment as it was or as it shall be, and after the next command all of them are as they shall be.
/// docs/adr/0002 says why. What a landing took the place of stays in <c>.patchforge/undo</c>, so that the last one
/// can be taken back.
/// </summary>
public sealed partial class LandingStrip(string home, WorkFolder work, IFolders folders)
{
    private const string JournalHead = "patchforge landing 1";
    private const string JournalName = "journal";
    private const string What = "what"; // the command, and the session that it ended
    private const string Nothing = "none"; // the fingerprint of a folder that is not there

    private string Staging => Path.Combine(work.Path, "landing");

    private string Journal => Path.Combine(Staging, JournalName);

    /// <summary>Finishes or forgets what an earlier run left. Call it before reading what a landing may change.</summary>
    /// <returns>The folders that were finished; empty when there was nothing.</returns>
    /// <exception cref="Failure">Refused, when there is something to finish and this run only looks.</exception>
    public ImmutableArray<string> Recover()
    {
        if (!work.MayWrite)
        {
            return File.Exists(Journal)
                ? throw Failure.Refused(
                    $"another run is writing in {home} just now, or was interrupted while it did",
                    "run this again when it is over; what was interrupted is finished by the next run without --check or --dry-run")
                : [];
        }

        work.Own(folders, home);
        if (!Directory.Exists(Staging))
        {
            return [];
        }

        if (ReadJournal(Staging) is not { } entries)
        {
            Clear();
            return [];
        }

        var finished = Exchange(entries);
        Keep();
        return finished;
    }

    /// <summary>
    /// Lands <paramref name="changes"/>. Files that already have their content are not touched, and a folder in
    /// which nothing changes is not exchanged.
    /// </summary>
    /// <param name="units">The folders that land as one, relative to home; every change lies below one of them.</param>
    /// <returns>The paths that changed, in order.</returns>
    /// <param name="session">Noted with what landed, for who has to know afterwards whether it did (<see cref="LastSession"/>).</param>
    public ImmutableArray<TreePath> Land(IReadOnlyList<TreePath> units, IEnumerable<FileChange> changes, string session = "")
    {
        var effective = changes.Where(IsEffective).OrderBy(change => change.Path).ToImmutableArray();
        if (effective.IsEmpty)
        {
            return [];
        }

        Clear();
        Directory.CreateDirectory(Staging);
        var entries = ImmutableArray.CreateBuilder<Entry>();
        foreach (var group in effective.GroupBy(change => UnitOf(units, change.Path)))
        {
            entries.Add(Stage(entries.Count, group.Key, group));
        }

        WriteDurably(Path.Combine(Staging, What), Encoding.UTF8.GetBytes($"{work.Command}\n{session}\n"));
        WriteJournal(Staging, entries.ToImmutable());
        Exchange(entries.ToImmutable());
        Keep();
        return [.. effective.Select(change => change.Path)];
    }

    /// <summary>Whether a change would write anything: what <c>--check</c> and <c>--dry-run</c> ask.</summary>
    public bool IsEffective(FileChange change)
    {
        var file = Path.Combine(home, change.Path.Text);
        if (Directory.Exists(file))
        {
            throw Failure.Refused($"{change.Path} is a folder, and a file is to be written there", "move it away");
        }

        return change.Content is { } content
            ? !File.Exists(file) || !File.ReadAllBytes(file).AsSpan().SequenceEqual(content.Span)
            : File.Exists(file);
    }

    private static TreePath UnitOf(IReadOnlyList<TreePath> units, TreePath path) =>
        units.Where(unit => path.Text.StartsWith(unit.Text + "/", StringComparison.Ordinal))
            .OrderByDescending(unit => unit.Text.Length)
            .Select(unit => (TreePath?)unit)
            .FirstOrDefault()
        ?? throw new InvalidOperationException($"{path} lies in no folder that lands.");

    private Entry Stage(int number, TreePath unit, IEnumerable<FileChange> changes)
    {
        var target = Path.Combine(home, unit.Text);
        if (new DirectoryInfo(target).LinkTarget is { } elsewhere)
        {
            // The exchange would put a folder in the link's place and leave what it pointed to as it was.
            throw Failure.Refused($"{unit} is a link to {elsewhere}, and what lands is a folder", "put the folder itself there, or name the real one in the settings");
        }

        var staged = Path.Combine(Staging, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(staged);
        var before = Fingerprint(target);
        folders.Own(staged, Directory.Exists(target) ? target : home);
        if (Directory.Exists(target))
        {
            File.SetUnixFileMode(staged, File.GetUnixFileMode(target));
            CopyFolder(target, staged);
        }

        foreach (var change in changes)
        {
            var file = Path.Combine(staged, change.Path.Text[(unit.Text.Length + 1)..]);
            if (change.Content is { } content)
            {
                RefuseLinks(staged, file, change.Path);
                MakeFolder(Path.GetDirectoryName(file) ?? staged);
                WriteDurably(file, content.Span);
                folders.Own(file, staged);
            }
            else
            {
                File.Delete(file);
            }
        }

        SyncFolders(staged);
        return new Entry(unit, staged, before, Fingerprint(staged));
    }

    /// <summary>Exchanges each folder that is not yet as it shall be. Running it twice does no more than once.</summary>
    private ImmutableArray<string> Exchange(ImmutableArray<Entry> entries)
    {
        var done = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in entries)
        {
            var target = Path.Combine(home, entry.Unit.Text);
            var now = Fingerprint(target);
            if (now == entry.After || Fingerprint(entry.Staged) == entry.Before)
            {
                continue; // as it shall be, or it was and somebody went on from there: the old one is in our hands
            }

            if (now != entry.Before)
            {
                throw Failure.Refused(
                    $"{entry.Unit} was changed by someone else while it was being rewritten; it was left as it is now",
                    $"what should have landed is in {entry.Staged}; look at both, remove {Staging}, and run the command again");
            }

            MakeFolder(Path.GetDirectoryName(target) ?? home);
            if (entry.After == Nothing)
            {
                Directory.Move(target, entry.Staged);
            }
            else if (Directory.Exists(target))
            {
                folders.Exchange(entry.Staged, target);
            }
            else
            {
                Directory.Move(entry.Staged, target);
            }

            folders.Sync(Path.GetDirectoryName(target) ?? home);
            done.Add(entry.Unit.Text);
        }

        return done.ToImmutable();
    }

    private void WriteJournal(string folder, ImmutableArray<Entry> entries)
    {
        var journal = Path.Combine(folder, JournalName);
        var text = new StringBuilder(JournalHead).Append('\n');
        foreach (var entry in entries)
        {
            text.Append(entry.Before).Append(' ').Append(entry.After).Append(' ')
                .Append(Path.GetFileName(entry.Staged)).Append(' ').Append(entry.Unit.Text).Append('\n');
        }

        WriteDurably(journal + ".new", Encoding.UTF8.GetBytes(text.ToString()));
        folders.Sync(folder);
        File.Move(journal + ".new", journal, overwrite: true);
        folders.Sync(folder);
    }

    private static ImmutableArray<Entry>? ReadJournal(string folder)
    {
        var journal = Path.Combine(folder, JournalName);
        if (!File.Exists(journal))
        {
            return null;
        }

        var lines = File.ReadAllLines(journal);
        if (lines.Length == 0 || lines[0] != JournalHead)
        {
            throw Failure.Refused($"{journal} is not a journal that this version can read", $"finish with the version that wrote it, or remove the folder {folder}");
        }

        return
        [
            .. lines.Skip(1).Select((line, index) =>
            {
                var at = new FileLocation(journal, index + 2);
                var fields = line.Split(' ', 4);
                return fields.Length == 4
                    ? new Entry(TreePath.Parse(fields[3], at), Path.Combine(folder, TreePath.Parse(fields[2], at).Name), fields[0], fields[1])
                    : throw Failure.Refused("a broken journal line", $"remove the folder {folder}", at);
            }),
        ];
    }

    private void Clear()
    {
        if (Directory.Exists(Staging))
        {
            // The journal goes first: without it the rest is rubbish that nobody will act on.
            File.Delete(Journal);
            Directory.Delete(Staging, recursive: true);
        }
    }

    private void SyncFolders(string folder)
    {
        foreach (var below in Directory.EnumerateDirectories(folder))
        {
            SyncFolders(below);
        }

        folders.Sync(folder);
    }

    /// <summary>A link on the way to a file would lead the write out of the folder that lands.</summary>
    private static void RefuseLinks(string staged, string file, TreePath path)
    {
        for (var folder = Path.GetDirectoryName(file); folder is not null && folder.Length > staged.Length; folder = Path.GetDirectoryName(folder))
        {
            if (new DirectoryInfo(folder).LinkTarget is { } target)
            {
                throw Failure.Refused($"{path} would be written through the link {Path.GetFileName(folder)} to {target}", "put a folder there, or remove the link");
            }
        }
    }

    /// <summary>Makes a folder and those above it that are missing, each its parent's owner's.</summary>
    private void MakeFolder(string folder)
    {
        if (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            MakeFolder(parent);
            Directory.CreateDirectory(folder);
            folders.Own(folder, parent);
        }
    }

    private void CopyFolder(string from, string to)
    {
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var copy = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } target)
            {
                File.CreateSymbolicLink(copy, target);
            }
            else if (entry is DirectoryInfo)
            {
                Directory.CreateDirectory(copy, entry.UnixFileMode);
                CopyFolder(entry.FullName, copy);
            }
            else
            {
                File.Copy(entry.FullName, copy);
                File.SetLastWriteTimeUtc(copy, entry.LastWriteTimeUtc);
            }

            folders.Own(copy, entry.FullName);
        }
    }

    /// <summary>SHA-256 over every path, kind, mode and content below a folder; <c>none</c> when it is not there.</summary>
    public static string Fingerprint(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return Nothing;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Entries(folder).Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(path);
            var content = info.LinkTarget is { } target ? Encoding.UTF8.GetBytes(target)
                : Directory.Exists(path) ? []
                : File.ReadAllBytes(path);
            var kind = info.LinkTarget is not null ? "link" : Directory.Exists(path) ? "folder" : "file";
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, path)}\0{kind}\0{(int)info.UnixFileMode & 0x49:x}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<string> Entries(string folder) =>
        new DirectoryInfo(folder).EnumerateFileSystemInfos().SelectMany(entry =>
            entry is DirectoryInfo && entry.LinkTarget is null ? Entries(entry.FullName).Prepend(entry.FullName) : [entry.FullName]);

    private static void WriteDurably(string file, ReadOnlySpan<byte> content)
    {
        // A new file even over a copied one, so that a hard link elsewhere keeps its content.
        File.Delete(file);
        using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    private sealed record Entry(TreePath Unit, string Staged, string Before, string After);
}
