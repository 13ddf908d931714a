using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.HostTests.Roots;

/// <summary>
/// Source packages fetched by the real apt-get from a repository of the test's own: what is signed is taken, and
/// nothing else. No network.
/// </summary>
public sealed class SourcePackageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-test-").FullName;
    private readonly string _repository;
    private readonly string _sources;

    public SourcePackageTests()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gpg"), "gpg is not installed");
        Assert.SkipUnless(File.Exists("/usr/bin/apt-get"), "apt-get is not installed");
        _repository = Directory.CreateDirectory(Path.Combine(_folder, "repository")).FullName;
        _sources = Directory.CreateDirectory(Path.Combine(_folder, "sources.list.d")).FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "gpg"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(_folder, "empty"), "");
        Source("");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(Path.Combine(_folder, "gpg")))
        {
            Gpg("gpgconf", "--kill", "all");
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_newest_version_of_a_signed_repository_is_fetched()
    {
        Publish(sign: true, "8.2.9-1", "8.2.10-1", "8.20.1-1", "8.3.1-1");

        var (answer, files) = await Fetch("8.2");

        Assert.True(answer.Succeeded, answer.Error);
        Assert.Equal(["php_8.2.10-1.dsc", "php_8.2.10-1.tar.xz"], files);
    }

    [Fact]
    public async Task Where_the_newest_is_announced_and_not_there_the_one_before_it_is_fetched()
    {
        Publish(sign: true, "8.2.9-1", "8.2.10-1");
        File.Delete(Path.Combine(_repository, "php_8.2.10-1.tar.xz"));

        var (answer, files) = await Fetch("8.2");

        Assert.True(answer.Succeeded, answer.Error);
        Assert.Equal(["php_8.2.9-1.dsc", "php_8.2.9-1.tar.xz"], files);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Trusted: yes\n")]
    [InlineData("Allow-Insecure: yes\n")]
    public async Task What_nobody_signed_is_refused_even_where_the_root_trusts_it(string option)
    {
        Publish(sign: false, "8.2.9-1");
        Source(option);

        var (answer, files) = await Fetch("8.2");

        Assert.False(answer.Succeeded);
        Assert.Empty(files);
    }

    [Fact]
    public async Task A_one_line_source_that_is_trusted_without_signature_is_not_used()
    {
        Publish(sign: false, "8.2.9-1");
        File.Delete(Path.Combine(_sources, "own.sources"));
        File.WriteAllText(Path.Combine(_sources, "own.list"), "deb [trusted=yes] file:/srv/repository ./\n");

        var (answer, files) = await Fetch("8.2");

        Assert.False(answer.Succeeded);
        Assert.Empty(files);
    }

    [Fact]
    public async Task A_file_that_is_not_what_was_signed_is_refused()
    {
        Publish(sign: true, "8.2.9-1");
        File.WriteAllText(Path.Combine(_repository, "php_8.2.9-1.tar.xz"), "another of 8.2.9-1\n");

        var (answer, files) = await Fetch("8.2");

        Assert.False(answer.Succeeded);
        Assert.Empty(files);
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_told_with_those_that_are()
    {
        Publish(sign: true, "8.3.1-1");

        var (answer, _) = await Fetch("8.2");

        Assert.False(answer.Succeeded);
        Assert.Contains("E: no source package php 8.2 in reach; there are: 8.3.1-1", answer.Error, StringComparison.Ordinal);
    }

    private void Source(string option) => File.WriteAllText(
        Path.Combine(_sources, "own.sources"),
        $"Types: deb\nURIs: file:/srv/repository\nSuites: ./\nSigned-By: /srv/repository/key.asc\n{option}");

    private void Publish(bool sign, params ReadOnlySpan<string> versions)
    {
        var index = new StringBuilder();
        foreach (var version in versions)
        {
            var control = Put($"php_{version}.dsc", "control of " + version);
            var archive = Put($"php_{version}.tar.xz", "sources of " + version);
            index.Append(CultureInfo.InvariantCulture, $"Package: php\nFormat: 3.0 (native)\nBinary: php\nVersion: {version}\nDirectory: .\nChecksums-Sha256:\n {control}\n {archive}\nFiles:\n\n");
        }

        var sources = Put("Sources", index.ToString());
        Put("Release", $"Date: Wed, 01 Jan 2020 00:00:00 UTC\nSHA256:\n {sources}\n");
        Gpg("gpg", "--quick-generate-key", "Test <test@example.org>", "ed25519", "sign", "0");
        Gpg("gpg", "--armor", "--output", Path.Combine(_repository, "key.asc"), "--export");
        if (sign)
        {
            Gpg("gpg", "--clear-sign", "--output", Path.Combine(_repository, "InRelease"), Path.Combine(_repository, "Release"));
        }
    }

    /// <returns>The file's line in a list of sources: digest, size, name.</returns>
    private string Put(string name, string text)
    {
        File.WriteAllText(Path.Combine(_repository, name), text);
        var bytes = Encoding.UTF8.GetBytes(text);
        return string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(SHA256.HashData(bytes))} {bytes.Length} {name}");
    }

    private async Task<(ProcessAnswer Answer, string[] Files)> Fetch(string version)
    {
        using var real = await RealRoots.Need(Cancel);
        var into = Directory.CreateDirectory(Path.Combine(_folder, "into")).FullName;
        var step = SourcePackagePlan.Fetch("php", version, into);
        var answer = await real.Roots.Run(
            new RootRun(real.Roots.Host(), step.Rights, step.Command)
            {
                Binds =
                [
                    .. step.Binds,
                    new RootBind(_repository, "/srv/repository"),
                    new RootBind(_sources, "/etc/apt/sources.list.d"),
                    new RootBind(Path.Combine(_folder, "empty"), "/etc/apt/sources.list"),
                ],
                TimeLimit = TimeSpan.FromMinutes(1),
            },
            Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine(answer.Output + answer.Error);
        return (answer, [.. Directory.EnumerateFiles(into).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]);
    }

    private void Gpg(string program, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["GNUPGHOME"] = Path.Combine(_folder, "gpg");
        foreach (var argument in program == "gpg" ? ["--batch", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", .. arguments] : arguments.ToArray())
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!; // null only with the shell, which is not used
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || program != "gpg", error);
    }
}
