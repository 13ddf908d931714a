using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Host.Roots;

/// <summary>
/// The folder of one run: what it writes, and where its root is put together. Locked while it is used, so that
/// the next run can clear up after a tool that was killed.
/// </summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly FileStream _held;
    private readonly TreeRemoval _removal;
    private readonly bool _userNamespace;

    private Session(string folder, FileStream held, TreeRemoval removal, bool userNamespace)
    {
        Folder = folder;
        _held = held;
        _removal = removal;
        _userNamespace = userNamespace;
    }

    public string Folder { get; }

    public static async Task<Session> Begin(string state, TreeRemoval removal, RootAbility ability, CancellationToken cancel)
    {
        var sessions = Path.Combine(state, "sessions");
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        MadeRoot.PrepareState(state);
        Directory.CreateDirectory(sessions, mine);
        var userNamespace = ability is RootAbility.WithSubordinateIds;
        await ClearUp(sessions, removal, userNamespace, cancel);

        var folder = Path.Combine(sessions, Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal));
        var held = FileLock.Try(folder + ".lock") ?? throw new IOException($"{folder}.lock is taken");
        Directory.CreateDirectory(folder, mine);
        return new Session(folder, held, removal, userNamespace);
    }

    public async ValueTask DisposeAsync()
    {
        // Also after an interruption: what is left would be disk space that nobody knows of.
        await _removal.Remove(Folder, _userNamespace, CancellationToken.None);
        File.Delete(_held.Name);
        await _held.DisposeAsync();
    }

    private static async Task ClearUp(string sessions, TreeRemoval removal, bool userNamespace, CancellationToken cancel)
    {
        foreach (var lockFile in Directory.GetFiles(sessions, "*.lock"))
        {
            if (FileLock.Try(lockFile) is not { } held)
            {
                continue;
            }

            await using (held)
            {
                var folder = Path.ChangeExtension(lockFile, null);
                if (Directory.Exists(folder))
                {
                    await removal.Remove(folder, userNamespace, cancel);
                }

                File.Delete(lockFile);
            }
        }
    }
}
