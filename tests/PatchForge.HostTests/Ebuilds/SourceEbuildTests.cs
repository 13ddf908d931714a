using System.Text;
using PatchForge.Ebuilds;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Ebuilds;

/// <summary>Ebuilds sourced in real bash with the small eclasses of tests/testdata/ebuilds/eclass.</summary>
public sealed class SourceEbuildTests
{
    private static readonly EclassSources Eclasses = new([Path.Combine(TestData.Root, "ebuilds", "eclass")]);

    private static Task<Sourced> Source(string body, string file = "tiny-1.2.3_p4-r5.ebuild", string eapi = "8") =>
        new SourceEbuild(new global::PatchForge.Host.Processes(new SilentStory())).Source(
            new("app-misc", "tiny", file, Encoding.UTF8.GetBytes($"EAPI={eapi}\n{body}\n")), Eclasses, TestContext.Current.CancellationToken);

    private static async Task<EbuildMetadata> Metadata(string body, string eapi = "8") =>
        Assert.IsType<Sourced.Done>(await Source(body, eapi: eapi)).Metadata;

    private static async Task<string> Why(string body) => Assert.IsType<Sourced.Broken>(await Source(body)).Why;

    [Fact]
    public async Task Values_accumulate_over_eclasses_in_the_order_that_PMS_gives()
    {
        var metadata = await Metadata("IUSE=own\nDEPEND=dev-libs/own\ninherit outer\nIUSE+=' late'\nRESTRICT=test\nSLOT=0");

        Assert.Equal("own late inner +outer", metadata["IUSE"]);
        Assert.Equal("dev-libs/own dev-libs/inner dev-libs/outer outer? ( dev-libs/outer-extra )", metadata["DEPEND"]);
        Assert.Equal("test outer? ( mirror )", metadata["RESTRICT"]);
        Assert.Equal("sys-apps/inner", metadata["IDEPEND"]);
        Assert.Equal("outer", metadata["INHERIT"]);
        Assert.Equal(["inner", "outer"], metadata.Eclasses.Select(mark => mark.Name));
        Assert.Equal("compile", metadata["DEFINED_PHASES"]);
    }

    [Fact]
    public async Task EAPI_7_accumulates_neither_RESTRICT_nor_IDEPEND()
    {
        var metadata = await Metadata("inherit outer\nRESTRICT=test", "7");

        Assert.Equal("test", metadata["RESTRICT"]);
        Assert.Equal("", metadata["IDEPEND"]);
    }

    [Fact]
    public async Task White_space_is_normalised_and_nothing_else()
    {
        var metadata = await Metadata("DESCRIPTION=$'a\\n\\tb  \\\\n -e *'\nHOMEPAGE='-n x'");

        Assert.Equal("a b \\n -e *", metadata["DESCRIPTION"]);
        Assert.Equal("-n x", metadata["HOMEPAGE"]);
    }

    [Fact]
    public async Task The_package_s_names_are_there() =>
        Assert.Equal(
            "app-misc tiny 1.2.3_p4 r5 tiny-1.2.3_p4 1.2.3_p4-r5 tiny-1.2.3_p4-r5",
            (await Metadata("DESCRIPTION=\"${CATEGORY} ${PN} ${PV} ${PR} ${P} ${PVR} ${PF}\""))["DESCRIPTION"]);

    [Theory]
    [InlineData("$(ver_cut 1-2)", "1.2")]
    [InlineData("$(ver_cut 2- 1.2.3)", "2.3")]
    [InlineData("$(ver_cut 0-2 .1.2.3)", ".1.2")]
    [InlineData("$(ver_cut 4-5)", "p4")]
    [InlineData("$(ver_cut 7 1.2)", "")]
    [InlineData("$(ver_cut 1-2 12b3)", "12b")]
    [InlineData("$(ver_rs 1 -)", "1-2.3_p4")]
    [InlineData("$(ver_rs 1-2 _ 3 .)", "1_2_3.p4")]
    [InlineData("$(ver_rs 3 . 1.2.3)", "1.2.3")]
    [InlineData("$(ver_rs 0 x 1.2)", "1.2")]
    [InlineData("$(ver_rs 1- - 1.2b_3)", "1-2-b-3")]
    public async Task Versions_are_cut_and_their_separators_replaced(string expression, string expected) =>
        Assert.Equal(expected, (await Metadata($"DESCRIPTION=\"{expression}\""))["DESCRIPTION"]);

    [Fact]
    public async Task Versions_compare_as_PMS_section_3_3_says()
    {
        string[] ordered =
        [
            "1", "1.0", "1.0.1", "1.001", "1.01", "1.1_alpha", "1.1_alpha1", "1.1_beta", "1.1_pre", "1.1_rc1", "1.1_rc1_p2",
            "1.1", "1.1-r1", "1.1_p", "1.1_p1", "1.1_p2-r3", "1.1a", "1.2", "1.10", "10", "20061030", "123456789012345678901234567890",
        ];
        var tests = ordered.SelectMany((a, i) => ordered.Select((b, j) => $"ver_test {a} {(i < j ? "-lt" : i == j ? "-eq" : "-gt")} {b} || die '{a} {b}'"));

        await Metadata(string.Join('\n', tests) + "\nver_test -gt 1.2.3_p3 || die own");
    }

    [Fact]
    public async Task A_missing_eclass_is_named() =>
        Assert.Equal("nowhere", Assert.IsType<Sourced.EclassMissing>(await Source("inherit outer nowhere")).Eclass);

