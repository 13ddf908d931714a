using System.Collections.Immutable;
using System.Text;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Roots;

/// <summary>What Portage in a root is given to build.</summary>
/// <param name="Overlay">The ebuild repository on the machine, as it is published: without links.</param>
/// <param name="OverlayName">Its name (profiles/repo_name, PMS section 4.4).</param>
/// <param name="Gentoo">A copy of ::gentoo on the machine; null where the root has its own.</param>
/// <param name="Distfiles">A folder with the release's distfile, fetched before: the build has no network.</param>
/// <param name="Package">category/name, <c>www-servers/apache</c>.</param>
/// <param name="Version">The ebuild's version with its revision, <c>2.0.65</c> or <c>2.0.65-r1</c> (PMS section 3.2).</param>
/// <param name="Use">USE flags, <c>mpm-itk</c> or <c>-ssl</c>; the root's own settings decide the others.</param>
/// <param name="Variant">Which of the line's variants that makes.</param>
public sealed record PortageRequest(
    string Overlay,
    string OverlayName,
    string? Gentoo,
    string Distfiles,
    string Package,
    string Version,
    ImmutableArray<string> Use,
    string Variant)
{
    /// <summary>The one ebuild that is meant, as emerge(1) takes it.</summary>
    public string Atom => $"={Package}-{Version}::{OverlayName}";

    /// <summary>What a user types for the same.</summary>
    public string CommandLine => $"USE=\"{string.Join(' ', Use)}\" emerge {Atom}";
}

/// <summary>
/// What a user does, as commands: the repository is synced from a git clone, the package emerged. Each step's
/// writes are a layer of their own over the root, which stays as it was.
/// </summary>
public static class PortagePlan
{
    public const string DistDir = "/var/cache/distfiles";

    /// <summary>Where the published repository is inside of the root, for git to clone.</summary>
    public const string Published = "/srv/overlay";

    /// <summary>
    /// The sandboxes that Portage has (make.conf(5), FEATURES). They are named so that a make.conf that turned one
    /// off does not. Not pid-sandbox: it mounts a /proc of its own, which in a user namespace the kernel allows only
    /// where nothing of another one is covered; the root's own process namespace stands in for it (ADR 24).
    /// collision-protect: a file that no package owns is nobody's to replace. test: src_test runs.
    /// </summary>
    private const string Features =
        "sandbox usersandbox userpriv userfetch network-sandbox ipc-sandbox mount-sandbox -pid-sandbox collision-protect test strict -parallel-fetch -news -ccache -distcc -distlocks -binpkg-logs";

    /// <summary>
    /// What a user types once, with the lines of the README: the repository's address, its keyword, and that the
    /// other repository's package of the name is not wanted. Where these are files, lines are added to them.
    /// </summary>
    private const string SyncScript = """
        set -eu
        name=$1 package=$2
        entry() {
            file=/etc/portage/$1
            [ -f "$file" ] || { mkdir -p "$file"; file=$file/zz-$name; }
            printf '%s\n' "$2" >> "$file"
        }
        if command -v git > /dev/null; then
            cp -R /srv/overlay /var/tmp/overlay
            cd /var/tmp/overlay
            git init -q
            git add -A
            git -c user.name=patchforge -c user.email=patchforge@mpm-itk.invalid -c commit.gpgsign=false commit -q -m "$package"
            how=git
            uri=file:///var/tmp/overlay
        else
            how=rsync
            uri=file:///srv/overlay
        fi
        rm -rf "/var/db/repos/$name"
        entry repos.conf "[$name]
        location = /var/db/repos/$name
        sync-type = $how
        sync-uri = $uri
        sync-rsync-verify-metamanifest = no
        auto-sync = no"
        entry package.accept_keywords "*/*::$name ~$(portageq envvar ARCH)"
        entry package.mask "$package::gentoo"
        emaint sync --repo "$name"
        test -d "/var/db/repos/$name/$package"
        """;

    /// <summary>Brings the repository into the root by Portage's own sync.</summary>
    /// <param name="layer">An empty folder, which becomes the layer with the repository and its settings.</param>
    public static BuildStep Sync(PortageRequest request, string layer) => new("sync", ["sh", "-c", SyncScript, "sync", request.OverlayName, request.Package])
    {
        Environment = Environment(request),
        Binds = [new RootBind(request.Overlay, Published), .. Gentoo(request)],
        Rights = RootRights.Portage,
        Limit = TimeSpan.FromMinutes(5),
        KeepIn = layer,
    };

    /// <summary>The package with what it depends on, from source, with src_test, merged.</summary>
    /// <param name="layer">An empty folder, which becomes the layer with the installed package.</param>
    public static BuildStep Emerge(PortageRequest request, string layer) => new(
        "emerge",
        ["emerge", "--oneshot", "--verbose", "--quiet-build=n", "--color=n", "--nospinner", "--autounmask=n", request.Atom],
        "--mode=compile")
    {
        Environment = Environment(request),
        Binds = [.. Gentoo(request), new RootBind(request.Distfiles, DistDir)],
        Rights = RootRights.Portage,
        Limit = TimeSpan.FromHours(1),
        KeepIn = layer,
    };

    /// <summary>
    /// Of the repository what an emerge of this package reads: not the package's other versions, nor folders of its
    /// files/ that this one does not name, nor what says the same again (md5-cache, and Manifests: the source has its
    /// own digest), nor texts for people.
    /// </summary>
    public static ITree Emerged(PortageRequest request, ITree repository)
    {
        var ebuild = TreePath.Parse($"{request.Package}/{request.Package.Split('/')[1]}-{request.Version}.ebuild");
        var text = repository.Find(ebuild) is { } file ? Encoding.UTF8.GetString(file.Content.Span) : "";
        return repository.Paths().Where(path => path == ebuild || IsRead(path.Text, request.Package + "/", text))
            .Select(repository.Find).OfType<TreeFile>()
            .Aggregate(new LayeredTree(), (tree, one) => tree.With(one));
    }

    private static bool IsRead(string path, string package, string ebuild) =>
        !path.StartsWith("metadata/md5-cache/", StringComparison.Ordinal)
        && !path.StartsWith("metadata/news/", StringComparison.Ordinal)
        && path.Split('/')[^1] is not ("Manifest" or "metadata.xml" or "use.local.desc")
        && (!path.StartsWith(package, StringComparison.Ordinal) || path[package.Length..].Split('/') switch
        {
            [var version] => !version.EndsWith(".ebuild", StringComparison.Ordinal),
            ["files", var folder, _, ..] => ebuild.Contains(folder, StringComparison.Ordinal),
            _ => true,
        });

    private static ImmutableSortedDictionary<string, string> Environment(PortageRequest request) =>
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
            .Add("FEATURES", Features)
            .Add("USE", string.Join(' ', request.Use))
            .Add("NOCOLOR", "true");

    private static ImmutableArray<RootBind> Gentoo(PortageRequest request) =>
        request.Gentoo is { } gentoo ? [new RootBind(gentoo, "/var/db/repos/gentoo")] : [];
}
