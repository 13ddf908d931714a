using System.Diagnostics;
using PatchForge.Archives;

namespace PatchForge.HostTests.Archives;

/// <summary>
/// Real archives, unpacked by us and by GNU tar into the same files. The httpd releases come from PATCHFORGE_DISTDIR, or from the
/// per-user cache.
/// </summary>
public sealed class GnuTarOracleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<string> Distfiles()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var folder = Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR") ?? Path.Combine(cache, "patchforge", "distfiles");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "httpd-2.0.*.tar.*").Where(file => !file.EndsWith(".part", StringComparison.Ordinal)).Order(StringComparer.Ordinal) : [];
    }

    [Fact]
    public void Real_releases_unpack_to_the_same_files_as_with_tar()
    {
        var archives = Distfiles().ToArray();
        Assert.SkipUnless(archives.Length > 0, "no httpd-2.0.*.tar.* in PATCHFORGE_DISTDIR or the per-user cache");
        foreach (var archive in new[] { archives[0], archives[^1] })
        {
            var ours = Path.Combine(_folder, "ours-" + Path.GetFileName(archive));
            var theirs = Directory.CreateDirectory(Path.Combine(_folder, "theirs-" + Path.GetFileName(archive))).FullName;
            var unpacked = Unpacking.ToFolder(archive, ours, ArchiveLimits.Default, null, TestContext.Current.CancellationToken);
            Run("tar", "-xf", archive, "-C", theirs, "--no-same-owner");
            Assert.Equal("", Run("diff", "-r", "--no-dereference", ours, Path.Combine(theirs, unpacked.Top)));
            Assert.True(unpacked.Files > 1000, $"{unpacked.Files} files");
            var file = Path.Combine("server", "main.c");
            Assert.Equal(File.GetLastWriteTimeUtc(Path.Combine(theirs, unpacked.Top, file)), File.GetLastWriteTimeUtc(Path.Combine(ours, file)));
        }
    }

    [Theory]
    [InlineData("v7", "--gzip")]
    [InlineData("oldgnu", "--bzip2")]
    [InlineData("gnu", "--xz")]
    [InlineData("ustar", "--xz")]
    [InlineData("posix", "--gzip")]
    public void Every_format_and_packing_of_tar_is_read(string format, string packing)
    {
        var tree = Directory.CreateDirectory(Path.Combine(_folder, "thing-1")).FullName;
        var longName = new string('n', format is "v7" or "ustar" ? 60 : 180);
        Directory.CreateDirectory(Path.Combine(tree, "a", longName));
        File.WriteAllText(Path.Combine(tree, "a", "file"), new string('x', 5000));
        File.CreateSymbolicLink(Path.Combine(tree, "a", "link"), "file");
        Run("ln", Path.Combine(tree, "a", "file"), Path.Combine(tree, "hard"));
        var archive = Path.Combine(_folder, "thing.tar.x");
        Run("tar", "-C", _folder, "--format=" + format, packing, "-cf", archive, "thing-1");
        var ours = Path.Combine(_folder, "ours");
        Unpacking.ToFolder(archive, ours, ArchiveLimits.Default, null, TestContext.Current.CancellationToken);
        Assert.Equal("", Run("diff", "-r", "--no-dereference", ours, tree));

        var bytes = File.ReadAllBytes(archive);
        for (var part = 0; part < 50; part++)
        {
            File.WriteAllBytes(archive, bytes[..(bytes.Length * part / 50)]);
            Assert.Throws<Seams.Failure>(() => Unpacking.ToFolder(archive, ours + part, ArchiveLimits.Default, null, TestContext.Current.CancellationToken));
            Assert.False(Path.Exists(ours + part));
        }

        File.WriteAllBytes(archive, [.. bytes, 1, 2, 3]);
        Assert.Throws<Seams.Failure>(() => Unpacking.ToFolder(archive, ours + "more", ArchiveLimits.Default, null, TestContext.Current.CancellationToken));
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true });
        Assert.NotNull(process);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + (process.ExitCode > 1 ? $"{program} failed" : "");
    }
}
