using System.Text;
using System.Text.RegularExpressions;
using PatchForge.Ebuilds;

namespace PatchForge.Overlays;

/// <summary>files/: its size, what ebuilds name in it, and the folders in it that are generated.</summary>
internal static partial class FilesRules
{
    /// <summary>pkgcheck's SizeViolation, bytes.</summary>
    internal const long OneFile = 20_480;

    /// <summary>pkgcheck's TotalSizeViolation, bytes.</summary>
    internal const long AllFiles = 51_200;

    internal static IEnumerable<Finding> Sizes(OverlayFolder overlay)
    {
        foreach (var (_, _, folder) in OverlayRules.Packages(overlay))
        {
            var files = overlay.FilesBelow(folder + "/files")
                .Select(name => (Name: name, new FileInfo(overlay.Full($"{folder}/files/{name}")).Length))
                .ToArray();
            foreach (var (name, length) in files.Where(file => file.Length > OneFile))
            {
                yield return OverlayRules.Warning(
                    "file-size", $"{folder}/files/{name}", $"{length} bytes, and ::gentoo takes at most {OneFile} of one file in files/", "docs/overlay.md says why it is here");
            }

            var sum = files.Sum(file => file.Length);
            if (sum > AllFiles)
            {
                yield return OverlayRules.Warning(
                    "files-size", $"{folder}/files", $"{sum} bytes in all, and ::gentoo takes at most {AllFiles} in files/", "docs/overlay.md says why it is here");
            }
        }
    }

    /// <summary>What stands behind <c>"${FILESDIR}"/</c> in an ebuild is there.</summary>
    internal static IEnumerable<Finding> Named(OverlayFolder overlay)
    {
        foreach (var (category, package, folder) in OverlayRules.Packages(overlay))
        {
            foreach (var name in overlay.Ebuilds(category, package))
            {
                var number = 0;
                foreach (var line in Encoding.UTF8.GetString(overlay.Read($"{folder}/{name}") ?? []).Split('\n'))
                {
                    number++;
                    foreach (var file in InFiles().Matches(line).Select(match => match.Groups["file"].Value))
                    {
                        if (!overlay.Has($"{folder}/files/{file}"))
                        {
                            yield return OverlayRules.Error("file-missing", $"{folder}/{name}", $"it names files/{file}, which is not there", line: number);
                        }
                    }
                }
            }
        }
    }

    /// <summary>A folder with a record holds what the record names, and people's files are elsewhere.</summary>
    internal static IEnumerable<Finding> Generated(OverlayFolder overlay)
    {
        foreach (var (_, _, folder) in OverlayRules.Packages(overlay))
        {
            foreach (var patches in overlay.Folders(folder + "/files").Select(name => $"{folder}/files/{name}"))
            {
                if (overlay.Read($"{patches}/{PatchFolderFiles.Record}") is not { } record)
                {
                    continue;
                }

                var named = PatchFolderFiles.Names(record).Select(name => name.Text).Append(PatchFolderFiles.Record).ToHashSet(StringComparer.Ordinal);
                foreach (var name in overlay.FilesBelow(patches).Where(name => !named.Contains(name)))
                {
                    yield return OverlayRules.Warning(
                        "stray-file", $"{patches}/{name}", "this folder is generated, and its series does not name this file", "move it up into files/, or remove it");
                }

                foreach (var name in named.Where(name => !overlay.Has($"{patches}/{name}")).Order(StringComparer.Ordinal))
                {
                    yield return OverlayRules.Error("patch-missing", $"{patches}/{PatchFolderFiles.Record}", $"it names {name}, which is not there", "run refresh");
                }
            }
        }
    }

    [GeneratedRegex("""\$\{FILESDIR\}"?/(?<file>[A-Za-z0-9_./+-]+)""")]
    private static partial Regex InFiles();
}
