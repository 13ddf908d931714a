using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Ebuilds;

/// <summary>
/// The <c>eclass</c> folders of an ebuild repository and of its masters, the repository's own first
/// (PMS section 10.1). They hold code that is run: as trusted as the repository itself.
/// </summary>
public sealed record EclassSources(ImmutableArray<string> Folders)
{
    public static EclassSources None { get; } = new([]);

    /// <summary>Where people and Portage name the Gentoo repository, in the order in which they are asked.</summary>
    public const string Places = "--gentoo DIR, PATCHFORGE_GENTOO, PORTDIR, /var/db/repos/gentoo";

    /// <summary>Finds the Gentoo repository on this machine; none is not an error here.</summary>
    /// <param name="option">The folder from the command line, or null.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="own">The root of the repository whose ebuilds are sourced, for eclasses of its own.</param>
    /// <exception cref="Failure">Missing, when a folder that somebody named has no eclasses.</exception>
    public static EclassSources Locate(string? option, Func<string, string?> variable, string own)
    {
        var folders = ImmutableArray.CreateBuilder<string>();
        AddIfThere(Path.Combine(own, "eclass"));

        foreach (var (name, place) in new[]
        {
            ("--gentoo", option),
            ("PATCHFORGE_GENTOO", variable("PATCHFORGE_GENTOO")),
            ("PORTDIR", variable("PORTDIR")),
        })
        {
            if (string.IsNullOrEmpty(place))
            {
                continue;
            }

            var folder = Path.Combine(Path.GetFullPath(place), "eclass");
            folders.Add(Directory.Exists(folder)
                ? folder
                : throw Failure.Missing($"{name} names {place}, and there is no folder 'eclass' in it", "name the root of the Gentoo repository"));
            return new(folders.ToImmutable());
        }

        AddIfThere("/var/db/repos/gentoo/eclass");
        return new(folders.ToImmutable());

        void AddIfThere(string folder)
        {
            if (Directory.Exists(folder))
            {
                folders.Add(folder);
            }
        }
    }

    /// <summary>The file of an eclass, the first that is there; null when none is.</summary>
    public string? Find(string eclass) =>
        Folders.Select(folder => Path.Combine(folder, eclass + ".eclass")).FirstOrDefault(File.Exists);
}
