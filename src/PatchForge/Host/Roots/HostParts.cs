using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Host.Roots;

/// <summary>
/// The machine's own root in parts. Only the folders that a distribution's packages own are shown: no home, no
/// mounted data, no /boot. One overlay a folder, because an overlay over / would hold its own upper folder.
/// </summary>
internal static class HostParts
{
    private static readonly ImmutableArray<string> s_shown = ["usr", "etc", "var", "opt", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

    public static RootTree Of(string top)
    {
        var parts = ImmutableArray.CreateBuilder<RootPart>();
        var links = ImmutableArray.CreateBuilder<RootLink>();
        foreach (var name in s_shown)
        {
            var info = new DirectoryInfo(Path.Combine(top, name));
            if (info.LinkTarget is { } target)
            {
                links.Add(new RootLink("/" + name, target));
            }
            else if (info.Exists)
            {
                parts.Add(new RootPart(info.FullName, "/" + name));
            }
        }

        return new RootTree("host", parts.ToImmutable(), links.ToImmutable(), []);
    }
}
