using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.HostTests.Roots;

/// <summary>
/// A release of httpd 2.0 unpacked and patched with GNU tar and patch, so that builds can be tried without the
/// rest of the tool. The distfile comes from PATCHFORGE_DISTDIR or the per-user cache.
/// </summary>
internal static class Httpd20
{
    public static BuildSettings Build { get; } = new(
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add(
            "apt",
            ["autoconf", "automake", "libtool", "libtool-bin", "make", "gcc", "libc6-dev", "perl"]),
        Quirks(),
        ["--with-expat=builtin", "--enable-so", "--enable-mods-shared=most", "--enable-cgi=shared"],
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty
            .Add("itk", ["--with-mpm=itk"])
            .Add("prefork", ["--with-mpm=prefork"]));

    /// <summary>The repository's folder, found from the test program's.</summary>
    public static string Repository => Above(AppContext.BaseDirectory, "PatchForge.slnx");

    public static bool HasSeries => File.Exists(Path.Combine(Repository, "patches/mpm-itk/2.0/series"));

    public static string? Distfile(string version) =>
        new[] { Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR"), Cache() }
            .OfType<string>()
            .SelectMany(folder => new[] { ".tar.bz2", ".tar.gz" }.Select(suffix => Path.Combine(folder, $"httpd-{version}{suffix}")))
            .FirstOrDefault(File.Exists);

    /// <summary>The patched tree below <paramref name="folder"/>; skips the test when the distfile is missing.</summary>
    public static async Task<string> Unpack(string version, string folder, IProcesses processes, CancellationToken cancel)
    {
        var distfile = Distfile(version);
        Assert.SkipWhen(distfile is null, $"the distfile httpd-{version}.tar.bz2 is neither in PATCHFORGE_DISTDIR nor in the per-user cache");
        Must(await processes.Run(new ProcessRequest("tar", "-x", "--no-same-owner", "-f", distfile, "-C", folder), cancel));
        var tree = Path.Combine(folder, "httpd-" + version);
        var series = Path.Combine(Repository, "patches/mpm-itk/2.0");
        if (!HasSeries)
        {
            return tree;
        }

        foreach (var name in File.ReadLines(Path.Combine(series, "series")).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var patch = Path.Combine(series, name.Trim());
            if (File.Exists(patch))
            {
                Must(await processes.Run(new ProcessRequest("patch", "-p1", "-s", "-i", patch) { WorkingDirectory = tree }, cancel));
            }
        }

        // The generated patches are these folders as new files; a tree that has none of them yet is as good.
        foreach (var (from, to) in new[] { ("core", "server/mpm/itk"), ("2.0/server/mpm/itk", "server/mpm/itk"), ("2.0/docs", "docs") })
        {
            var ours = Path.Combine(Repository, "src/mpm-itk", from);
            if (Directory.Exists(ours))
            {
                Must(await processes.Run(new ProcessRequest("cp", "-R", ours + "/.", Directory.CreateDirectory(Path.Combine(tree, to)).FullName), cancel));
            }
        }

        return tree;
    }

    private static void Must(ProcessAnswer answer) => Assert.True(answer.Succeeded, answer.Error + answer.Output);

    private static string Cache() => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "patchforge/distfiles");

    /// <summary>Until the series is there: what its build fixes do, done by hand before buildconf.</summary>
    private static ImmutableArray<ImmutableArray<string>> Quirks() => HasSeries
        ? [["./buildconf"]]
        :
        [
            ["sh", "-ec", "cd /usr/share/aclocal; cat ltoptions.m4 ltsugar.m4 ltversion.m4 lt~obsolete.m4 libtool.m4 > /var/tmp/patchforge/tree/lt.m4"],
            ["sed", "-i", "s|m4_pattern_forbid(\\[^_?LT_\\[A-Z_\\]+\\$\\])||; 1i m4_pattern_allow([LT_VERSION])", "lt.m4"],
            ["sed", "-i", "s|\\$(SHELL) \\$(top_builddir)/shlibtool \\$(LTFLAGS)|$(LIBTOOL)|", "configure.in"],
            ["sh", "-ec", "LIBTOOL_M4=$PWD/lt.m4 ./buildconf"],
        ];

    private static string Above(string folder, string file) =>
        File.Exists(Path.Combine(folder, file)) ? folder : Above(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException($"no {file} above the test program"), file);
}
