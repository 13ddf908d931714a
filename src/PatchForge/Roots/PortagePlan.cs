using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>What Portage in a root is given to build.</summary>
/// <param name="Overlay">The ebuild repository on the machine.</param>
/// <param name="OverlayName">Its name (profiles/repo_name, PMS section 4.4).</param>
/// <param name="Gentoo">A copy of ::gentoo on the machine; null where the root has its own.</param>
/// <param name="Distfiles">A folder with the release's distfile, fetched before: the build has no network.</param>
/// <param name="Package">category/name, <c>www-servers/apache</c>.</param>
/// <param name="Version">The ebuild's version with its revision, <c>2.0.65</c> or <c>2.0.65-r1</c> (PMS section 3.2).</param>
/// <param name="Use">USE flags of this variant, <c>mpm-itk</c> or <c>-ssl</c>.</param>
public sealed record PortageRequest(
    string Overlay,
    string OverlayName,
    string? Gentoo,
    string Distfiles,
    string Package,
    string Version,
    ImmutableArray<string> Use);

/// <summary>
/// Portage's build as commands: ebuild(1) by phases, with Portage's sandboxes on, and the image taken from
/// where <c>install</c> leaves it, so that nothing is merged and the root stays as it was.
/// </summary>
public static class PortagePlan
{
    public const string DistDir = "/var/cache/distfiles";
    public const string BuildDir = "/var/tmp/portage";

    /// <summary>
    /// The sandboxes that Portage has (make.conf(5), FEATURES). They are named so that a make.conf that turned one
    /// off does not; usersandbox and userpriv need uid portage, which a stage3 has.
    /// </summary>
    private const string Features = "sandbox usersandbox userpriv network-sandbox ipc-sandbox pid-sandbox mount-sandbox -news -ccache -distcc noauto -binpkg-logs";

    public static ImmutableArray<BuildStep> Steps(PortageRequest request, string buildFolder)
    {
        var name = request.Package[(request.Package.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var overlay = "/var/db/repos/" + request.OverlayName;
        var ebuild = $"{overlay}/{request.Package}/{name}-{request.Version}.ebuild";
        var environment = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
            .Add("FEATURES", Features)
            .Add("USE", string.Join(' ', request.Use))
            .Add("ACCEPT_KEYWORDS", "**")
            .Add("DISTDIR", DistDir)
            .Add("PORTAGE_TMPDIR", "/var/tmp")
            .Add("PORTDIR_OVERLAY", overlay)
            .Add("NOCOLOR", "true");
        ImmutableArray<RootBind> binds =
        [
            new RootBind(request.Overlay, overlay),
            .. request.Gentoo is { } gentoo ? [new RootBind(gentoo, "/var/db/repos/gentoo")] : Array.Empty<RootBind>(),
            new RootBind(request.Distfiles, DistDir),
            new RootBind(buildFolder, BuildDir, Writable: true),
        ];

        BuildStep Phase(string phase, string? counts = null) => new(phase, ["ebuild", ebuild, phase], counts)
        {
            Environment = environment,
            Binds = binds,
            Rights = RootRights.Portage,
            Limit = TimeSpan.FromHours(1),
        };

        return [Phase("clean"), Phase("prepare"), Phase("configure", "checking "), Phase("compile", "--mode=compile"), Phase("install")];
    }

    /// <summary>Where the image is below the build folder when <c>install</c> is done (PMS, variable D).</summary>
    public static string Image(PortageRequest request, string buildFolder)
    {
        var slash = request.Package.IndexOf('/', StringComparison.Ordinal);
        return Path.Combine(buildFolder, request.Package[..slash], request.Package[(slash + 1)..] + "-" + request.Version, "image");
    }
}
