namespace PatchForge.Seams;

/// <summary>What the commit point needs of the file system beyond .NET's own.</summary>
public interface IFolders
{
    /// <summary>
    /// Exchanges two folders in one step that cannot be seen half done (renameat2(2), RENAME_EXCHANGE). Both
    /// must be on one file system.
    /// </summary>
    /// <exception cref="IOException">The kernel or the file system cannot do it.</exception>
    void Exchange(string one, string other);

    /// <summary>Makes a folder's entries durable (fsync(2) on the folder).</summary>
    void Sync(string folder);

    /// <summary>
    /// Gives <paramref name="path"/> (a link itself, not what it points to) the owner and group of
    /// <paramref name="like"/>, as far as this user may: root's run over a user's checkout leaves it the user's.
    /// </summary>
    void Own(string path, string like);

    /// <summary>Null where no file is, or none that this user may see.</summary>
    FileMark? Mark(string path);
}
