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
            || (text.Contains('/', StringComparison.Ordinal) && Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)) is var path && (path == root.Folder || path == root.Root)));
        return named ?? throw Failure.Refused(
            $"'{text}' is no root that this tool made",
            All(stateFolder) is { IsEmpty: false } all ? $"there are: {string.Join(", ", all.Select(root => root.Name))}" : "there are none; what others made, they remove");
    }
}
