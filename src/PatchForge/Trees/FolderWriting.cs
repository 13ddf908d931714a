using PatchForge.Seams;

namespace PatchForge.Trees;

/// <summary>Writes a tree to a new folder: all of it, or nothing is there.</summary>
public static class FolderWriting
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="folder">Must not exist; what is above it must.</param>
    /// <exception cref="Failure">Refused: the folder exists, or a link leads out of the tree.</exception>
    public static void Write(ITree tree, string folder, CancellationToken cancel)
    {
        if (Path.Exists(folder))
        {
            throw Failure.Refused($"{folder} exists already", "write to a folder that does not, or remove it first");
        }

        var beside = Path.GetFullPath(folder) + ".writing-" + Guid.NewGuid().ToString("N")[..8];
        try
        {
            Directory.CreateDirectory(beside);
            var links = new List<TreeFile>();
            foreach (var path in tree.Paths())
            {
                cancel.ThrowIfCancellationRequested();
                if (tree.Find(path) is not { } file)
                {
                    continue;
                }

                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(beside, path.Text))!); // it is below the folder
                if (file.Mode == TreeMode.Link)
                {
                    if (LinkTarget.Complaint(path, file.Content.Span) is { } why)
                    {
                        throw Failure.Refused($"{path} is {why}", "a source tree's links must stay inside it");
                    }

                    links.Add(file); // made last, so that nothing is written through one
                    continue;
                }

                using var stream = new FileStream(Path.Combine(beside, path.Text), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
                stream.Write(file.Content.Span);
                File.SetUnixFileMode(stream.SafeFileHandle, file.Mode == TreeMode.Executable ? Executable : Plain);
            }

            foreach (var link in links)
            {
                File.CreateSymbolicLink(Path.Combine(beside, link.Path.Text), System.Text.Encoding.UTF8.GetString(link.Content.Span));
            }

            Directory.Move(beside, folder);
        }
        finally
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }
    }
}
