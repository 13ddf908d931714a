using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>The servers that others package: had, or gone without and told.</summary>
public sealed class BenchPeersTests : IDisposable
{
    private const string Fpm = "/usr/sbin/php-fpm8.2";
    private const string Itk = "/usr/lib/apache2/modules/mpm_itk.so";

    private static readonly BenchSettings s_generators = Apt("wrk");
    private static readonly BenchSettings s_peers = Apt("libapache2-mpm-itk", "php8.2-fpm");

    private readonly TemporaryFolder _folder = new();
    private readonly List<RootRun> _runs = [];
    private readonly FakeRoots _roots;

    public BenchPeersTests() => _roots = new FakeRoots(_folder.Path).WithApt();

    [Fact]
    public async Task Packages_go_into_a_layer_with_the_generators_and_are_told_with_their_versions()
    {
        _roots.Answers = run => Looked(run, $"file {Itk}\nfile {Fpm}\npackage php8.2-fpm 8.2.36-1\n") ?? new ProcessAnswer(0, "", "");

        var found = await Run(Itk, Fpm);

        var install = Assert.Single(_runs, run => run.Rights == RootRights.Packages);
        Assert.NotNull(install.KeepIn);
        Assert.Equal(["wrk", "libapache2-mpm-itk", "php8.2-fpm"], install.Command[^3..]);
        Assert.Equal([Itk, Fpm, "--", "libapache2-mpm-itk", "php8.2-fpm"], Assert.Single(_runs, run => run.Rights == RootRights.Build).Command[^5..]);
        Assert.Equal(["php8.2-fpm 8.2.36-1"], found.Versions);
        Assert.Null(found.Lacks([Itk, Fpm]));
    }

    [Fact]
    public async Task Without_the_packages_the_generators_are_there_and_what_lacks_says_why()
    {
        _roots.Answers = run => Looked(run, "") ?? (run.Command.Contains("php8.2-fpm") ? new ProcessAnswer(100, "", "E: Unable to fetch\n") : new ProcessAnswer(0, "", ""));

        var found = await Run(Itk, Fpm);

        Assert.Equal("wrk", _runs.Last(run => run.Rights == RootRights.Packages).Command[^1]);
        Assert.StartsWith($"the root has no {Itk}: libapache2-mpm-itk, php8.2-fpm", found.Lacks([Itk])?.Replace("wrk, ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("Unable to fetch", found.Lacks([Fpm]), StringComparison.Ordinal);
        Assert.Null(found.Lacks([]));
        Assert.Empty(found.Versions);
    }

    [Fact]
    public async Task A_file_that_its_package_did_not_bring_is_missing_without_a_reason()
    {
        _roots.Answers = run => Looked(run, $"file {Itk}\n") ?? new ProcessAnswer(0, "", "");

        Assert.Equal($"the root has no {Fpm}", (await Run(Itk, Fpm)).Lacks([Itk, Fpm]));
    }

    [Fact]
    public async Task Nothing_is_installed_for_servers_that_need_nothing()
    {
        _roots.Answers = _ => new ProcessAnswer(0, "", "");

        var found = await Run();

        Assert.Equal("wrk", Assert.Single(_runs).Command[^1]);
        Assert.DoesNotContain("php8.2-fpm", _runs[0].Command);
        Assert.Null(found.Lacks([]));
    }

    [Fact]
    public async Task Without_the_generators_nothing_is_measured()
    {
        _roots.Answers = _ => new ProcessAnswer(100, "", "E: Unable to fetch\n");

        Assert.Equal(FailureKind.Missing, (await Assert.ThrowsAsync<Failure>(() => Run(Itk))).Kind);
    }

    public void Dispose() => _folder.Dispose();

    private static BenchSettings Apt(params ImmutableArray<string> packages) => new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("apt", packages));

    private static ProcessAnswer? Looked(RootRun run, string seen) => run.Rights == RootRights.Build ? new ProcessAnswer(0, seen, "") : null;

    private async Task<FoundPeers> Run(params string[] files)
    {
        var answers = _roots.Answers;
        _roots.Answers = run =>
        {
            _runs.Add(run);
            return answers?.Invoke(run) ?? new ProcessAnswer(0, "", "");
        };
        var outside = new Outside(new FakeProcesses(), new FakeDownloads(), new FixedClock(), new SilentStory());
        return await new BenchPeers(outside, _roots).Run(_roots.Host(), s_generators, s_peers, [.. files], TestContext.Current.CancellationToken);
    }
}
