using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>
/// A root that this tool made, below its state folder: <c>roots/NAME/root</c>, and beside it a marker, without
/// which nothing there is ever removed.
/// </summary>
public sealed record MadeRoot(string StateFolder, string Name)
{
    private const string MarkerName = "made-by-patchforge";

    public string Folder => Path.Combine(StateFolder, "roots", Name);

    public string Root => Path.Combine(Folder, "root");

    public bool Exists => File.Exists(Path.Combine(Folder, MarkerName)) && Directory.Exists(Root);

    /// <summary>What it was made of, as <see cref="Mark"/> wrote it.</summary>
    public string Origin => File.ReadAllText(Path.Combine(Folder, MarkerName));

    public void Mark(string origin) => File.WriteAllText(Path.Combine(Folder, MarkerName), origin);

    /// <summary>
    /// Makes the state folder, for its user alone: a root has set-user-id programs, and those of an old root are
    /// nothing for the machine's other users to run.
    /// </summary>
    /// <exception cref="Failure">Refused, when it is somebody else's.</exception>
    public static void PrepareState(string stateFolder)
    {
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        try
        {
            Directory.CreateDirectory(stateFolder, mine);
            File.SetUnixFileMode(stateFolder, mine);
        }
        catch (UnauthorizedAccessException wrong)
        {
            throw Failure.Refused($"{stateFolder} cannot be made this user's own: {wrong.Message}", "is it another user's? XDG_CACHE_HOME names another folder", cause: wrong);
        }
    }

    public static ImmutableArray<MadeRoot> All(string stateFolder)
    {
        var folder = Path.Combine(stateFolder, "roots");
        return !Directory.Exists(folder)
            ? []
            : [.. Directory.EnumerateDirectories(folder)
                .Select(path => new MadeRoot(stateFolder, Path.GetFileName(path)))
                .Where(root => root.Exists)
                .OrderBy(root => root.Name, StringComparer.Ordinal)];
    }

    /// <param name="text">A name, or the path of its folder or root.</param>
    /// <exception cref="Failure">Refused, when it is no folder that this tool made.</exception>
    public static MadeRoot Find(string stateFolder, string text)
    {
        var named = All(stateFolder).FirstOrDefault(root => text == root.Name
            || (text.Contains('/', StringComparison.Ordinal) && Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)) is var path && (path == Path.GetFullPath(root.Folder) || path == Path.GetFullPath(root.Root))));
        return named ?? throw Failure.Refused(
            $"'{text}' is no root that this tool made",
            All(stateFolder) is { IsEmpty: false } all ? $"there are: {string.Join(", ", all.Select(root => root.Name))}" : "there are none; what others made, they remove");
    }
}
