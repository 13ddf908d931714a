using System.Text.RegularExpressions;
using PatchForge.Attacks;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Attacks;

/// <summary>The tables of attacks are whole: no point of the promise without one, no guard without one or a reason.</summary>
public sealed partial class CatalogTests
{
    private static readonly string s_sources = Path.Combine(Golden.Home, "src", "mpm-itk");

    public static TheoryData<int> Points => [.. Enumerable.Range(1, 8)];

    [Fact]
    public void There_are_at_least_thirty_and_no_two_of_one_id()
    {
        Assert.True(Catalog.All.Length >= 30);
        Assert.Equal([], Catalog.All.GroupBy(attack => attack.Id).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(Catalog.All, attack => Assert.Matches("^[a-z]+(-[a-z0-9]+)*$", attack.Id));
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void Each_of_the_eight_points_is_attacked(int point) => Assert.Contains(Catalog.All, attack => attack.Point == point);

    [Fact]
    public void An_attack_names_its_guard_or_says_why_there_is_none_to_take_out() =>
        Assert.Equal([], Catalog.All.Where(attack => attack.Guards.IsEmpty == string.IsNullOrWhiteSpace(attack.Unguarded)).Select(attack => attack.Id));

    [Fact]
    public void An_attack_that_a_model_lets_through_or_is_not_asked_says_why()
    {
        var silent = Catalog.All.Where(attack =>
            attack.Why is null
            && (attack.Expected.Pool != Expectation.Stopped || attack.Expected.Fork != Expectation.Stopped || attack.Expected.Classic != Expectation.Stopped || attack.Expected.Switch == Expectation.NotAsked));
        Assert.Equal([], silent.Select(attack => attack.Id));
    }

    [Fact]
    public void The_default_model_lets_nothing_through_but_what_no_model_can_stop() =>
        Assert.Equal(["keep-and-read"], Catalog.All.Where(attack => attack.Expected.Pool == Expectation.Succeeds).Select(attack => attack.Id));

    [Fact]
    public void Switch_lets_the_attacks_on_identity_through_or_they_would_prove_nothing()
    {
        string[] ways = ["uid-root", "uid-other", "gid-root", "gid-other", "groups-set", "caps-raise", "file-root", "file-victim", "signal-supervisor", "look-other", "logs-spoil"];
        Assert.All(ways, id => Assert.Equal(Expectation.Succeeds, Catalog.All.Single(attack => attack.Id == id).Expected.Switch));
    }

    [Fact]
    public void What_is_known_of_a_peer_is_about_an_attack_that_there_is_and_says_what_it_rests_on()
    {
        Assert.Equal([], CatalogPeers.Known.Except(Catalog.All.Select(attack => attack.Id)));
        Assert.All(Catalog.All, attack => Assert.Equal(attack.Expected.MpmItk == Expectation.NotAsked, string.IsNullOrWhiteSpace(attack.Peer)));
    }

    [Fact]
    public void The_peer_is_asked_for_every_way_back_to_an_identity_and_into_other_processes()
    {
        string[] ours = ["uid-setuid-program", "start-root", "start-root-group"]; // ItkNoNewPrivileges; configurations that only ours looks at
        var asked = Catalog.All.Where(attack => attack.Point == 1 && attack.Means is Means.Inside && !ours.Contains(attack.Id));
        Assert.Equal([], asked.Where(attack => attack.Expected.MpmItk == Expectation.NotAsked).Select(attack => attack.Id));
        string[] others = ["signal-supervisor", "look-other", "look-sibling", "memory-shared", "memory-secret", "fd-listeners", "logs-open"];
        Assert.All(others, id => Assert.NotEqual(Expectation.NotAsked, Catalog.All.Single(attack => attack.Id == id).Expected.MpmItk));
    }

    [Fact]
    public void Each_guard_in_the_sources_has_an_attack_or_a_written_reason()
    {
        var known = Catalog.Proven.Union(Catalog.Unproven.Keys);
        Assert.Equal([], GuardsOfTheSources().Where(guard => !known.Contains(guard)));
    }

    [Fact]
    public void No_guard_has_both_an_attack_and_a_reason_for_having_none() =>
        Assert.Equal([], Catalog.Proven.Intersect(Catalog.Unproven.Keys));

    [Fact]
    public void A_guard_that_an_attack_takes_out_is_in_the_sources()
    {
        var there = GuardsOfTheSources().ToHashSet();
        Assert.Equal([], Catalog.All.SelectMany(attack => attack.Guards).Distinct().Where(guard => !there.Contains(guard)).Order());
    }

    [Fact]
    public void Each_attack_from_inside_is_one_that_the_module_knows()
    {
        var module = string.Concat(Directory.EnumerateFiles(Path.Combine(s_sources, "attack"), "*.c").Select(File.ReadAllText));
        var names = Catalog.All.Select(attack => attack.Means switch
        {
            Means.Inside inside => inside.Name,
            Means.Misbehaves misbehaves => misbehaves.Name,
            _ => null,
        }).OfType<string>().Distinct();
        Assert.Equal([], names.Where(name => !module.Contains($"{{ \"{name}\", ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_attack_that_the_module_knows_is_tried()
    {
        var tried = Catalog.All.Select(attack => attack.Means switch
        {
            Means.Inside inside => inside.Name,
            Means.Misbehaves misbehaves => misbehaves.Name,
            Means.Steals => "keep-and-read",
            _ => "",
        }).ToHashSet();
        var known = Directory.EnumerateFiles(Path.Combine(s_sources, "attack"), "attack_*.c")
            .SelectMany(file => TableLine().Matches(File.ReadAllText(file)).Select(line => line.Groups[1].Value));
        Assert.Equal([], known.Where(name => !tried.Contains(name)));
    }

    /// <summary>Names that are given to ITK_GUARD, or to a macro over it, in what ships.</summary>
    private static IEnumerable<string> GuardsOfTheSources() =>
        new[] { "core", "httpd", "2.0", "2.4" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(s_sources, folder), "*.c", SearchOption.AllDirectories))
            .SelectMany(file => GuardUse().Matches(File.ReadAllText(file)))
            .SelectMany(use => Name().Matches(use.Value).Select(name => name.Groups[1].Value))
            .Distinct()
            .Order(StringComparer.Ordinal);

    [GeneratedRegex("GUARD\\((?:[^()\"]|\\([^()]*\\))*(?:\"[a-z-]+\"[^()\"]*)+\\)", RegexOptions.CultureInvariant)]
    private static partial Regex GuardUse();

    [GeneratedRegex("\"([a-z-]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex("^    \\{ \"([a-z-]+)\", [a-z_]+, (?:0|ITK_IN_WORKER) \\}", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex TableLine();
}
