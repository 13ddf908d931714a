using System.Collections.Immutable;
using System.Text.Json;

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

    /// <summary>The series on the release, from its archive to a patched tree, and in a copy of its files, whose making does not count.</summary>
    public ImmutableArray<Contest> Apply(GeneratedPackage package, int patches)
    {
        var name = $"{patches} patch{(patches == 1 ? "" : "es")}";
        string[] settings = ["--settings", Path.Combine(package.Home, "patchforge.yaml"), "--quiet"];
        return
        [
            new Contest($"{name}, from the archive",
            [
                new Arm("patchforge apply", Fresh, programs.Tool,
                    ["apply", package.Releases[0], "--to", "{folder}/made", "--distdir", package.Distdir, .. settings], folder => Path.Combine(folder, "made")) { Environment = Cache },
                FromArchive(package.Archive, package.Mailbox),
                .. QuiltFromArchive(package.Archive, package.Series),
            ]),
            new Contest($"{name}, in a tree that is there",
            [
                new Arm("patchforge apply --in", () => Copied(package.Plain), programs.Tool, ["apply", package.Releases[0], "--in", "{folder}", .. settings], folder => folder),
                .. Others(package.Plain, package.Repository, package.Series, package.Mailbox),
            ]),
        ];
    }

    /// <summary>Our own series on a release of httpd, with the source of this machine.</summary>
    public ImmutableArray<Contest> Real(string checkout, string release)
    {
        var (plain, series, mailbox) = (Path.Combine(scratch, "httpd"), Path.Combine(scratch, "httpd-series"), Path.Combine(scratch, "httpd.mbox"));
        string[] rest = ["--unofficial", "--quiet", "--settings", Path.Combine(checkout, "patchforge.yaml")];
        foreach (var (form, to) in (ReadOnlySpan<(string, string)>)[("quilt", series), ("mbox", mailbox)])
        {
            new Arm("export", Fresh, programs.Tool, ["export", release, "--as", form, "--to", to, .. rest]).Measure(scratch);
        }

        var archive = JsonDocument.Parse(new Arm("fetch", Fresh, programs.Tool, ["fetch", release, "--format", "json", .. rest]).Answer(scratch))
            .RootElement.GetProperty("distfiles")[0].GetProperty("file").GetString() ?? throw new InvalidOperationException($"{release} is not at hand.");
        Directory.CreateDirectory(plain);
        new Arm("the release", Fresh, "tar", ["-xf", archive, "--strip-components=1"]).Measure(plain);
        var repository = GeneratedPackage.MakeRepository(plain, plain + "-git");
        var name = $"httpd {release}, {Directory.EnumerateFiles(series, "*.patch").Count()} patches";
        return
        [
            new Contest($"{name}, from the archive",
            [
                new Arm("patchforge apply", Fresh, programs.Tool, ["apply", release, "--to", "{folder}/made", .. rest], folder => Path.Combine(folder, "made")),
                FromArchive(archive, mailbox),
                .. QuiltFromArchive(archive, series),
            ]),
            new Contest($"{name}, in a tree that is there",
            [
                new Arm("patchforge apply --in", () => Copied(plain), programs.Tool, ["apply", release, "--in", "{folder}", .. rest[1..]], folder => folder),
                .. Others(plain, repository, series, mailbox),
            ]),
        ];
    }

    private Arm FromArchive(string archive, string mailbox) => new("git am, from the archive", Fresh, "sh",
        ["-c", "tar -xf \"$0\" --strip-components=1 && git init -q . && git add -A && git commit -q -m release && git am -q \"$1\"", archive, mailbox],
        folder => folder) { Environment = s_somebody };

    private ImmutableArray<Arm> QuiltFromArchive(string archive, string series) => programs.Quilt is { } quilt
        ?
        [
            new Arm("quilt push -a, from the archive", Fresh, "sh",
                ["-c", "tar -xf \"$0\" --strip-components=1 && cp -R \"$1\" patches && \"$2\" --quiltrc=- push -a -q", archive, series, quilt],
                folder => folder) { Environment = programs.QuiltEnvironment },
        ]
        : [];

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

    private static readonly ImmutableSortedDictionary<string, string> s_somebody = ImmutableSortedDictionary<string, string>.Empty
        .Add("GIT_AUTHOR_NAME", "Somebody").Add("GIT_AUTHOR_EMAIL", "somebody@example.org").Add("GIT_COMMITTER_NAME", "Somebody").Add("GIT_COMMITTER_EMAIL", "somebody@example.org");

    private string Copied(string from)
    {
        var folder = Fresh();
        GeneratedPackage.Copy(from, folder);
        return folder;
    }

    private ImmutableArray<Arm> Others(string plain, string repository, string series, string mailbox)
    {
        string Repository()
        {
            // The copies are other files to git, which would look into each before it begins.
            var folder = Copied(repository);
            GeneratedPackage.Git(folder, "update-index", "-q", "--refresh");
            return folder;
        }

        string WithSeries()
        {
            var folder = Copied(plain);
            GeneratedPackage.Copy(series, Path.Combine(folder, "patches"));
            return folder;
        }

        ImmutableArray<Arm> arms =
        [
            new Arm("git am", Repository, "git", ["am", "-q", mailbox], folder => folder) { Environment = s_somebody },
            new Arm("git apply, all in one process", () => Copied(plain), "sh", ["-c", "exec git apply $(sed -n \"s|^[^#].*|$0/&|p\" \"$0/series\")", series], folder => folder),
            new Arm("patch -p1, one after the other", () => Copied(plain), "sh",
                ["-c", "grep '^[^#]' \"$0/series\" | while read -r name; do patch -s -p1 --no-backup-if-mismatch -i \"$0/$name\" || exit 1; done", series], folder => folder),
        ];
        return programs.Quilt is { } quilt
            ? [.. arms, new Arm("quilt push -a", WithSeries, quilt, ["--quiltrc=-", "push", "-a", "-q"], folder => folder) { Environment = programs.QuiltEnvironment }]
            : arms;
    }
}
