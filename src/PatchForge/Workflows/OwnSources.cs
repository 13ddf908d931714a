using System.Text;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>
/// The sources of a generated patch. A link that leads to a file in one of the folders that the settings allow
/// (<see cref="GeneratedPatch.Links"/>) is that file, so that two lines can have a file in common without a copy;
/// any other link stays one, and is not shipped.
/// </summary>
internal sealed class OwnSources(string home, GeneratedPatch made) : ITree
{
    private readonly DirectoryTree _all = new(home);
    private readonly DirectoryTree _sources = new(Path.Combine(home, made.From));

    public IEnumerable<TreePath> Paths() => _sources.Paths();

    public TreeFile? Find(TreePath path) =>
        _sources.Find(path) is { Mode: TreeMode.Link } link && Target(path, link) is { } target && _all.Find(target) is { Mode: not TreeMode.Link } file
            ? file with { Path = path }
            : _sources.Find(path);

    private TreePath? Target(TreePath path, TreeFile link)
    {
        var from = TreePath.Parse($"{made.From}/{path.Text}");
        if (LinkTarget.Complaint(from, link.Content.Span) is not null)
        {
            return null;
        }

        // Complaint has seen that it climbs only at its start and never out of the checkout.
        var folders = from.Text.Split('/')[..^1].ToList();
        foreach (var segment in Encoding.UTF8.GetString(link.Content.Span).Split('/').Where(segment => segment is not ("" or ".")))
        {
            if (segment == "..")
            {
                folders.RemoveAt(folders.Count - 1);
            }
            else
            {
                folders.Add(segment);
            }
        }

        var target = string.Join('/', folders);
        return made.Links.Any(allowed => target.StartsWith(allowed + "/", StringComparison.Ordinal)) && TreePath.TryParse(target, out var found) ? found : null;
    }
}
