using System.Collections.Immutable;
using System.Text;
using PatchForge.Bench;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>What refresh attacks and measures, on a machine that builds nothing: which release, for how long, and what it says when it cannot.</summary>
public sealed class ShowReleaseTests : IDisposable
{
    private static readonly ForgeSettings s_settings = SettingsFile.Load(Path.Combine(Golden.Home, SettingsFile.Name));

    private readonly TemporaryFolder _folder = new();
    private readonly FakeRoots _roots;

    public ShowReleaseTests() => _roots = new FakeRoots(_folder.Path).WithApt();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_each_line_the_newest_that_was_built_is_shown() =>
        Assert.Equal(["2.0.64", "2.4.68"], ShowRelease.Chosen([Prepared("2.0.58"), Prepared("2.0.64"), Prepared("2.0.63"), Prepared("2.4.68")]).Select(release => release.Release));

    [Fact]
    public async Task An_ordinary_user_is_told_that_attacks_need_root()
    {
        _roots.Can = new RootAbility.WithSubordinateIds();
        var (answer, failure, note) = await Show.Attack(Request(), Prepared("2.4.68"), null, Cancel);
        Assert.Null(answer);
        Assert.Null(failure);
        Assert.Contains("2.4.68 was not attacked: attacks need root", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_of_the_lab_that_fails_is_a_failure_and_figures_are_only_missed()
    {
        _roots.Answers = run => new ProcessAnswer(run.Rights == RootRights.Packages ? 0 : 1, "", "no compiler\n");
        var (_, failure, _) = await Show.Attack(Request(), Prepared("2.4.68"), null, Cancel);
        Assert.Equal(FailureKind.Refused, failure?.Kind);
        var (figures, note) = await Show.Measure(Request(), Prepared("2.4.68"), Cancel);
        Assert.Null(figures);
        Assert.Contains("2.4.68 was not measured: ", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_that_cannot_be_had_are_a_note()
    {
        _roots.Answers = _ => new ProcessAnswer(100, "", "E: no network\n");
        var (answer, failure, note) = await Show.Attack(Request(), Prepared("2.4.68"), null, Cancel);
        Assert.Null(answer);
        Assert.Null(failure);
        Assert.Contains("no network", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_had_no_time_left_was_not_tried_and_that_is_no_good_verdict()
    {
        _roots.Answers = _ => new ProcessAnswer(0, "", "");
        var asked = new AttackRequest(s_settings, "2.4.68", ["pool"], ["uid-root", "php-ids"], true, new SourceOptions(), null) { Limit = TimeSpan.Zero, Prepared = Prepared("2.4.68") };

        var answer = await new AttackRelease(Outside, _roots, _ => null).Run(asked, Cancel);

        Assert.Equal(["wrong", "wrong"], answer.Attacks.Select(row => row.Models[0].Verdict));
        Assert.All(answer.Attacks, row => Assert.Contains("the time for all attacks was over", row.Models[0].Evidence, StringComparison.Ordinal));
        Assert.False(answer.Succeeded);
        Assert.Equal((0, 2), answer.Score("pool"));
    }

    [Theory]
    [InlineData("2.0.65")]
    [InlineData("2.4.68")]
    public async Task An_installed_package_has_no_PHP_and_what_needs_it_is_skipped_with_that_reason(string version)
    {
        var layer = Path.Combine(_folder.Path, "layer");
        Directory.CreateDirectory(Path.Combine(layer, "0", "usr", "sbin"));
        await File.WriteAllTextAsync(Path.Combine(layer, "0", "usr", "sbin", "httpd"), "", Cancel);
        _roots.Answers = _ => new ProcessAnswer(0, "", "");
        var asked = new AttackRequest(s_settings, version, ["pool"], ["php-ids"], false, new SourceOptions(), null) { Prepared = Prepared(version), Installed = layer };

        var answer = await new AttackRelease(Outside, _roots, _ => null).Run(asked, Cancel);

        var facts = Assert.Single(answer.Attacks).Models[0];
        Assert.Equal("skipped", facts.Verdict);
        Assert.Contains("an installed package is attacked as it is, and has no PHP", facts.Evidence, StringComparison.Ordinal);
        Assert.True(answer.Succeeded);
    }

    [Fact]
    public async Task What_ships_is_attacked_in_the_image_that_its_own_tree_makes()
    {
        var trees = new List<(string Variant, bool HasLab)>();
        _roots.Answers = run =>
        {
            var tree = run.Binds.FirstOrDefault(bind => bind.Inside == PatchForge.Roots.BuildPlan.Tree)?.Outside;
            if (tree is not null && Path.GetFileName(tree).StartsWith("tree-", StringComparison.Ordinal))
            {
                trees.Add((Path.GetFileName(tree)[5..], Directory.Exists(Path.Combine(tree, "server/mpm/itk"))));
            }

            return new ProcessAnswer(0, "", "");
        };
        var asked = new BuildLabRequest(s_settings, "2.4.68", ["itk", "itk-guards"], new SourceOptions(), null) { Prepared = Prepared("2.4.68") };

        var built = await new BuildLab(Outside, _roots, _ => null).Run(asked, Cancel);

        Assert.Equal(["itk", "itk-guards"], built.Images.Select(image => image.Variant));
        Assert.Equal([("itk", false), ("itk-guards", true)], trees.Distinct());
    }

    [Fact]
    public void A_workload_can_be_measured_with_some_of_its_arms_and_the_goals_between_them()
    {
        var asked = new BenchRequest(s_settings, "2.4.68", ["static-50-new"], new SourceOptions(), null, ImmutableSortedDictionary<string, string>.Empty, 7, 1, 1, 1, true, false, false) { Arms = ["prefork", "pool"] };
        var workload = Assert.Single(BenchRelease.Chosen(asked, Suite.All[1]));
        Assert.Equal(["prefork", "pool"], workload.Arms.Select(arm => arm.Name));
        Assert.Equal(["pool to prefork"], workload.Goals.Select(goal => goal.Sentence));
        Assert.Equal(5, Assert.Single(BenchRelease.Chosen(asked with { Arms = [] }, Suite.All[1])).Arms.Length);
    }

    private ShowRelease Show => new(Outside, _roots, _ => null);

    private static Outside Outside => new(new Copies(), new FakeDownloads(), new FixedClock(), new SilentStory());

    private static RefreshRequest Request() => new(s_settings, ["2.4.68"], new SourceOptions(), "patchforge test");

    private static PreparedRelease Prepared(string version)
    {
        var tree = new LayeredTree().With(new TreeFile(TreePath.Parse("configure"), TreeMode.Executable, Encoding.UTF8.GetBytes("#!/bin/sh\n")));
        var source = new SourceAnswer(version, tree, null, new DistfileVerdict.Unofficial("made up"), null, "a test");
        var move = new SeriesMove(version, [], tree, []);
        return new PreparedRelease(version, s_settings.Release(version).Line, source, move, null);
    }

    /// <summary>cp(1), as far as a build asks for it.</summary>
    private sealed class Copies : IProcesses
    {
        public string? Find(string program) => null;

        public Task<ProcessAnswer> Run(ProcessRequest request, CancellationToken cancel)
        {
            Assert.Equal("cp", request.Program);
            var (from, to) = (request.Arguments[^2], request.Arguments[^1]);
            foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            {
                Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
            }

            foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            {
                File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
            }

            return Task.FromResult(new ProcessAnswer(0, "", ""));
        }
    }
}
