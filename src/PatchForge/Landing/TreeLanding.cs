using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Landing;

/// <summary>
/// Changes files of a tree that is somebody's own: all of them or none. The new files are written beside, into
/// <see cref="StateFolder"/> of the tree, with a journal of what each place held and shall hold; then they are renamed
/// into their places one by one, and the folder goes away. A run that is killed leaves the folder, and the next one
/// ends what it began (docs/adr/0028). Nothing is written through a link.
/// </summary>
public sealed class TreeLanding(string root, IFolders folders)
{
    /// <summary>In the tree's own folder, so that a rename does not leave the file system; there only while a run is at work, or was killed.</summary>
    public const string StateFolder = ".patchforge-apply";

    private const int WouldBlock = 11; // EWOULDBLOCK of flock(2), which .NET hands on as the exception's HResult
    private const UnixFileMode Bits = (UnixFileMode)0x1FF; // 0777
    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly DirectoryTree _tree = new(root);

    private string State => Path.Combine(_tree.Root, StateFolder);

    /// <summary>Ends what a killed run began. Call it before reading the tree.</summary>
    /// <returns>The paths of the changes that are in place now; empty where there was nothing to end.</returns>
    /// <exception cref="Failure">Refused: another run is at work, or a file is neither what it was nor what it shall be.</exception>
    public ImmutableArray<TreePath> Recover()
    {
        if (!Path.Exists(State))
        {
            return [];
        }

        using var held = Lock();
        var entries = new LandingJournal(State).Read() ?? []; // none: it was killed before it had changed anything
        PutInPlace(Open(entries));
        Clear();
        return [.. entries.Select(entry => entry.Unit)];
    }

    /// <exception cref="Failure">Refused: a file is not any more what was read; nothing is changed then.</exception>
    public void Land(ImmutableArray<FileReplacement> changes)
    {
        foreach (var change in changes)
        {
            RefuseOwn(change.Path);
            RefuseLinks(change.Path);
        }

        using var held = Lock();
        var journal = new LandingJournal(State);
        try
        {
            var entries = changes.Select((change, number) => new LandingEntry(
                change.Path, Path.Combine(State, number.ToString(CultureInfo.InvariantCulture)), FileReplacement.Print(change.Before), FileReplacement.Print(change.After))).ToImmutableArray();
            StageAll(changes, entries);
            var open = Open(entries);
            journal.Write(entries, folders);
            PutInPlace(open);
            journal.Delete(); // what is left is rubbish that nobody will act on
        }
        finally
        {
            if (!journal.Exists)
            {
                Clear();
            }
        }
    }

