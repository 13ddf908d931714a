using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>What a root lacks, and the command that its own package manager is given to install it.</summary>
public static class PackagePlan
{
    /// <summary>
    /// apt's own lists may be empty (a fresh machine) or older than the archive: they are fetched when the first
    /// try fails. A source that does not answer must not stop the others, so that update's exit code does not
    /// count. Services are not started (policy-rc.d, Debian policy 9.3.3).
    /// </summary>
    private const string AptScript = """
        set -eu
        export DEBIAN_FRONTEND=noninteractive
        policy=/usr/sbin/policy-rc.d
        [ -e "$policy" ] && policy= || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod 0755 "$policy"; }
        install() {
            apt-get -y -q --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io install "$@"
        }
        install "$@" || {
            apt-get -q update || :
            install "$@"
        }
        apt-get clean
        [ -z "$policy" ] || rm "$policy"
        """;

    /// <summary>Packages of <paramref name="wanted"/> that the root does not have.</summary>
    public static ImmutableArray<string> Missing(RootTree root, PackageManager manager, ImmutableArray<string> wanted)
    {
        if (manager == PackageManager.Apt)
        {
            var installed = InstalledByDpkg(RootLook.DpkgStatus(root));
            return [.. wanted.Where(name => !installed.Contains(name))];
        }

        if (manager == PackageManager.Emerge)
        {
            // category/name-version: the version starts at the last hyphen that a digit follows (PMS 3.2).
            var installed = RootLook.GentooPackages(root).Select(WithoutVersion).ToHashSet(StringComparer.Ordinal);
            return [.. wanted.Where(name => !installed.Contains(name))];
        }

        return wanted;
    }

    /// <exception cref="Failure">Missing, when the root has no package manager that this tool knows.</exception>
    public static ImmutableArray<string> Command(RootTree root, PackageManager manager, ImmutableArray<string> packages) => manager switch
    {
        PackageManager.Apt => ["sh", "-c", AptScript, "install", .. packages],
        PackageManager.Emerge => ["emerge", "--oneshot", "--noreplace", "--getbinpkg", "--color=n", "--", .. packages],
        _ => throw Failure.Missing(
            $"the root {root.Name} lacks {string.Join(", ", packages)} and has neither apt-get nor emerge to install them",
            "use a root that has them, or --root host"),
    };

    /// <summary>Names in a dpkg status file whose state is "installed" (dpkg(1), package states).</summary>
    public static ImmutableHashSet<string> InstalledByDpkg(string status)
    {
        var names = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        string? name = null;
        foreach (var line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("Package: "))
            {
                name = line[9..].Trim().ToString();
            }
            else if (line.StartsWith("Status: ") && line.EndsWith(" installed") && name is not null)
            {
                names.Add(name);
            }
        }

        return names.ToImmutable();
    }

    private static string WithoutVersion(string package)
    {
        for (var i = package.Length - 2; i > 0; i--)
        {
            if (package[i] == '-' && char.IsAsciiDigit(package[i + 1]) && !IsRevision(package, i))
            {
                return package[..i];
            }
        }

        return package;
    }

    private static bool IsRevision(string package, int hyphen) => package[hyphen + 1] == 'r';
}
