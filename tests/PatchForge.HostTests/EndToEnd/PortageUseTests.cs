using System.Collections.Immutable;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>
/// The USE flags of line 2.0 against each other, in the root that PATCHFORGE_PORTAGE_ROOT names: each pair of settings
/// that REQUIRED_USE allows is configured once, and what it forbids is refused. PATCHFORGE_PORTAGE_PHASE names the last
/// phase that is run (configure; install builds each of them).
/// </summary>
[Trait("Long", "true")]
public sealed class PortageUseTests(ITestOutputHelper output)
{
    private const string Release = "2.0.65";

    /// <summary>One factor a line, its settings; the MPMs exclude each other (REQUIRED_USE, ?? ( … )).</summary>
    private static readonly ImmutableArray<ImmutableArray<string>> s_factors =
    [
        ["mpm-itk -mpm-prefork -mpm-worker", "-mpm-itk mpm-prefork -mpm-worker", "-mpm-itk -mpm-prefork mpm-worker", "-mpm-itk -mpm-prefork -mpm-worker"],
        ["ssl", "-ssl"],
        ["suexec", "-suexec"],
        ["static-modules", "-static-modules"],
        ["doc", "-doc"],
        ["debug", "-debug"],
    ];

    /// <summary>
    /// Arguments: the last phase, the release, then the sets. What configure chose stands in config_vars.mk: the MPM, the
    /// modules that are linked in and those that are loaded.
    /// </summary>
    private const string Script = """
        set -eu
        phase=$1 release=$2
        shift 2
        cd /var/db/repos/mpm-itk/www-servers/apache
        for use; do
            echo "begins: $use"
            case $phase in
                install) phases="clean install" ;;
                *) phases="clean $phase" ;;
            esac
            USE=$use ebuild "apache-$release.ebuild" $phases > /tmp/log 2>&1 < /dev/null || { tail -n 40 /tmp/log; echo "failed: $use"; continue; }
            vars=$(find "$(portageq envvar PORTAGE_TMPDIR)/portage/www-servers/apache-$release" -path "*/httpd-$release/*" -name config_vars.mk | head -n 1)
            sed -n 's/^\(MPM_NAME\|BUILTIN_LIBS\|DSO_MODULES\) = */\1 /p' "$vars" | while read -r name values; do echo "$name: $values"; done
            grep 'QA Notice' /tmp/log && echo "failed: $use"
            echo "configured: $use"
        done
        USE="mpm-itk suexec" emerge --pretend --color=n "=www-servers/apache-$release::mpm-itk" || echo "refused: mpm-itk suexec"
        USE="mpm-itk mpm-worker" emerge --pretend --color=n "=www-servers/apache-$release::mpm-itk" || echo "refused: mpm-itk mpm-worker"
        """;

    [Fact]
    public void Each_pair_of_settings_that_is_allowed_is_in_a_set()
    {
        var sets = Sets();

        foreach (var (one, other) in Pairs().Where(pair => IsAllowed([pair.One, pair.Other])))
        {
            Assert.Contains(sets, set => set.Contains(one) && set.Contains(other));
        }

        Assert.All(sets, set => Assert.True(IsAllowed(set)));
        Assert.InRange(sets.Length, 8, 12);
    }

    [Fact]
    public async Task Every_pair_of_flags_configures_and_what_is_forbidden_is_refused()
    {
        using var checkout = await PortageCheckout.Make(Release);
        var installed = await checkout.Refresh(Release, "--variant", "itk");
        var sets = Sets().Select(set => string.Join(' ', set)).ToImmutableArray();
        var phase = Environment.GetEnvironmentVariable("PATCHFORGE_PORTAGE_PHASE") is { Length: > 0 } named ? named : "configure";
        var answer = await checkout.Run(installed, Script, [phase, Release, .. sets], "-pid-sandbox -test -news -distlocks -binpkg-logs", "", TimeSpan.FromHours(3));

        output.WriteLine(answer.Output + answer.Error);
        var lines = answer.Output.Split('\n');
        Assert.DoesNotContain(lines, line => line.StartsWith("failed: ", StringComparison.Ordinal));
        Assert.Equal(sets.Select(set => "configured: " + set), lines.Where(line => line.StartsWith("configured: ", StringComparison.Ordinal)));
        Assert.Equal(["refused: mpm-itk suexec", "refused: mpm-itk mpm-worker"], lines.Where(line => line.StartsWith("refused: ", StringComparison.Ordinal)));
        foreach (var set in sets)
        {
            Configured(set, [.. lines.SkipWhile(line => line != "begins: " + set).TakeWhile(line => line != "configured: " + set)]);
        }
    }

    private static void Configured(string set, ImmutableArray<string> seen)
    {
        var flags = set.Split(' ').ToHashSet();
        string Values(string name) => seen.FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal)) ?? "";
        var mpm = flags.Contains("mpm-itk") ? "itk" : flags.Contains("mpm-worker") ? "worker" : "prefork";
        Assert.Equal("MPM_NAME: " + mpm, Values("MPM_NAME"));
        var (there, elsewhere) = flags.Contains("static-modules") ? ("BUILTIN_LIBS", "DSO_MODULES") : ("DSO_MODULES", "BUILTIN_LIBS");
        Assert.Contains("rewrite", Values(there), StringComparison.Ordinal);
        Assert.DoesNotContain("rewrite", Values(elsewhere), StringComparison.Ordinal);
        Assert.Equal(flags.Contains("ssl"), Values(there).Contains("ssl", StringComparison.Ordinal));
        Assert.Equal(flags.Contains("suexec"), (Values(there) + Values(elsewhere)).Contains("suexec", StringComparison.Ordinal));
    }

    /// <summary>Of all allowed sets again and again the one with most pairs that no set has yet.</summary>
    private static ImmutableArray<ImmutableArray<string>> Sets()
    {
        IEnumerable<ImmutableArray<string>> all = [[]];
        foreach (var factor in s_factors)
        {
            all = all.SelectMany(set => factor.Select(setting => set.Add(setting))).ToList();
        }

        var candidates = all.Where(IsAllowed).ToList();
        var open = Pairs().Where(pair => IsAllowed([pair.One, pair.Other])).ToHashSet();
        var sets = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        while (open.Count > 0)
        {
            var best = candidates.MaxBy(set => open.Count(pair => set.Contains(pair.One) && set.Contains(pair.Other)));
            sets.Add(best);
            open.RemoveWhere(pair => best.Contains(pair.One) && best.Contains(pair.Other));
        }

        return sets.ToImmutable();
    }

    private static IEnumerable<(string One, string Other)> Pairs() =>
        s_factors.SelectMany((factor, at) => factor.SelectMany(one => s_factors.Skip(at + 1).SelectMany(other => other.Select(setting => (one, setting)))));

    /// <summary>REQUIRED_USE: mpm-itk? ( !suexec ).</summary>
    private static bool IsAllowed(ImmutableArray<string> set) => !set.Contains("suexec") || !set.Any(setting => setting.StartsWith("mpm-itk", StringComparison.Ordinal));
}
