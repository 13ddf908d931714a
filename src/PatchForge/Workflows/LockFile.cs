using System.Text;
using PatchForge.Releases;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>patchforge.lock on disk, beside patchforge.yaml.</summary>
internal static class LockFile
{
    private static readonly Lock Gate = new(); // releases are fetched side by side and record into one file

    /// <exception cref="Seams.Failure">Refused, with file and line.</exception>
    public static DistfileLock Read(ForgeSettings settings)
    {
        var file = settings.PathOf(DistfileLock.FileName);
        return File.Exists(file) ? DistfileLock.Parse(file, File.ReadAllText(file)) : DistfileLock.Empty;
    }

    /// <summary>Adds an entry, all or nothing; the same entry again changes nothing.</summary>
    public static void Record(ForgeSettings settings, LockedDistfile entry)
    {
        lock (Gate)
        {
            var file = settings.PathOf(DistfileLock.FileName);
            var before = Read(settings);
            var after = before.With(entry);
            if (after.Text == before.Text)
            {
                return;
            }

            var beside = file + ".new";
            File.WriteAllText(beside, after.Text, new UTF8Encoding(false));
            File.Move(beside, file, overwrite: true);
        }
    }
}
