using System.Collections.Immutable;

namespace PatchForge.Settings;

/// <summary>PHP inside the line's servers, which the attack suite and the benchmark need and nothing that ships has.</summary>
/// <param name="Packages">What the root must have to build it, by its own package manager's names.</param>
/// <param name="Source">The distribution's source package: <c>php8.2</c>.</param>
/// <param name="Version">What the source's version is or begins with, up to a dot: <c>8.2</c>.</param>
/// <param name="Patches">The folder of our own edits with its series file, relative to the settings file.</param>
/// <param name="Configure">Arguments of configure besides those that say where the server is.</param>
/// <param name="Ini">Lines of the php.ini, without the one that loads opcache.</param>
public sealed record PhpSettings(
    ImmutableSortedDictionary<string, ImmutableArray<string>> Packages,
    string Source,
    string Version,
    string Patches,
    ImmutableArray<string> Configure,
    ImmutableArray<string> Ini)
{
    public string SeriesFile => Patches + "/series";
}
