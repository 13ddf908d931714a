using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Landing;

/// <summary>What was taken back.</summary>
/// <param name="Command">The command that had landed it.</param>
/// <param name="Folders">Each is, byte for byte and with its times, as it was before.</param>
public sealed record UndoneLanding(string Command, ImmutableArray<string> Folders);

/// <remarks>
/// Taking back is a landing of its own: the folders kept are exchanged with those that are there, under the same
/// journal with its sides turned round. So it can be killed at any moment, and taken back itself.
/// </remarks>
public sealed partial class LandingStrip
{
    private string Kept => Path.Combine(work.Path, "undo");

    /// <summary>The session that the last landing ended; empty when it ended none, null when nothing has landed.</summary>
    public string? LastSession() =>
        Path.Combine(Kept, What) is var file && File.Exists(file) && File.ReadAllLines(file) is [_, var session, ..] ? session : null;

    /// <summary>Puts the folders of the last landing back as they were before it. Call <see cref="Recover"/> first.</summary>
    /// <exception cref="Failure">Refused: nothing has landed, or somebody has changed a folder since; nothing is touched then.</exception>
    public UndoneLanding Undo()
    {
        if (new LandingJournal(Kept).Read() is not { } entries)
        {
            throw Failure.Refused("there is nothing to take back: nothing has landed here since .patchforge was made");
        }

        // A run that was killed while it turned the journal round has left it so.
        if (!entries.All(entry => FolderFingerprint.Of(Target(entry)) == entry.Before && FolderFingerprint.Of(entry.Staged) == entry.After))
        {
            if (entries.FirstOrDefault(entry => FolderFingerprint.Of(Target(entry)) != entry.After) is { } changed)
            {
                throw Failure.Refused(
                    $"{changed.Unit} was changed since it landed, so it cannot be put back without losing that",
                    $"what it was before is in {changed.Staged}; look at both and copy what you want");
            }

            if (entries.FirstOrDefault(entry => FolderFingerprint.Of(entry.Staged) != entry.Before) is { } damaged)
            {
                throw Failure.Refused($"{damaged.Staged} is not any more what {damaged.Unit} was", "it cannot be put back; version control may have it");
            }

            entries = [.. entries.Select(entry => entry with { Before = entry.After, After = entry.Before })];
            new LandingJournal(Kept).Write(entries, folders);
        }

        var command = File.ReadAllLines(Path.Combine(Kept, What)).FirstOrDefault() ?? "";
        File.WriteAllText(Path.Combine(Kept, What), command.StartsWith(Taken, StringComparison.Ordinal) ? command[Taken.Length..] + "\n\n" : $"{Taken}{command}\n\n");
        Clear();
        Directory.Move(Kept, Staging);
        folders.Sync(work.Path);
        var done = Exchange([.. entries.Select(entry => entry with { Staged = Path.Combine(Staging, Path.GetFileName(entry.Staged)) })]);
        Keep();
        return new UndoneLanding(command, done);
    }

    private const string Taken = "undo of ";

    private string Target(LandingEntry entry) => Path.Combine(home, entry.Unit.Text);

    /// <summary>
    /// What the exchange took out becomes what can be taken back, in the stead of what an earlier landing left. Killed
    /// on the way, the next <see cref="Recover"/> comes here again.
    /// </summary>
    private void Keep()
    {
        var older = Kept + ".old";
        if (Directory.Exists(older))
        {
            Directory.Delete(older, recursive: true);
        }

        if (Directory.Exists(Kept))
        {
            Directory.Move(Kept, older);
        }

        folders.Own(Staging, home);
        foreach (var file in Directory.EnumerateFiles(Staging))
        {
            folders.Own(file, home);
        }

        Directory.Move(Staging, Kept);
        folders.Sync(work.Path);
        if (Directory.Exists(older))
        {
            Directory.Delete(older, recursive: true);
        }
    }
}