    [Theory]
    [InlineData("inherit runs-a-command", "no-such-command")]
    [InlineData("X=$(ls)", "ls")]
    [InlineData("use foo", "use is not allowed")]
    [InlineData("EAPI=7", "EAPI is 7")]
    [InlineData("echo *.nothing", "no match")]
    [InlineData("if", "syntax error")]
    [InlineData("die 'as it should'", "as it should")]
    [InlineData("X=$(die 'from a subshell')", "from a subshell")]
    [InlineData("EXPORT_FUNCTIONS src_unpack", "outside an eclass")]
    public async Task A_broken_ebuild_is_told_in_bash_s_words(string body, string says) =>
        Assert.Contains(says, await Why(body), StringComparison.Ordinal);

    [Fact]
    public async Task Another_EAPI_is_refused() =>
        Assert.Contains("EAPI 9", Assert.IsType<Sourced.Broken>(await Source("", eapi: "9")).Why, StringComparison.Ordinal);

    [Fact]
    public async Task What_the_ebuild_prints_is_not_metadata() =>
        Assert.Equal("yes", (await Metadata("echo PF_BEGIN; echo DESCRIPTION=no; DESCRIPTION=yes"))["DESCRIPTION"]);

    [Fact]
    public async Task The_environment_of_the_tool_does_not_reach_the_ebuild()
    {
        Environment.SetEnvironmentVariable("PATCHFORGE_TEST_SECRET", "seen");

        Assert.Equal("", (await Metadata("DESCRIPTION=\"${PATCHFORGE_TEST_SECRET}\""))["DESCRIPTION"]);
    }

    [Fact]
    public async Task An_ebuild_that_writes_and_reads_about_it_touches_nothing_and_learns_nothing()
    {
        var unshare = await new global::PatchForge.Host.Processes(new SilentStory()).Run(
            Environment.IsPrivilegedProcess
                ? new("unshare", "--net", "--mount", "--pid", "--fork", "true")
                : new("unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "true"),
            TestContext.Current.CancellationToken);
        Assert.SkipUnless(unshare.Succeeded, "this machine gives no namespaces to this user");
        using var forge = new TinyForge(); // for a folder that goes away
        var canary = forge.Cache;
        var secret = Path.Combine(canary, "secret");
        await File.WriteAllTextAsync(secret, "told", TestContext.Current.CancellationToken);

        var metadata = await Metadata($"""
            echo mine > {canary}/written
            echo mine >> {secret}
            /bin/mount -o remount,rw /usr && SLOT=mounted
            read -r DESCRIPTION < {secret}
            DESCRIPTION+="$(/bin/ls /proc | /bin/grep -c '^[0-9]')"
            /bin/sleep 1000 &
            """);

        Assert.Equal("", metadata["SLOT"]);
        Assert.DoesNotContain("told", metadata["DESCRIPTION"], StringComparison.Ordinal);
        Assert.Equal("told", await File.ReadAllTextAsync(secret, TestContext.Current.CancellationToken));
        Assert.Equal([secret], Directory.EnumerateFileSystemEntries(canary));
    }

    [Fact]
    public async Task The_cache_entry_is_in_Portage_s_form()
    {
        var metadata = await Metadata("inherit outer\nSLOT=0");
        var marks = metadata.Eclasses.ToDictionary(mark => mark.Name, mark => mark.Md5);

        Assert.Equal(
            $"DEFINED_PHASES=compile\nDEPEND=dev-libs/inner dev-libs/outer outer? ( dev-libs/outer-extra )\nEAPI=8\n"
            + "IDEPEND=sys-apps/inner\nINHERIT=outer\nIUSE=inner +outer\nRESTRICT=outer? ( mirror )\nSLOT=0\n"
            + $"_eclasses_=inner\t{marks["inner"]}\touter\t{marks["outer"]}\n_md5_=acbd18db4cc2f85cedef654fccc4a4d8\n",
            Encoding.UTF8.GetString(metadata.ToCacheEntry("foo"u8)));
    }

    [Fact]
    [Trait("Long", "true")]
    public async Task An_ebuild_that_does_not_end_is_stopped() =>
        Assert.Contains("still being sourced", await Why("inherit never-ends"), StringComparison.Ordinal);

    [Fact]
    public async Task Many_at_once_are_each_told_apart()
    {
        var source = new SourceEbuild(new global::PatchForge.Host.Processes(new SilentStory()));
        EbuildToSource Ebuild(string package, string body) => new("app-misc", package, $"{package}-1.ebuild", Encoding.UTF8.GetBytes("EAPI=8\n" + body + "\n"));
        EbuildToSource[] all =
        [
            Ebuild("one", "DESCRIPTION=one"),
            Ebuild("noisy", "echo PF_ANSWER 0 1 1; echo PF_BEGIN >&2; DESCRIPTION=noisy"),
            Ebuild("busy", "while :; do :; done & DESCRIPTION=busy"),
            Ebuild("dead", "die \"it's over\""),
            Ebuild("gone", "kill -KILL $$"),
            Ebuild("last", "DESCRIPTION=$'$(false) `x` \"'"),
            new("app-misc", "last", "other-1.ebuild", "EAPI=8\n"u8.ToArray()),
        ];
        await source.Together([.. all], Eclasses, TestContext.Current.CancellationToken);

        var said = new List<string>();
        foreach (var ebuild in all)
        {
            said.Add(await source.Source(ebuild, Eclasses, TestContext.Current.CancellationToken) switch
            {
                Sourced.Done done => done.Metadata["DESCRIPTION"],
                Sourced.Broken broken => broken.Why.Split('\n')[0],
                var other => other.ToString(),
            });
        }

        Assert.Equal(
            ["one", "noisy", "busy", "it's over", "bash ended with 137 and said nothing", "$(false) `x` \"", "other-1.ebuild is not an ebuild's name in the folder of last (PMS section 3.2)"],
            said);
    }
}
