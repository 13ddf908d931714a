using System.Collections.Immutable;

namespace PatchForge.EngineBench;

/// <summary>Where the programs are.</summary>
/// <param name="Tool">The published patchforge.</param>
/// <param name="Quilt">quilt itself; null where there is none.</param>
/// <param name="QuiltShare">Its scripts, where they are not in the usual place.</param>
internal sealed record Programs(string Tool, string? Quilt, string? QuiltShare)
{
    public ImmutableSortedDictionary<string, string> QuiltEnvironment { get; } =
        QuiltShare is null ? ImmutableSortedDictionary<string, string>.Empty : ImmutableSortedDictionary<string, string>.Empty.Add("QUILT_DIR", QuiltShare);
}

/// <summary>What is compared.</summary>
internal sealed class Suites(Programs programs, string scratch)
{
    private int _made;

    private string Fresh()
    {
        var folder = Path.Combine(scratch, $"run{_made++}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    public Contest Start()
    {
        ImmutableArray<Arm> arms =
        [
            new Arm("patchforge --version", Fresh, programs.Tool, ["--version"]),
            new Arm("git --version", Fresh, "git", ["--version"]),
        ];
        return new Contest("start-up", programs.Quilt is { } quilt ? [.. arms, new Arm("quilt --version", Fresh, quilt, ["--version"]) { Environment = programs.QuiltEnvironment }] : arms);
    }

    /// <summary>The series on the release. Ours unpacks, checks the archive's digest and writes the whole tree; the others begin in a copy of it.</summary>
    public Contest Apply(GeneratedPackage package, int patches)
    {
        string Copied(string from, string? series)
        {
            var folder = Fresh();
            GeneratedPackage.Copy(from, folder);
            if (series is not null)
            {
                GeneratedPackage.Copy(series, Path.Combine(folder, "patches"));
            }

            if (from == package.Repository)
            {
                // The copies are other files to git, which would look into each before it begins.
                GeneratedPackage.Git(folder, "update-index", "-q", "--refresh");
            }

            return folder;
        }

        ImmutableArray<Arm> arms =
        [
            new Arm("patchforge apply", Fresh, programs.Tool,
                ["apply", package.Releases[0], "--to", "{folder}/made", "--settings", Path.Combine(package.Home, "patchforge.yaml"), "--distdir", package.Distdir, "--quiet"],
                folder => Path.Combine(folder, "made")) { Environment = Cache },
            new Arm("git am", () => Copied(package.Repository, null), "git", ["am", "-q", package.Mailbox], folder => folder),
            new Arm("git apply, all in one process", () => Copied(package.Plain, null), "sh", ["-c", "exec git apply $(sed \"s|^|$0/|\" \"$0/series\")", package.Series], folder => folder),
            new Arm("patch -p1, one after the other", () => Copied(package.Plain, null), "sh",
                ["-c", "while read -r name; do patch -s -p1 -i \"$0/$name\" || exit 1; done < \"$0/series\"", package.Series], folder => folder),
        ];
        return new Contest($"{patches} patches", programs.Quilt is { } quilt
            ? [.. arms, new Arm("quilt push -a", () => Copied(package.Plain, package.Series), quilt, ["--quiltrc=-", "push", "-a", "-q"], folder => folder) { Environment = programs.QuiltEnvironment }]
            : arms);
    }

    /// <summary>The first releases of a package, each with the whole series; ours alone.</summary>
    public Arm Status(GeneratedPackage package, int releases) =>
        new($"status of {releases}", Fresh, programs.Tool,
            ["status", .. package.Releases.Take(releases), "--settings", Path.Combine(package.Home, "patchforge.yaml"), "--distdir", package.Distdir, "--quiet"]) { Environment = Cache };

    /// <summary>The fourteen releases of httpd 2.0 with the sources of this machine; in a copy of the checkout, since refresh writes.</summary>
    public Contest Fourteen(string checkout) => new("fourteen releases of httpd 2.0",
    [
        new Arm("patchforge status", Fresh, programs.Tool, ["status", "--line", "2.0", "--unofficial", "--quiet", "--settings", Path.Combine(checkout, "patchforge.yaml")]),
        new Arm("patchforge refresh --no-build", Fresh, programs.Tool,
            ["refresh", "--all", "--line", "2.0", "--no-build", "--unofficial", "--quiet", "--settings", Path.Combine(checkout, "patchforge.yaml")]),
    ]);

    private ImmutableSortedDictionary<string, string> Cache => ImmutableSortedDictionary<string, string>.Empty.Add("XDG_CACHE_HOME", Path.Combine(scratch, "cache"));
}
