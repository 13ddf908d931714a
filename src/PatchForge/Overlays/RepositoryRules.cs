using System.Text;
using System.Text.RegularExpressions;

namespace PatchForge.Overlays;

/// <summary>What makes a folder an ebuild repository: its name, its layout, its links, its news.</summary>
internal static partial class RepositoryRules
{
    /// <summary>PMS section 4.4.1 and 3.1.5: a file with the repository's name, which is used in paths and in <c>::name</c>.</summary>
    internal static IEnumerable<Finding> Name(OverlayFolder overlay)
    {
        var file = overlay.Settings.Profiles + "/repo_name";
        if (overlay.Read(file) is not { } content)
        {
            yield return OverlayRules.Error("repo-name", file, "the repository has no name", "write one into this file");
            yield break;
        }

        var name = Encoding.UTF8.GetString(content).TrimEnd('\n');
        if (!RepositoryName().IsMatch(name) || EndsLikeAVersion().IsMatch(name))
        {
            yield return OverlayRules.Error(
                "repo-name", file, $"'{name}' cannot be a repository's name (PMS section 3.1.5)", "letters, digits, '_' and '-', not beginning with '-', not ending like a version", 1);
        }
    }

    /// <summary>portage(5), layout.conf: lines of <c>key = value</c>, masters, and hashes that Manifests of today need.</summary>
    internal static IEnumerable<Finding> Layout(OverlayFolder overlay)
    {
        var file = overlay.Settings.Metadata + "/layout.conf";
        if (overlay.Read(file) is not { } content)
        {
            yield return OverlayRules.Error("layout", file, "the repository has no layout.conf", "it says at least masters = gentoo");
            yield break;
        }

        var values = new Dictionary<string, (string Value, int Line)>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(content).TrimEnd('\n').Split('\n'))
        {
            number++;
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            if (line.Split('=', 2) is not [var key, var value] || key.Trim().Length == 0)
            {
                yield return OverlayRules.Error("layout", file, $"not a line of the form 'key = value': {line}", line: number);
            }
            else if (!values.TryAdd(key.Trim(), (value.Trim(), number)))
            {
                yield return OverlayRules.Error("layout", file, $"{key.Trim()} stands here a second time", line: number);
            }
        }

        if (!values.ContainsKey("masters"))
        {
            yield return OverlayRules.Error("layout-masters", file, "masters is not set, so no eclass and no profile of ::gentoo is found", "masters = gentoo");
        }

        if (!values.TryGetValue("manifest-hashes", out var hashes) || hashes.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["BLAKE2B", "SHA512"])
        {
            yield return OverlayRules.Error(
                "layout-hashes", file, "manifest-hashes is not BLAKE2B SHA512, and those are what the Manifests here have", "manifest-hashes = BLAKE2B SHA512", hashes.Line);
        }

        if (!values.TryGetValue("thin-manifests", out var thin) || thin.Value != "true")
        {
            yield return OverlayRules.Error(
                "layout-thin", file, "thin-manifests is not true, and the Manifests here name distfiles alone", "thin-manifests = true", thin.Line);
        }
    }

    /// <summary>The root and the folder of the packages are both repositories: a link from each to what it lacks.</summary>
    internal static IEnumerable<Finding> Links(OverlayFolder overlay)
    {
        var packages = overlay.Settings.Packages;
        foreach (var category in overlay.Linked())
        {
            if (!Leads(overlay, category, $"{packages}/{category}"))
            {
                yield return OverlayRules.Error(
                    "category-link", category, $"the root has no link to {packages}/{category}, so what is in there is not in the repository that it is", $"ln -s {packages}/{category} {category}");
            }
        }

        foreach (var (name, target) in new[] { ("profiles", overlay.Settings.Profiles), ("metadata", overlay.Settings.Metadata) })
        {
            if (!Leads(overlay, $"{packages}/{name}", target))
            {
                yield return OverlayRules.Error(
                    "overlay-link", $"{packages}/{name}", $"{packages}/ has no link to {target}, so it is no repository of its own", $"ln -s ../{target} {packages}/{name}");
            }
        }
    }

    /// <summary>GLEP 42: the name of an item and the headers that readers cannot do without.</summary>
    internal static IEnumerable<Finding> News(OverlayFolder overlay)
    {
        var folder = overlay.Settings.Metadata + "/news";
        foreach (var item in overlay.Folders(folder))
        {
            var file = $"{folder}/{item}/{item}.en.txt";
            if (!NewsName().IsMatch(item) || !overlay.Has(file))
            {
                yield return OverlayRules.Error("news", $"{folder}/{item}", "a news item is a folder YYYY-MM-DD-name with YYYY-MM-DD-name.en.txt in it (GLEP 42)");
                continue;
            }

            var head = Encoding.UTF8.GetString(overlay.Read(file) ?? []).Split("\n\n", 2)[0].Split('\n');
            foreach (var header in new[] { "Title", "Author", "Posted", "Revision", "News-Item-Format" })
            {
                if (!head.Any(line => line.StartsWith(header + ": ", StringComparison.Ordinal)))
                {
                    yield return OverlayRules.Error("news", file, $"the header {header} is missing (GLEP 42)");
                }
            }
        }
    }

    private static bool Leads(OverlayFolder overlay, string link, string target)
    {
        var info = new DirectoryInfo(overlay.Full(link));
        return info.LinkTarget is not null
            && info.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } end
            && Path.TrimEndingDirectorySeparator(end.FullName) == overlay.Full(target);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_-]*\z")]
    private static partial Regex RepositoryName();

    [GeneratedRegex(@"-[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*(?:-r[0-9]+)?\z")]
    private static partial Regex EndsLikeAVersion();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}-[a-z0-9+_-]{1,20}\z")]
    private static partial Regex NewsName();
}
