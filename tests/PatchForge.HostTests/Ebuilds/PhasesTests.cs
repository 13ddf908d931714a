using System.Collections.Immutable;
using PatchForge.Ebuilds;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.Ebuilds;

/// <summary>
/// The phase functions of line 2.4's ebuild, run by bash with stand-ins for Portage (tests/testdata/ebuilds/phases.bash):
/// what configure is told under which flags, and what becomes of an image such as <c>make install</c> leaves.
/// </summary>
public sealed class PhasesTests : IDisposable
{
    private const string Modules = "apache2_modules_";

    /// <summary>What httpd 2.4's own install leaves and this ebuild touches, in few words.</summary>
    private const string Install = """
        do_emake() {
        	mkdir -p "${ED}"/{run/apache2,var/log/apache2,etc/apache2/{extra,original},usr/{bin,sbin,lib64/apache2,share/{apache2/manual,man/man1,man/man8}}}
        	touch "${ED}"/usr/bin/{ab,apxs,dbmmanage,htdbm,htdigest,htpasswd,httxt2dbm,logresolve}
        	touch "${ED}"/usr/sbin/{apachectl,checkgid,envvars,envvars-std,fcgistarter,htcacheclean,httpd,rotatelogs,suexec}
        	touch "${ED}"/usr/share/man/man1/{ab,apxs,dbmmanage,htdbm,htdigest,htpasswd,httxt2dbm,logresolve}.1
        	touch "${ED}"/usr/share/man/man8/{apachectl,fcgistarter,htcacheclean,httpd,rotatelogs,suexec}.8
        	printf '%s\n' 'ServerRoot "/usr"' '#LoadModule buffer_module lib64/apache2/modules/mod_buffer.so' \
        		'LoadModule dir_module lib64/apache2/modules/mod_dir.so' '<IfModule !mpm_prefork_module>' \
        		$'\t#LoadModule cgid_module lib64/apache2/modules/mod_cgid.so' '</IfModule>' \
        		'#LoadModule ssl_module /usr/lib64/apache2/modules/mod_ssl.so' \
        		'#LoadModule ldap_module lib64/apache2/modules/mod_ldap.so' > "${ED}"/etc/apache2/httpd.conf
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("patchforge-phases-");

    public PhasesTests()
    {
        var forge = SettingsFile.Load(Path.Combine(TestData.Checkout, "patchforge.yaml"));
        var line = forge.Lines[1];
        var template = line.Ebuild!.Template; // Line 2.4 has an ebuild.
        var ebuild = new EbuildGenerator(forge, line, EbuildTemplate.Parse(File.ReadAllBytes(Path.Combine(forge.Home, template)), template), [])
            .Generate(line.Releases[^1]);
        File.WriteAllBytes(Full("a.ebuild"), ebuild.Content.Span);
        File.WriteAllText(Full("stand-ins"), Install);
        Directory.CreateDirectory(Full("temp"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Full(string name) => Path.Combine(_folder.FullName, name);

    private string[] Lines(string name) => File.ReadAllLines(Full("image" + name));

    private async Task<string[]> Run(string phase, string use)
    {
        var answer = await new global::PatchForge.Host.Processes(new SilentStory()).Run(
            new ProcessRequest("bash", Path.Combine(TestData.Root, "ebuilds", "phases.bash"), Full("a.ebuild"), phase)
            {
                Environment = ImmutableSortedDictionary<string, string>.Empty
                    .Add("USE", use)
                    .Add("S", Full("source"))
                    .Add("T", Full("temp"))
                    .Add("D", Full("image/"))
                    .Add("ED", Full("image"))
                    .Add("FILESDIR", Path.Combine(TestData.Checkout, "overlay/www-servers/apache/files"))
                    .Add("ECLASS", Path.Combine(TestData.Checkout, "overlay/eclass/mpm-itk.eclass"))
                    .Add("PV", "2.4.68")
                    .Add("STAND_INS", Full("stand-ins")),
                TimeLimit = TimeSpan.FromSeconds(30),
            },
            TestContext.Current.CancellationToken);
        Assert.True(answer.ExitCode == 0, answer.Error);
        Assert.Equal("", answer.Error);
        return answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<string[]> Configure(string use) =>
        [.. (await Run("src_configure", use)).Where(line => line.StartsWith("econf ", StringComparison.Ordinal)).Select(line => line["econf ".Length..])];

    [Theory]
    [InlineData("mpm-itk", "--with-mpm=itk", "--enable-cgi=shared")]
    [InlineData("mpm-event threads", "--with-mpm=event", "--enable-cgid=shared")]
    [InlineData("mpm-worker threads", "--with-mpm=worker", "--enable-cgid=shared")]
    [InlineData("", "--with-mpm=prefork", "--enable-cgi=shared")]
    public async Task The_flag_picks_the_MPM_and_the_MPM_its_CGI_whichever_of_the_two_was_named(string use, string mpm, string cgi)
    {
        foreach (var flag in new[] { "cgi", "cgid" })
        {
            var told = await Configure($"{use} {Modules}{flag}");

            Assert.Equal([mpm], told.Where(word => word.StartsWith("--with-mpm=", StringComparison.Ordinal)));
            Assert.Equal([cgi], told.Where(word => word.Contains("-cgi", StringComparison.Ordinal)));
        }

        Assert.Equal(
            [cgi, "--disable-cgi", "--disable-cgid"],
            (await Configure(use)).Where(word => word.Contains("-cgi", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Every_module_with_a_flag_is_said_to_be_built_or_not()
    {
        var told = await Configure($"mpm-itk ssl {Modules}auth_basic {Modules}dir");

        Assert.Contains("--enable-mods-shared=most", told);
        Assert.Contains("--enable-auth-basic=shared", told);
        Assert.Contains("--enable-dir=shared", told);
        Assert.Contains("--enable-ssl=shared", told);
        Assert.Contains("--disable-ldap", told);
        Assert.Contains("--disable-http2", told);
        Assert.Contains("--disable-proxy-html", told);
        Assert.DoesNotContain(told, word => word.Contains("suexec", StringComparison.Ordinal));
        Assert.True(told.Count(word => word.StartsWith("--disable-", StringComparison.Ordinal)) > 80);
    }

    [Fact]
    public async Task Linked_in_are_those_modules_alone_that_a_flag_names()
    {
        var told = await Configure($"static-modules suexec ssl {Modules}dir {Modules}cgi");

        Assert.DoesNotContain(told, word => word.Contains("shared", StringComparison.Ordinal));
        Assert.Contains("--enable-mods-static=few", told);
        Assert.Contains("--enable-dir=static", told);
        Assert.Contains("--enable-cgi=static", told);
        Assert.Contains("--enable-ssl=static", told);
        Assert.Contains("--enable-suexec=static", told);
    }

    [Fact]
    public async Task Modules_that_no_flag_names_are_there_as_comments_and_paths_are_below_ServerRoot()
    {
        await Run("src_install", $"ssl mpm-event threads {Modules}dir {Modules}cgid");

        Assert.Equal(
            [
                "#LoadModule buffer_module modules/mod_buffer.so",
                "LoadModule dir_module modules/mod_dir.so",
                "LoadModule cgid_module modules/mod_cgid.so",
                "LoadModule ssl_module modules/mod_ssl.so",
                "#LoadModule ldap_module modules/mod_ldap.so",
            ],
            Lines("/etc/apache2/modules.conf"));
        Assert.Contains("ServerRoot \"/usr/lib64/apache2\"", Lines("/etc/apache2/httpd.conf"));
        Assert.True(File.Exists(Full("image/etc/apache2/modules.d/40_mod_ssl.conf")));
        Assert.True(File.Exists(Full("image/etc/apache2/vhosts.d/00_default_vhost.conf")));
    }

    [Fact]
    public async Task What_other_packages_have_and_what_the_machine_makes_is_not_in_the_image()
    {
        await Run("src_install", "mpm-itk");

        string[] Names(string folder) => [.. Directory.GetFileSystemEntries(Full("image" + folder)).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];
        Assert.Equal(["apxs"], Names("/usr/bin"));
        Assert.Equal(["apache2", "apache2ctl", "apachectl", "httpd", "suexec"], Names("/usr/sbin"));
        Assert.Equal(["apxs.1"], Names("/usr/share/man/man1"));
        Assert.Equal(["apachectl.8", "httpd.8", "suexec.8"], Names("/usr/share/man/man8"));
        Assert.Equal(["httpd.conf", "modules.conf", "modules.d", "vhosts.d"], Names("/etc/apache2"));
        Assert.Equal([".keep"], Names("/etc/apache2/modules.d"));
        Assert.Equal(["log", "www"], Names("/var"));
        Assert.Equal(["etc", "usr", "var"], Names(""));
        Assert.False(Directory.Exists(Full("image/usr/share/apache2/manual")));
    }
}
