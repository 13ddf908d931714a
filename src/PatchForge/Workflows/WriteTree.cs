using System.Text;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Directory">Where the tree goes; made when it is not there.</param>
/// <param name="Force">Replace a directory that holds something.</param>
public sealed record WriteTreeRequest(ITree Tree, string Directory, bool Force = false);

/// <param name="Directory">The absolute path written.</param>
public sealed record WrittenTree(string Directory, int Files, long Bytes);

/// <summary>
/// Writes a tree into a directory: all of it, in a sibling that then takes the directory's name, or nothing.
/// Files get mode 0644 or 0755 and directories 0755 whatever the umask; nothing is written through a link. All
/// files have one time: to make, nothing that came with the source is older than what it was made from.
/// </summary>
public static class WriteTree
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="Failure">
    /// Refused: the directory holds something and there is no force, is a link or a file, or is one that no
    /// force replaces (the root, a git work tree, the current directory or one above it); or the tree has a
    /// file below a link.
    /// </exception>
    public static async Task<WrittenTree> Run(WriteTreeRequest request, IStory story, CancellationToken cancel)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Directory));
        // One name for every run: what a killed run left behind is found and mended by the next.
        var beside = Path.Combine(Path.GetDirectoryName(target) ?? "/", $".{Path.GetFileName(target)}.patchforge");
        Mend(beside + "-old", target);
        RefuseTarget(target, request.Force);
        Directory.CreateDirectory(Path.GetDirectoryName(target) ?? "/");
        Clear(beside);
        try
        {
            var written = await story.During($"Writing {target}", progress => Fill(beside, request.Tree, progress, cancel));
            cancel.ThrowIfCancellationRequested();
            PutInPlace(beside, target);
            return written with { Directory = target };
        }
        finally
        {
            Clear(beside);
        }
    }

    /// <summary>A run killed between its two renames left the directory's former content aside: it goes back.</summary>
    private static void Mend(string old, string target)
    {
        if (Directory.Exists(old) && !Path.Exists(target))
        {
            Directory.Move(old, target);
        }

        Clear(old);
    }

    private static void RefuseTarget(string target, bool force)
    {
        var at = new FileLocation(target);
        if (new FileInfo(target) is { Exists: true } or { LinkTarget: not null })
        {
            throw Failure.Refused("the directory to write to is a file or a link", "name another directory", at);
        }

        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any())
        {
            return;
        }

        if (!force)
        {
            throw Failure.Refused("the directory to write to holds something", "name another one, or replace all of it with --force", at);
        }

        var here = Path.TrimEndingDirectorySeparator(Environment.CurrentDirectory) + "/";
        if (target == "/" || Path.Exists(Path.Combine(target, ".git")) || here.StartsWith(target + "/", StringComparison.Ordinal))
        {
            throw Failure.Refused("this directory is not replaced even with --force: it is the root, a git work tree, or holds the current directory",
                "name another one", at);
        }
    }

    private static async Task<WrittenTree> Fill(string root, ITree tree, IStepProgress progress, CancellationToken cancel)
    {
        MakeFolder(root);
        var time = Directory.GetLastWriteTimeUtc(root);
        var folders = new HashSet<string>(StringComparer.Ordinal);
        var files = new HashSet<string>(StringComparer.Ordinal);
        var paths = tree.Paths().ToList();
        var bytes = 0L;
        foreach (var path in paths)
        {
            cancel.ThrowIfCancellationRequested();
            Folders(path.Parents(), path);
            if (folders.Contains(path.Text))
            {
                throw Failure.Refused($"'{path}' is a file and a folder");
            }

            files.Add(path.Text);
            var file = tree.Find(path) ?? throw Failure.Refused($"'{path}' went away while the tree was read");
            await Write(Path.Combine(root, path.Text), file, time, cancel);
            bytes += file.Content.Length;
            progress.Report(files.Count, paths.Count);
        }

        foreach (var folder in tree.EmptyFolders())
        {
            Folders([.. folder.Parents(), folder], folder);
        }

        return new WrittenTree(root, files.Count, bytes);

        void Folders(IEnumerable<TreePath> wanted, TreePath below)
        {
            foreach (var folder in wanted)
            {
                if (files.Contains(folder.Text))
                {
                    throw Failure.Refused($"'{below}' lies below '{folder}', which is a file or a link");
                }

                if (folders.Add(folder.Text))
                {
                    MakeFolder(Path.Combine(root, folder.Text));
                }
            }
        }
    }

    private static async Task Write(string name, TreeFile file, DateTime time, CancellationToken cancel)
    {
        if (file.Mode == TreeMode.Link)
        {
            if (LinkTarget.Complaint(file.Path, file.Content.Span) is { } why)
            {
                throw Failure.Refused($"'{file.Path}' is {why}");
            }

            File.CreateSymbolicLink(name, Encoding.UTF8.GetString(file.Content.Span));
            return;
        }

        // CreateNew opens with O_EXCL, which follows no link (open(2)).
        await using (var stream = new FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            await stream.WriteAsync(file.Content, cancel);
        }

        File.SetUnixFileMode(name, file.Mode == TreeMode.Executable ? Executable : Readable);
        File.SetLastWriteTimeUtc(name, time);
    }

    private static void MakeFolder(string name)
    {
        Directory.CreateDirectory(name);
        File.SetUnixFileMode(name, Executable);
    }

    /// <summary>
    /// rename(2) replaces an empty directory in one step; a full one is moved aside first, and moved back
    /// when the second step fails.
    /// </summary>
    private static void PutInPlace(string made, string target)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(made, target);
            return;
        }

        var old = made + "-old";
        Directory.Move(target, old);
        try
        {
            Directory.Move(made, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Directory.Move(old, target);
            throw;
        }

        Clear(old);
    }

    private static void Clear(string directory)
    {
        if (new DirectoryInfo(directory) is { Exists: true, LinkTarget: null })
        {
            // Deletes links, not what they lead to.
            Directory.Delete(directory, recursive: true);
        }
    }
}