    private FileStream Lock()
    {
        if (new FileInfo(State) is { LinkTarget: not null } or { Exists: true })
        {
            throw Failure.Refused($"{State} is not a folder of this tool's", "move it away");
        }

        try
        {
            Directory.CreateDirectory(State);

            // FileShare.None is flock(LOCK_EX) on Unix: the kernel lets go of it when the holder dies.
            return new FileStream(Path.Combine(State, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw Failure.Refused($"another run of patchforge is at work in {_tree.Root}", $"wait for it; fuser {Path.Combine(State, "lock")} shows it", cause: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure.Refused($"{State} cannot be made: {e.Message}", "is there room, and is the tree yours to write?", cause: e);
        }
    }

    /// <summary>A disk takes several flushes at once, but for a few files the threads take longer to start.</summary>
    private void StageAll(ImmutableArray<FileReplacement> changes, ImmutableArray<LandingEntry> entries)
    {
        const int few = 8;
        if (changes.Length > few)
        {
            Parallel.For(0, changes.Length, number => Stage(changes[number], entries[number].Staged));
            return;
        }

        foreach (var (change, entry) in changes.Zip(entries))
        {
            Stage(change, entry.Staged);
        }
    }

    /// <summary>Writes a new file beside, durable, with the mode and the owner that it shall have in its place.</summary>
    private void Stage(FileReplacement change, string staged)
    {
        if (change.After is not { } file)
        {
            return;
        }

        var target = Target(change.Path);
        File.Delete(staged); // of a killed run
        if (file.Mode == TreeMode.Link)
        {
            File.CreateSymbolicLink(staged, Encoding.UTF8.GetString(file.Content.Span));
        }
        else
        {
            // As git and patch make new files: what the umask leaves (umask(2)).
            var made = file.Mode == TreeMode.Executable ? Bits : Bits & ~Execute;
            using var stream = new FileStream(staged, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, UnixCreateMode = made,
            });
            stream.Write(file.Content.Span);
            if (change.Before is { Mode: not TreeMode.Link })
            {
                File.SetUnixFileMode(stream.SafeFileHandle, Mode(File.GetUnixFileMode(target) & Bits, file.Mode == TreeMode.Executable));
            }

            stream.Flush(flushToDisk: true);
        }

        folders.Own(staged, change.Before is null ? Standing(target) : target);
    }

    /// <summary>The bits that a file has, and of those to execute all for whom it is readable, or none.</summary>
    private static UnixFileMode Mode(UnixFileMode was, bool executable) =>
        !executable ? was & ~Execute
        : (was & UnixFileMode.UserExecute) != 0 ? was
        : was | (UnixFileMode)(((int)was & 0x124) >> 2); // 0444

    /// <summary>What goes goes first, since a new file may need its name for a folder.</summary>
    private void PutInPlace(List<LandingEntry> entries)
    {
        var touched = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries.OrderBy(entry => entry.After == FileReplacement.None ? 0 : 1))
        {
            var target = Target(entry.Unit);
            RefuseLinks(entry.Unit);
            if (entry.After == FileReplacement.None)
            {
                File.Delete(target);
                RemoveEmpty(Path.GetDirectoryName(target));
            }
            else
            {
                if (Directory.Exists(target) && new DirectoryInfo(target).LinkTarget is null)
                {
                    Directory.Delete(target); // empty, or the patches would not have applied
                }

                MakeFolder(Path.GetDirectoryName(target) ?? _tree.Root, touched);
                File.Move(entry.Staged, target, overwrite: true);
            }

            touched.Add(Standing(target));
        }

        // One whose last file went later on is gone; the folder that it was in is among them.
        foreach (var folder in touched.Where(Directory.Exists))
        {
            folders.Sync(folder);
        }
    }

    /// <summary>The changes that are not in place; nothing is touched when a file is of neither side.</summary>
    private List<LandingEntry> Open(ImmutableArray<LandingEntry> entries)
    {
        var open = new List<LandingEntry>();
        foreach (var entry in entries)
        {
            var now = FileReplacement.Print(_tree.Find(entry.Unit));
            if (now == entry.After)
            {
                continue;
            }

            if (now != entry.Before || (entry.After != FileReplacement.None && !Path.Exists(entry.Staged) && new FileInfo(entry.Staged).LinkTarget is null))
            {
                throw Failure.Refused(
                    $"{entry.Unit} was changed by someone else while patches were being applied",
                    $"it was left as it is; if there is a folder {State}, an interrupted run left there what the files shall become: put those into their places or not, and remove it");
            }

            open.Add(entry);
        }

        return open;
    }

    private void Clear()
    {
        new LandingJournal(State).Delete();
        Directory.Delete(State, recursive: true);
    }

    private static void RefuseOwn(TreePath path)
    {
        if (path.Text == StateFolder || path.Text.StartsWith(StateFolder + "/", StringComparison.Ordinal))
        {
            throw Failure.Refused($"a patch changes {path}, which is where this tool keeps what it is about to do", "apply it with another tool, or to another folder (--to DIR)");
        }
    }

    private void RefuseLinks(TreePath path)
    {
        foreach (var parent in path.Parents())
        {
            if (new FileInfo(Target(parent)).LinkTarget is { } elsewhere)
            {
                throw Failure.Refused($"{path} would be written through the link {parent} to {elsewhere}", "nothing is ever written through a link: put a folder there");
            }
        }
    }

    private string Target(TreePath path) => Path.Combine(_tree.Root, path.Text);

    /// <summary>The nearest folder that is there.</summary>
    private string Standing(string target)
    {
        var folder = Path.GetDirectoryName(target) ?? _tree.Root;
        while (!Directory.Exists(folder) && folder.Length > _tree.Root.Length)
        {
            folder = Path.GetDirectoryName(folder) ?? _tree.Root;
        }

        return folder;
    }

    /// <summary>Makes a folder and those above it that are missing, each its parent's owner's.</summary>
    private void MakeFolder(string folder, HashSet<string> touched)
    {
        if (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            MakeFolder(parent, touched);
            Directory.CreateDirectory(folder);
            folders.Own(folder, parent);
            touched.Add(parent);
        }
    }

    /// <summary>A folder whose last file went goes as well, as with git and patch.</summary>
    private void RemoveEmpty(string? folder)
    {
        while (folder is not null && folder.Length > _tree.Root.Length && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
            folder = Path.GetDirectoryName(folder);
        }
    }
}
