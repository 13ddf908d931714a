using System.Collections.Immutable;
using PatchForge.Httpd;
using PatchForge.Releases;
using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>
/// patchforge.yaml, read and checked. Paths are relative to <see cref="Home"/>, the folder that holds the file.
/// </summary>
public sealed record ForgeSettings(
    string Home,
    string Package,
    string Name,
    OverlaySettings Overlay,
    ImmutableArray<LineSettings> Lines,
    RootSettings Root,
    SmokeSettings Smoke)
{
    /// <summary>The package's category, <c>www-servers</c> of <c>www-servers/apache</c> (PMS section 3.1.1).</summary>
    public string Category => Package[..Package.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The package's name without its category, <c>apache</c> (PMS section 3.1.2).</summary>
    public string PackageName => Package[(Package.IndexOf('/', StringComparison.Ordinal) + 1)..];

    public string PathOf(string relative) => Path.Combine(Home, relative);

    /// <summary>What measuring needs beside what building does.</summary>
    public BenchSettings Bench { get; init; } = BenchSettings.None;

    /// <summary>The settings file itself.</summary>
    public string File { get; init; } = "patchforge.yaml";

    /// <summary>The release of that version and its line.</summary>
    /// <exception cref="Failure">Refused: no line has it; the hint lists those there are.</exception>
    public (LineSettings Line, ReleaseSettings Release) Release(string version)
    {
        foreach (var line in Lines)
        {
            if (line.Releases.FirstOrDefault(release => release.Version == version) is { } found)
            {
                return (line, found);
            }
        }

        throw Failure.Refused(
            $"{version} is not a release in {System.IO.Path.GetFileName(File)}",
            "the releases are " + string.Join(", ", Lines.SelectMany(line => line.Releases).Select(release => release.Version)),
            new FileLocation(File));
    }
}

/// <summary>Where the ebuild repository's parts lie, relative to the settings file.</summary>
/// <param name="Packages">The folder that holds the categories: <c>overlay</c>.</param>
/// <param name="Metadata">The folder of layout.conf, md5-cache and news: <c>metadata</c>.</param>
/// <param name="Profiles">The folder of repo_name and categories: <c>profiles</c>.</param>
/// <param name="Delivery">How the series reaches the ebuild: in files/, or as a tarball that SRC_URI names.</param>
public sealed record OverlaySettings(string Packages, string Metadata, string Profiles, Delivery Delivery);

public enum Delivery
{
    Files,
    Distfile,
}

/// <summary>A line of releases that one patch series serves, such as httpd 2.0.</summary>
/// <param name="Ebuild">Null where the overlay carries no ebuild of the line.</param>
public sealed record LineSettings(
    string Line,
    string Series,
    ImmutableArray<GeneratedPatch> Generated,
    UpstreamSettings Upstream,
    ImmutableArray<ReleaseSettings> Releases,
    EbuildSettings? Ebuild,
    BuildSettings Build)
{
    /// <summary>The patch names' folder is this one, relative to the settings file: <c>patches/mpm-itk/2.0</c>.</summary>
    public string SeriesFile => Series + "/series";

    /// <summary>What is built to attack and to measure and never reaches a user; null when there is none.</summary>
    public LabSettings? Lab { get; init; }

    /// <summary>How the configuration of the line's servers is written.</summary>
    public Dialect Dialect { get; init; } = Dialect.Httpd20;

    /// <summary>What measuring the line needs beside the load generators: the servers of others that it is compared with.</summary>
    public BenchSettings Bench { get; init; } = BenchSettings.None;

    /// <summary>Whether attack and bench can build it: a variant of the line or of its lab.</summary>
    public bool CanBuild(string variant) => Build.Variants.ContainsKey(variant) || (Lab is { } lab && lab.Variants.ContainsKey(variant));

    /// <summary>The releases that a command takes when it is told none: those with an ebuild, or the newest where the line has none.</summary>
    public IEnumerable<ReleaseSettings> Carried =>
        Ebuild is null ? Releases.TakeLast(1) : Releases.Where(release => release.Ebuild);
}

/// <summary>
/// Experiments of a line: a second series, applied on top of the line's own by <c>attack</c> and <c>bench</c> alone.
/// </summary>
/// <param name="Variants">Name of each and its own configure arguments; no name is one of <see cref="BuildSettings.Variants"/>.</param>
/// <param name="Switching">Those of them that serve each site as its user.</param>
public sealed record LabSettings(
    string Series,
    ImmutableArray<GeneratedPatch> Generated,
    ImmutableSortedDictionary<string, ImmutableArray<string>> Variants,
    ImmutableArray<string> Switching)
{
    /// <summary>Where it stands in the settings file, for messages.</summary>
    public FileLocation? At { get; init; }

    /// <summary>PHP as a module of its servers; null when there is none.</summary>
    public PhpSettings? Php { get; init; }

    public string SeriesFile => Series + "/series";
}

/// <summary>A new-file patch that is generated from a folder of our own sources.</summary>
/// <param name="Patch">Its name in the series.</param>
/// <param name="From">Our folder, relative to the settings file.</param>
/// <param name="To">The folder it becomes in the source tree; empty for the tree's root.</param>
/// <param name="Below">Only what lies below this folder of <paramref name="From"/>; empty for all of it.</param>
/// <param name="Subject">The sentence the patch's header starts with.</param>
public sealed record GeneratedPatch(string Patch, string From, string To, string Below, string Subject);

/// <summary>Where releases come from.</summary>
/// <param name="Mirrors">Folders that hold the distfiles, tried in this order; HTTPS.</param>
/// <param name="SignatureSuffix">What a detached OpenPGP signature's name adds: <c>.asc</c>.</param>
/// <param name="Keys">Address of the KEYS file that signs releases; null when signatures are not used.</param>
/// <param name="Git">A local clone for people who work from git; null when there is none.</param>
public sealed record UpstreamSettings(
    ImmutableArray<Uri> Mirrors,
    string SignatureSuffix,
    Uri? Keys,
    GitUpstreamSettings? Git);

/// <summary>Repositories whose tags make a tree shaped like a release.</summary>
/// <param name="Tag">The tag of a release, with <c>{version}</c> in it.</param>
/// <param name="Components">What the release's tarball carries from other repositories.</param>
public sealed record GitUpstreamSettings(string Repository, string Tag, ImmutableArray<GitComponentSettings> Components)
{
    /// <summary>Where the clone is when it is not below <c>--git DIR</c>, relative to the settings file; null when not said.</summary>
    public string? ClonePath { get; init; }
}

/// <param name="Repository">The repository's name below the folder of clones: <c>apr</c>.</param>
/// <param name="Path">Where its tree goes in the release: <c>srclib/apr</c>.</param>
public sealed record GitComponentSettings(string Repository, string Path)
{
    /// <summary>Where the clone is when it is not below <c>--git DIR</c>, relative to the settings file; null when not said.</summary>
    public string? ClonePath { get; init; }
}

/// <summary>One release: its distfile and all that was ever published of it.</summary>
/// <param name="Date">The day of the release as <paramref name="DateSource"/> gives it, which may be null.</param>
/// <param name="Size">Bytes, or null where nobody published it.</param>
/// <param name="Ebuild">Whether the overlay carries an ebuild of it.</param>
/// <param name="Components">Tag of each git component, by its repository's name.</param>
public sealed record ReleaseSettings(
    string Version,
    DateOnly Date,
    string? DateSource,
    string Distfile,
    long? Size,
    ImmutableArray<PublishedDigest> Digests,
    bool Ebuild,
    ImmutableSortedDictionary<string, string> Components)
{
    /// <summary>Where this release stands in the settings file, for messages.</summary>
    public FileLocation? At { get; init; }

    /// <summary>The same release in a distribution's source package; null when none is known.</summary>
    public SourcePackageSettings? SourcePackage { get; init; }

    /// <summary>What was published of the distfile, in the terms of the room that checks it.</summary>
    public PublishedFile Published => PublishedDigest.File(Distfile, Size, Digests, At);
}

/// <summary>
/// A distribution's source package that has a release's upstream archive in it. The archive alone is used: none of
/// the distribution's own changes (docs/adr/0015).
/// </summary>
/// <param name="Name">The source package's name: <c>apache2</c>.</param>
/// <param name="Version">What its version is or begins with, up to something that is no digit.</param>
/// <param name="Archive">The upstream archive's name in it: <c>apache2_2.4.68.orig.tar.gz</c>.</param>
/// <param name="Digests">Of the archive; one at least.</param>
public sealed record SourcePackageSettings(string Name, string Version, string Archive, long? Size, ImmutableArray<PublishedDigest> Digests)
{
    public PublishedFile Published => PublishedDigest.File(Archive, Size, Digests, null);

    public override string ToString() => $"{Name} {Version}";
}

/// <summary>A digest that somebody published, with where.</summary>
/// <param name="Algorithm">Portage's name: MD5, SHA1, RMD160, SHA256, SHA512, BLAKE2B (portage(5), manifest-hashes).</param>
/// <param name="Hex">Lower-case hexadecimal.</param>
public sealed record PublishedDigest(string Algorithm, string Hex, string Source)
{
    internal static PublishedFile File(string name, long? size, ImmutableArray<PublishedDigest> digests, FileLocation? at) =>
        new(name, size, [.. digests.Select(digest => new KnownDigest(DigestAlgorithm.Find(digest.Algorithm)
            ?? throw Failure.Refused($"{digest.Algorithm} is not a digest of Portage's", at: at), digest.Hex, digest.Source))]);
}

/// <summary>What the generated ebuild says that is not the same for every package.</summary>
public sealed record EbuildSettings(
    string Eapi,
    string Description,
    Uri Homepage,
    string License,
    string Slot,
    ImmutableArray<string> Keywords,
    string Template,
    int Revision)
{
    /// <summary>Flags that a variant has to be built with beside the one that picks it, by variant; where another variant has one, it is off.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Use { get; init; } = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>What is emerged in a root that has Portage; empty for one set a variant, with its flag alone.</summary>
    public ImmutableArray<UseSet> Sets { get; init; } = [];
}

/// <summary>USE flags that a release is emerged with, to be tried.</summary>
/// <param name="Variant">The line's variant that they make.</param>
/// <param name="Flags">As in make.conf's USE: <c>mpm-itk</c>, <c>-ssl</c>. Flags that pick other variants are off without being named.</param>
public sealed record UseSet(string Name, string Variant, ImmutableArray<string> Flags);

/// <summary>How a release is built in a root where there is no Portage, and the variants of it that are built.</summary>
/// <param name="Packages">What the root must have, by its own package manager's names (<c>apt</c>, <c>emerge</c>).</param>
/// <param name="Prepare">Commands run in the patched tree before configure, each an argument list.</param>
/// <param name="Configure">Arguments of every variant.</param>
/// <param name="Variants">Name of each variant and the arguments it adds: <c>itk</c>, <c>prefork</c>.</param>
public sealed record BuildSettings(
    ImmutableSortedDictionary<string, ImmutableArray<string>> Packages,
    ImmutableArray<ImmutableArray<string>> Prepare,
    ImmutableArray<string> Configure,
    ImmutableSortedDictionary<string, ImmutableArray<string>> Variants)
{
    /// <summary>Of a line that does not say how it is built: its patches are kept and nothing more.</summary>
    public static BuildSettings None { get; } = new(
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, [], [], ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty);
}

/// <summary>Which root a build runs in when the command line names none.</summary>
/// <param name="Default"><c>host</c>, <c>dir:PATH</c> or <c>stage3:PATH-OR-URL</c>.</param>
public sealed record RootSettings(string Default, Uri? Stage3Index);

/// <summary>The smoke test's sites and probes, as data.</summary>
/// <param name="Switching">The variants whose processes serve each site as the site's user; all others serve every site as one.</param>
public sealed record SmokeSettings(ImmutableArray<SmokeSite> Sites, int Port, TimeSpan StartLimit, ImmutableArray<string> Switching)
{
    public static SmokeSettings None { get; } = new([], 8080, TimeSpan.FromSeconds(30), []);

    /// <summary>The variants that refresh builds and tests; empty for all of the line's.</summary>
    public ImmutableArray<string> Variants { get; init; } = [];
}

/// <param name="Uid">Numeric, so that no account has to exist in the root.</param>
public sealed record SmokeSite(string HostName, int Uid, int Gid);

/// <param name="Packages">By the root's own package manager's names (<c>apt</c>, <c>emerge</c>): the load generators; of a line, the servers it is compared with.</param>
public sealed record BenchSettings(ImmutableSortedDictionary<string, ImmutableArray<string>> Packages)
{
    public static BenchSettings None { get; } = new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty);

    /// <summary>Both ones' packages, these first.</summary>
    public BenchSettings With(BenchSettings other) => new(other.Packages.Aggregate(
        Packages,
        (all, more) => all.SetItem(more.Key, [.. all.GetValueOrDefault(more.Key, []), .. more.Value])));
}
