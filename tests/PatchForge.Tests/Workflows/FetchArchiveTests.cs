using System.Security.Cryptography;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>A release that a distribution has as well: its archive in place of the distfile.</summary>
public sealed class FetchArchiveTests : IDisposable
{
    private const string Archive = "thing_1.0.orig.tar.gz";
    private static readonly SourceOptions s_quick = new() { FirstPause = TimeSpan.Zero };
    private readonly OneRelease _project = new();
    private readonly FakeRoots _roots;
    private byte[] _archive;

    public FetchArchiveTests()
    {
        _archive = _project.Other;
        _roots = new FakeRoots(_project.Folder["machine"]).WithApt();
        _roots.Client = into => SmallSource.Write(into, "thing", "1.0-2~deb1", (Archive, _archive), (Archive + ".asc", [1]), ("thing_1.0-2~deb1.debian.tar.xz", [2]));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ForgeSettings Settings => _project.Settings(more:
        $", source-package: {{name: thing, version: \"1.0\", archive: {Archive}, digests: {{SHA256: {{hex: {Convert.ToHexStringLower(SHA256.HashData(_project.Other))}, source: a distribution}} }} }}");

    private Outside Outside => _project.Outside with { Roots = _roots };

    private string InCache => Path.Combine(_project.Cache("distfiles"), Archive);

    public void Dispose() => _project.Dispose();

    private Task<FetchedDistfile> Fetch(SourceOptions? options = null) =>
        new FetchDistfiles(Outside, _project.Variable).One(Settings, "1.0", options ?? s_quick, Cancel);

    [Fact]
    public async Task It_comes_by_the_distributions_client_and_lies_beside_the_distfiles_with_its_signature()
    {
        var fetched = await Fetch();

        Assert.True(fetched.Downloaded);
        Assert.Equal((Archive, InCache), (fetched.Distfile, fetched.File));
        var verdict = Assert.IsType<DistfileVerdict.Distribution>(fetched.Verdict);
        Assert.True(verdict.IsAccepted);
        Assert.Equal("the upstream archive of the source package thing 1.0: SHA256 as published by a distribution", verdict.Sentence);
        Assert.Equal([InCache, InCache + ".asc"], Directory.GetFiles(_project.Cache("distfiles")).Order());
        Assert.Empty(_project.Downloads.Asked);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_roots.StateFolder, "source")));
    }

    [Fact]
    public async Task It_is_fetched_once_and_used_offline_from_then_on()
    {
        await Fetch();
        Assert.False((await Fetch(s_quick with { Offline = true })).Downloaded);
        Assert.Equal(1, _roots.Runs);
    }

    [Fact]
    public async Task The_distfile_itself_comes_first_where_it_is_at_hand()
    {
        _project.Folder.Write(Path.Combine(_project.Cache("distfiles"), OneRelease.Distfile), _project.Good);
        Assert.IsType<DistfileVerdict.Official>((await Fetch()).Verdict);
        Assert.Equal(0, _roots.Runs);
    }

    [Fact]
    public async Task Where_the_distribution_has_none_the_mirrors_are_asked_and_the_client_s_reason_is_told()
    {
        _roots.Client = null;
        var failure = await Assert.ThrowsAsync<Failure>(() => Fetch());
        Assert.Equal(FailureKind.Missing, failure.Kind);
        Assert.Contains("tried: source package thing 1.0: the source package thing 1.0 is not in reach of the root host: source: E: there are: none", failure.Hint, StringComparison.Ordinal);
        Assert.Contains("or: thing_1.0.orig.tar.gz of the source package thing 1.0", failure.Hint, StringComparison.Ordinal);

        _project.Downloads.Files[OneRelease.Mirror + OneRelease.Distfile] = _project.Good;
        Assert.IsType<DistfileVerdict.Official>((await Fetch()).Verdict);
    }

    [Fact]
    public async Task A_machine_without_the_client_or_without_roots_says_so_and_runs_nothing()
    {
        File.Delete(_project.Folder["machine/root/usr/bin/apt-get"]);
        Assert.Contains("this machine has no apt-get", (await Assert.ThrowsAsync<Failure>(() => Fetch())).Hint, StringComparison.Ordinal);

        _roots.WithApt().Can = new RootAbility.None("no user namespaces here", "be root");
        Assert.Contains("no user namespaces here", (await Assert.ThrowsAsync<Failure>(() => Fetch())).Hint, StringComparison.Ordinal);
        Assert.Equal(0, _roots.Runs);
    }

    [Fact]
    public async Task An_archive_that_is_not_the_one_the_settings_name_is_refused_and_not_kept()
    {
        _archive = _project.Good;
        var failure = await Assert.ThrowsAsync<Failure>(() => Fetch());
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains($"{Archive} of the source package thing 1.0-2~deb1 is not the published file: SHA256 is", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(InCache));
        Assert.Empty(_project.Downloads.Asked);
    }

    [Theory]
    [InlineData("thing_1.0-2~deb1.debian.tar.xz", "and the source control file says")]
    [InlineData(null, "did not come with its source package")]
    public async Task A_file_that_is_not_what_the_control_file_says_is_refused(string? changed, string sentence)
    {
        var client = _roots.Client;
        _roots.Client = into =>
        {
            client?.Invoke(into);
            if (changed is null)
            {
                File.Delete(Path.Combine(into, "thing_1.0-2~deb1.debian.tar.xz"));
            }
            else
            {
                File.WriteAllBytes(Path.Combine(into, changed), [3]);
            }
        };
        var failure = await Assert.ThrowsAsync<Failure>(() => Fetch());
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(InCache));
    }

    [Fact]
    public async Task Another_package_or_one_without_the_archive_is_refused()
    {
        _roots.Client = into => SmallSource.Write(into, "other", "1.0-1", (Archive, _archive));
        Assert.Contains("the source package that came for thing is other", (await Assert.ThrowsAsync<Failure>(() => Fetch())).Message, StringComparison.Ordinal);

        _roots.Client = into => SmallSource.Write(into, "thing", "1.0-1", ("thing_1.0.orig.tar.xz", _archive));
        var failure = await Assert.ThrowsAsync<Failure>(() => Fetch());
        Assert.Contains($"the source package thing 1.0-1 has no {Archive}", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.At);
    }

    [Fact]
    public async Task An_archive_at_hand_that_is_another_file_is_refused_and_the_client_not_asked()
    {
        _project.Folder.Write(InCache, _project.Good);
        Assert.Contains("move it away", (await Assert.ThrowsAsync<Failure>(() => Fetch())).Hint, StringComparison.Ordinal);
        Assert.Equal(0, _roots.Runs);
    }

    [Fact]
    public async Task It_is_opened_and_verified_as_a_distfile_is()
    {
        using (var source = await new OpenSource(Outside, _project.Variable).Run(Settings, "1.0", s_quick, Cancel))
        {
            Assert.Equal(Archive, source.Archive);
            Assert.Equal("other\n"u8.ToArray(), source.Tree.Find(PatchForge.Trees.TreePath.Parse("README"))?.Content.ToArray());
        }

        var verified = Assert.Single(await new VerifyDistfiles(Outside, _project.Variable).Run(Settings, ["1.0"], null, Cancel));
        Assert.True(verified.IsGood);
        Assert.Equal(Archive, verified.Distfile);
        Assert.Equal("distribution", DistfileFact.Of(verified).Verdict);
    }
}
