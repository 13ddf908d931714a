using System.Collections.Immutable;
using System.Text;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Landing;

/// <summary>A folder that lands as one.</summary>
/// <param name="Unit">Where it lands, relative to the checkout.</param>
/// <param name="Staged">Where what shall land lies, and after the exchange what was there.</param>
/// <param name="Before">The fingerprint of what was there.</param>
/// <param name="After">The fingerprint of what shall be there.</param>
internal sealed record LandingEntry(TreePath Unit, string Staged, string Before, string After);

/// <summary>
/// What a landing is about to exchange, durable before the first exchange. A text file beside the staged folders: a
/// head line, then a line for each folder with its two fingerprints, the staged folder's name, and where it lands.
/// </summary>
/// <param name="folder">The folder that holds the staged ones.</param>
internal sealed class LandingJournal(string folder)
{
    private const string Head = "patchforge landing 1";

    private readonly string _file = Path.Combine(folder, "journal");

    public bool Exists => File.Exists(_file);

    public void Delete() => File.Delete(_file);

    public void Write(ImmutableArray<LandingEntry> entries, IFolders folders)
    {
        var text = new StringBuilder(Head).Append('\n');
        foreach (var entry in entries)
        {
            text.Append(entry.Before).Append(' ').Append(entry.After).Append(' ')
                .Append(Path.GetFileName(entry.Staged)).Append(' ').Append(entry.Unit.Text).Append('\n');
        }

        DurableFile.Write(_file + ".new", Encoding.UTF8.GetBytes(text.ToString()));
        folders.Sync(folder);
        File.Move(_file + ".new", _file, overwrite: true);
        folders.Sync(folder);
    }

    /// <returns>Null where there is none.</returns>
    /// <exception cref="Failure">Refused: it is broken, or of a version that this one does not know.</exception>
    public ImmutableArray<LandingEntry>? Read()
    {
        if (!Exists)
        {
            return null;
        }

        var lines = File.ReadAllLines(_file);
        if (lines.Length == 0 || lines[0] != Head)
        {
            throw Failure.Refused($"{_file} is not a journal that this version can read", $"finish with the version that wrote it, or remove the folder {folder}");
        }

        return [.. lines.Skip(1).Select((line, index) => Entry(line, new FileLocation(_file, index + 2)))];
    }

    private LandingEntry Entry(string line, FileLocation at)
    {
        var fields = line.Split(' ', 4);
        return fields.Length == 4
            ? new LandingEntry(TreePath.Parse(fields[3], at), Path.Combine(folder, TreePath.Parse(fields[2], at).Name), fields[0], fields[1])
            : throw Failure.Refused("a broken journal line", $"remove the folder {folder}", at);
    }
}
