using System.Collections.Immutable;
using System.Diagnostics;
using PatchForge.HostTests.Roots;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.HostTests.Oracle;

/// <summary>
/// Source packages in format 3.0 (quilt), dpkg-source(1), with series that nobody here wrote, and quilt itself where the machine has
/// none: by the distribution's own client in a throw-away root, for the time of the test. Nothing is installed.
/// </summary>
/// <param name="Folder">The control files and what belongs to them.</param>
/// <param name="Quilt">The folder that has <c>bin/quilt</c> and <c>share/quilt</c>.</param>
/// <param name="Missing">The names that could not be had.</param>
internal sealed record SourcePackages(string Folder, string Quilt, ImmutableArray<string> Missing)
{
    /// <summary>A folder with packages of an earlier run, or one to keep them in; without it they go away with the test.</summary>
    public const string Variable = "PATCHFORGE_PACKAGES";

    /// <summary>How many are compared; the names behind are for those that are on no mirror that day.</summary>
    public const int Wanted = 30;

    private const string Place = "/var/tmp/patchforge/packages";

    /// <summary>Long series and small archives first; which they are was found by looking, in Debian 12.</summary>
    private static readonly ImmutableArray<string> s_names =
    [
        "cron", "openssh", "exim4", "curl", "libxml2", "procmail", "gnupg2", "tiff", "libarchive", "cowsay", "bash", "cpio", "setserial",
        "html2text", "fig2dev", "expect", "recode", "patch", "openldap", "busybox", "screen", "inetutils", "xz-utils", "ppp", "dash",
        "openvpn", "mdadm", "giflib", "net-tools", "libtar", "exuberant-ctags", "cdparanoia", "catdoc", "uucp", "unzip", "zip", "autofs",
        "libssh2",
    ];

    private const string Script = SourcePackagePlan.Sources + """
        place=$1 wanted=$2
        shift 2
        got=0
        for package; do
            [ "$got" -lt "$wanted" ] || break
            found=
            for version in $(apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' | sort -Vru); do
                if apt-get -q source --download-only "$package=$version"; then
                    cp -- * "$place"
                    found=yes
                fi
                rm -f -- *
                [ -z "$found" ] || break
            done
            if [ -n "$found" ]; then got=$((got + 1)); else echo "missing: $package"; fi
        done
        if ! command -v quilt > /dev/null; then
            # The program alone, unpacked and not installed, from the root's own package sources.
            unset APT_CONFIG
            apt-get -q update || :
            apt-get -q download quilt
            dpkg-deb -x quilt_*.deb "$own/quilt"
            cp -R "$own/quilt/usr" "$place/quilt"
        fi
        """;

    public IEnumerable<string> Controls => Directory.EnumerateFiles(Folder, "*.dsc").Order(StringComparer.Ordinal);

    /// <summary>Skips the test with the reason where the machine has no such client, or nothing is in its reach.</summary>
    /// <param name="scratch">Gets the packages when nothing says where they shall be.</param>
    public static async Task<SourcePackages> Need(string scratch, CancellationToken cancel)
    {
        foreach (var tool in new[] { "dpkg-source", "git", "patch" })
        {
            Assert.SkipUnless(new Tool(tool).IsHere, $"{tool} is not on this machine");
        }

        var folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } kept ? kept : Path.Combine(scratch, "packages");
        Directory.CreateDirectory(folder);
        var quilt = new Tool("quilt").IsHere ? "/usr" : Path.Combine(folder, "quilt");
        if (Directory.EnumerateFiles(folder, "*.dsc").Count() >= Wanted && File.Exists(Path.Combine(quilt, "bin", "quilt")))
        {
            return new SourcePackages(folder, quilt, []);
        }

        Assert.SkipUnless(new Tool("apt-get").IsHere, $"{Variable} names no folder with source packages, and this machine has no apt-get");
        using var real = await RealRoots.Need(cancel);
        var answer = await real.Roots.Run(
            new RootRun(real.Roots.Host(), RootRights.Packages, ["sh", "-c", Script, "packages", Place, $"{Wanted}", .. s_names])
            {
                Binds = [new RootBind(folder, Place, Writable: true)],
                TimeLimit = TimeSpan.FromMinutes(4),
            },
            cancel);
        Assert.SkipUnless(answer.Succeeded && File.Exists(Path.Combine(quilt, "bin", "quilt")),
            $"{Variable} names no folder with source packages, and they are not in reach of apt-get: {answer.Error.TrimEnd().Split('\n')[^1]}");
        return new SourcePackages(folder, quilt,
            [.. answer.Output.Split('\n').Where(line => line.StartsWith("missing: ", StringComparison.Ordinal)).Select(line => line["missing: ".Length..])]);
    }

    /// <summary>Unpacks a package without its series, into a folder that is not there yet.</summary>
    public static void Unpack(string control, string folder)
    {
        var (exit, _, error) = new Tool("dpkg-source", "--no-check", "--skip-patches", "--extract", control, folder).Run(Path.GetDirectoryName(control)!, []); // a file's
        Assert.True(exit == 0, $"{control}: {error}");
    }

    /// <summary>The whole series pushed where the package was unpacked; what quilt said.</summary>
    public (int ExitCode, string Output) Push(string folder)
    {
        var start = new ProcessStartInfo(Path.Combine(Quilt, "bin", "quilt"), ["--quiltrc=-", "push", "-a"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["QUILT_DIR"] = Path.Combine(Quilt, "share", "quilt");
        start.Environment["QUILT_PATCHES"] = "debian/patches";
        using var process = Process.Start(start)!; // null only with the shell, which is not used
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
