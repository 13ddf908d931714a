using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>
/// A distribution's source package, fetched by the distribution's own client inside a throw-away root: the
/// machine's configuration says where from, and nothing of it changes.
/// </summary>
public static class SourcePackagePlan
{
    /// <summary>Where the files are put inside the root.</summary>
    public const string Place = "/var/tmp/patchforge/source";

    /// <summary>
    /// How each script begins: the root's own package sources, asked for sources instead (sources.list(5)), with
    /// lists of their own, and an empty folder that apt may write. Who signed counts: apt takes a list of sources only when its release file is signed by a key of the
    /// distribution's keyring, and a file only when its digest is the one that the list has (apt-secure(8)). The
    /// ways to talk it out of that are shut: the settings here, and a source of the root that says "trusted" is
    /// not used. A source that does not answer must not stop the others, so that update's exit code does not
    /// count; its answer does.
    /// </summary>
    internal const string Sources = """
        set -eu
        own=/tmp/sources
        mkdir -p "$own/parts" "$own/lists/partial" "$own/cache/archives/partial" "$own/files"
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
            [ -f "$file" ] || continue
            sed -nE 's/^[[:space:]]*deb(-src)?[[:space:]]+/deb-src /p' "$file" |
                grep -vE '^deb-src \[[^]]*(trusted|allow-)' >> "$own/parts/own.list" || :
        done
        for file in /etc/apt/sources.list.d/*.sources; do
            [ -f "$file" ] || continue
            sed -E -e 's/^types:.*/Types: deb-src/I' -e '/^(trusted|allow-[a-z-]+):/Id' "$file" > "$own/parts/${file##*/}"
        done
        cat > "$own/apt.conf" << END
        Dir::Etc::SourceList "/dev/null";
        Dir::Etc::SourceParts "$own/parts";
        Dir::State::Lists "$own/lists";
        Dir::Cache "$own/cache";
        APT::Get::AllowUnauthenticated "false";
        Acquire::AllowInsecureRepositories "false";
        Acquire::AllowWeakRepositories "false";
        Acquire::AllowDowngradeToInsecureRepositories "false";
        END
        export APT_CONFIG="$own/apt.conf"
        apt-get -q update || :
        # The client writes "yes" for a list whose signature it has checked.
        lists=$(apt-get indextargets --format '$(TRUSTED) $(SITE) $(RELEASE)' 'Created-By: Sources')
        echo "$lists"
        if echo "$lists" | grep -qv '^yes '; then
            echo "E: a list of sources is not signed by the distribution" >&2
            exit 1
        fi
        cd "$own/files"
        chown _apt . 2> /dev/null || :

        """;

    // An archive may be ahead of its mirror, so that older versions are tried too.
    private const string Script = Sources + """
        package=$1 wanted=$2 place=$3
        versions=$(apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' | sort -Vru)
        for version in $versions; do
            case ${version#*:} in
                "$wanted" | "$wanted"[!0-9]*) ;;
                *) continue ;;
            esac
            if apt-get -q source --download-only "$package=$version"; then
                cp -- * "$place"
                exit 0
            fi
            rm -f -- *
        done
        echo "E: no source package $package $wanted in reach; there are: ${versions:-none}" >&2
        exit 1
        """;

    /// <param name="version">What the version is or begins with, up to something that is no digit.</param>
    /// <param name="folder">The machine's folder that gets the files.</param>
    public static BuildStep Fetch(string package, string version, string folder) =>
        new("source", ["sh", "-c", Script, "source", package, version, Place])
        {
            Rights = RootRights.Packages,
            Binds = [new RootBind(folder, Place, Writable: true)],
        };

    /// <summary>Unpacks it with the distribution's own changes, into a folder that is not there yet.</summary>
    /// <param name="control">The source package's control file, NAME_VERSION.dsc.</param>
    /// <param name="tree">Inside the root.</param>
    public static BuildStep Unpack(string control, string tree, ImmutableArray<RootBind> binds) =>
        // The uploader's signature on the control file is not asked for (--no-check): who uploads is the
        // archive's to know, and the archive's signed list has had its digest.
        new("unpack", ["dpkg-source", "--no-check", "--no-copy", "--extract", $"{Place}/{control}", tree]) { Binds = binds };
}
