using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Workflows;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Workflows;

/// <summary>The whole workflow with a root in which each command only leaves what the real one would.</summary>
public sealed class BuildPhpTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ScriptedRoots _roots;
    private readonly RootTree _root;

    public BuildPhpTests()
    {
        _roots = new ScriptedRoots(_folder["state"]);
        _root = new RootTree("debian", [new RootPart(_folder["root"], "/")], [], []);
        Write("root/usr/bin/apt-get", "");
        Write("image/build/config_vars.mk", "MPM_NAME = prefork\n");
        Write("image/include/ap_mmn.h", "#define MODULE_MAGIC_NUMBER_MAJOR 20020903\n");
        Write("home/p/php/series", "one.patch\n");
        Write("home/p/php/one.patch", "--- a/sapi/x.c\n+++ b/sapi/x.c\n@@ -1 +1 @@\n-old\n+new\n");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_fetched_unpacked_edited_built_and_tried_and_then_kept()
    {
        var built = Assert.IsType<PhpOutcome.Built>(await Run());

        Assert.Equal(["source", "unpack", "configure", "make", "try"], _roots.Steps);
        Assert.Equal("new\n", _roots.Seen);
        Assert.False(built.Reused);
        Assert.Equal("php8.2 8.2.7-1", built.Source);
        Assert.Equal("module", File.ReadAllText(Path.Combine(built.Folder, PhpPlan.Module)));
        Assert.Equal("opcache", File.ReadAllText(Path.Combine(built.Folder, PhpPlan.Opcache)));
        Assert.StartsWith("zend_extension=/opt/httpd/php/opcache.so\n", File.ReadAllText(Path.Combine(built.Folder, PhpPlan.Ini)), StringComparison.Ordinal);
        Assert.Equal([], Left());
    }

    [Fact]
    public async Task Built_once_it_serves_every_mpm_of_the_same_httpd_and_another_httpd_has_its_own()
    {
        var first = Assert.IsType<PhpOutcome.Built>(await Run());
        _roots.Steps.Clear();
        Write("image/build/config_vars.mk", "MPM_NAME = classic\n");
        Write("image/include/mpm.h", "#define MPM_NAME \"classic\"\n");

        var second = Assert.IsType<PhpOutcome.Built>(await Run());

        Assert.True(second.Reused);
        Assert.Equal(first.Folder, second.Folder);
        Assert.Empty(_roots.Steps);
        Write("image/include/ap_mmn.h", "#define MODULE_MAGIC_NUMBER_MAJOR 20120211\n");
        Assert.NotEqual(first.Folder, Assert.IsType<PhpOutcome.Built>(await Run()).Folder);
    }

    [Fact]
    public async Task A_source_package_out_of_reach_is_an_answer_with_the_clients_own_reason()
    {
        _roots.Fails = "source";

        var missing = Assert.IsType<PhpOutcome.OutOfReach>(await Run());

        Assert.Contains("php8.2 8.2 is not in reach of the root debian: source: E: it failed", missing.Why, StringComparison.Ordinal);
        Assert.Contains("source.log", missing.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_root_without_apt_is_an_answer_too_and_nothing_is_run()
    {
        File.Delete(_folder["root/usr/bin/apt-get"]);

        Assert.Contains("no apt-get", Assert.IsType<PhpOutcome.OutOfReach>(await Run()).Why, StringComparison.Ordinal);
        Assert.Empty(_roots.Steps);
    }

    [Theory]
    [InlineData("configure")]
    [InlineData("make")]
    [InlineData("try")]
    public async Task What_does_not_build_or_serve_is_refused_and_not_kept(string step)
    {
        _roots.Fails = step;

        var failure = await Assert.ThrowsAsync<Failure>(Run);

        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains($"PHP did not build: {step}: E: it failed", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Left(), name => !name.StartsWith("unfinished-", StringComparison.Ordinal));
        _roots.Fails = "";
        Assert.False(Assert.IsType<PhpOutcome.Built>(await Run()).Reused);
    }

    [Fact]
    public async Task An_edit_that_does_not_fit_the_distributions_version_is_told_with_its_place()
    {
        _roots.Source = "changed by the distribution\n";

        var failure = await Assert.ThrowsAsync<Failure>(Run);

        Assert.Equal(FailureKind.Conflict, failure.Kind);
        Assert.Contains("one.patch does not apply to php8.2 8.2.7-1", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("configure", _roots.Steps);
    }

    [Fact]
    public async Task A_server_with_threads_is_refused()
    {
        Write("image/build/config_vars.mk", "rel_x = y\nMPM_NAME = worker\n");

        var failure = await Assert.ThrowsAsync<Failure>(Run);

        Assert.Contains("the MPM worker has threads", failure.Message, StringComparison.Ordinal);
    }

    private void Write(string name, string text) => _folder.Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>What lies in the cache beside locks and finished entries.</summary>
    private string[] Left() =>
        [.. Directory.EnumerateDirectories(Path.Combine(_folder["state"], "php"))
            .Where(path => !File.Exists(Path.Combine(path, PhpPlan.Source)))
            .Select(path => Path.GetFileName(path))];

    private Task<PhpOutcome> Run()
    {
        var php = new PhpSettings(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, "php8.2", "8.2", "p/php", ["--disable-all"], []);
        var lab = new LabSettings("p", [], ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, []) { Php = php };
        var outside = new Outside(new FakeProcesses(), new FakeDownloads(), new FixedClock(), new SilentStory());
        return new BuildPhp(outside, _roots).Run(new BuildPhpRequest(_folder["home"], lab, _root, _folder["image"]), Cancel);
    }

    private sealed class ScriptedRoots(string state) : IRoots
    {
        public List<string> Steps { get; } = [];

        public string Fails { get; set; } = "";

        public string Source { get; set; } = "old\n";

        /// <summary>What configure finds in the edited file.</summary>
        public string Seen { get; private set; } = "";

        public string StateFolder => state;

        public Task<RootAbility> Ability(CancellationToken cancel) => Task.FromResult<RootAbility>(new RootAbility.AsRoot());

        public Task<ProcessAnswer> Run(RootRun run, CancellationToken cancel)
        {
            var step = run.Command.Contains("./configure") ? "configure"
                : run.Command.Contains("make") ? "make"
                : run.Command[0] == "dpkg-source" ? "unpack"
                : run.Command[3];
            Steps.Add(step);
            if (step == Fails)
            {
                return Task.FromResult(new ProcessAnswer(1, "", "E: it failed\n"));
            }

            string At(string inside, string name) => Path.Combine(run.Binds.Single(bind => bind.Inside == inside).Outside, name);
            switch (step)
            {
                case "source":
                    SmallSource.Write(At(SourcePackagePlan.Place, ""), "php8.2", "8.2.7-1", ("php8.2_8.2.7.orig.tar.xz", [1, 2, 3]));
                    break;
                case "unpack":
                    Directory.CreateDirectory(At("/srv/php", "tree/sapi"));
                    File.WriteAllText(At("/srv/php", "tree/sapi/x.c"), Source);
                    break;
                case "configure":
                    Seen = File.ReadAllText(At(BuildPlan.Tree, "sapi/x.c"));
                    break;
                case "make":
                    Directory.CreateDirectory(At(BuildPlan.Tree, "libs"));
                    Directory.CreateDirectory(At(BuildPlan.Tree, "modules"));
                    File.WriteAllText(At(BuildPlan.Tree, "libs/libphp.so"), "module");
                    File.WriteAllText(At(BuildPlan.Tree, "modules/opcache.so"), "opcache");
                    break;
            }

            return Task.FromResult(new ProcessAnswer(0, "", ""));
        }

        public Task Remove(string folder, CancellationToken cancel)
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            return Task.CompletedTask;
        }

        public Task<IDisposable> Lock(string file, CancellationToken cancel) => Task.FromResult<IDisposable>(new MemoryStream());

        public RootTree Host() => throw new NotSupportedException();

        public RootTree Folder(string path) => throw new NotSupportedException();

        public Task<ProcessAnswer> RunSelf(int init, ImmutableArray<string> arguments, ReadOnlyMemory<byte> input, Action<string>? onLine, CancellationToken cancel) => throw new NotSupportedException();

        public Task Unpack(string archive, string folder, CancellationToken cancel) => throw new NotSupportedException();
    }
}
