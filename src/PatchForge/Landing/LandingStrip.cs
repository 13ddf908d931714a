using System.Collections.Immutable;
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
    private const string What = "what"; // the command, and the session that it ended

    private string Staging => Path.Combine(work.Path, "landing");

    private LandingJournal Journal => new(Staging);

    /// <summary>Finishes or forgets what an earlier run left. Call it before reading what a landing may change.</summary>
    /// <returns>The folders that were finished; empty when there was nothing.</returns>
    /// <exception cref="Failure">Refused, when there is something to finish and this run only looks.</exception>
    public ImmutableArray<string> Recover()
    {
        if (!work.MayWrite)
        {
            return Journal.Exists
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

        if (Journal.Read() is not { } entries)
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
        var entries = ImmutableArray.CreateBuilder<LandingEntry>();
        foreach (var group in effective.GroupBy(change => UnitOf(units, change.Path)))
        {
            entries.Add(Stage(entries.Count, group.Key, group));
        }

        DurableFile.Write(Path.Combine(Staging, What), Encoding.UTF8.GetBytes($"{work.Command}\n{session}\n"));
        Journal.Write(entries.ToImmutable(), folders);
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

    private LandingEntry Stage(int number, TreePath unit, IEnumerable<FileChange> changes)
    {
        var target = Path.Combine(home, unit.Text);
        if (new DirectoryInfo(target).LinkTarget is { } elsewhere)
        {
            // The exchange would put a folder in the link's place and leave what it pointed to as it was.
            throw Failure.Refused($"{unit} is a link to {elsewhere}, and what lands is a folder", "put the folder itself there, or name the real one in the settings");
        }

        var staged = Path.Combine(Staging, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(staged);
        var before = FolderFingerprint.Of(target);
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
                DurableFile.Write(file, content.Span);
                folders.Own(file, staged);
            }
            else
            {
                File.Delete(file);
            }
        }

        SyncFolders(staged);
        return new LandingEntry(unit, staged, before, FolderFingerprint.Of(staged));
    }

    /// <summary>Exchanges each folder that is not yet as it shall be. Running it twice does no more than once.</summary>
    private ImmutableArray<string> Exchange(ImmutableArray<LandingEntry> entries)
    {
        var done = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in entries)
        {
            var target = Path.Combine(home, entry.Unit.Text);
            var now = FolderFingerprint.Of(target);
            if (now == entry.After || FolderFingerprint.Of(entry.Staged) == entry.Before)
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
            if (entry.After == FolderFingerprint.None)
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

    private void Clear()
    {
        if (Directory.Exists(Staging))
        {
            // The journal goes first: without it the rest is rubbish that nobody will act on.
            Journal.Delete();
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
}
