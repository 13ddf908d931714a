using System.Collections.Immutable;
using PatchForge.Host.Roots;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>The lab's variants, built of one tree with prefork: what each holds and, of switch, what it does not.</summary>
[Trait("Long", "true")]
public sealed class LabTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2.0.65")]
    [InlineData("2.0.58")]
    public async Task Classic_passes_every_probe(string release)
    {
        var smoke = await Smoke(release, "classic");

        Assert.True(smoke.Succeeded, Told(smoke));
        Assert.True(smoke.Verdicts.Length > 30);
    }

    /// <summary>It serves each site as its user, and keeps the way back: the saved ids, the capabilities, the connection.</summary>
    [Theory]
    [InlineData("2.0.65")]
    [InlineData("2.0.58")]
    public async Task Switch_passes_every_probe_but_those_of_a_process_that_cannot_go_back(string release)
    {
        var smoke = await Smoke(release, "switch");

        string[] expected =
        [
            "alpha.test host-switch beta.test", "beta.test host-switch alpha.test",
            "alpha.test serving-process", "beta.test serving-process",
            "alpha.test serving-process after-restarts", "beta.test serving-process after-restarts",
            "alpha.test sending-process", "beta.test sending-process",
        ];
        Assert.Equal(expected.Order(), smoke.Verdicts.Where(verdict => !verdict.Passed).Select(verdict => verdict.Name).Order());
    }

    /// <summary>What is measured is what ships: only the variant that asks for it has the word by which guards are taken out.</summary>
    [Fact]
    public async Task Guards_can_be_taken_out_of_itk_guards_alone()
    {
        using var real = await Real();
        var built = await Build(real, "2.0.65", ["itk", "itk-guards"], []);

        foreach (var image in built.Images)
        {
            var httpd = await File.ReadAllBytesAsync(Path.Combine(image.Image, "bin/httpd"), Cancel);
            Assert.Equal(image.Variant == "itk-guards", httpd.AsSpan().IndexOf("ITK_LAB_WITHOUT"u8) >= 0);
            var smoke = await new SmokeRelease(real.Outside, real.Roots).Run(
                new SmokeRequest(built.Root, "2.0.65", image.Variant, image.Image, image.Switches, Httpd20.Settings.Smoke), Cancel);
            Assert.True(smoke.Succeeded, Told(smoke));
        }
    }

    /// <summary>The experiment's whole point: the same call, in the same handler, is root in one model and nobody in the others.</summary>
    [Fact]
    public async Task Code_inside_of_the_server_is_root_with_switch_and_nowhere_else()
    {
        using var real = await Real();
        var built = await Build(real, "2.0.65", ["prefork", "classic", "switch"], [new RegainStep(real.Roots)]);

        foreach (var image in built.Images)
        {
            string[] said = await Serve(real, built.Root, image);
            TestContext.Current.TestOutputHelper?.WriteLine($"{image.Variant}\n{string.Join('\n', said)}");
            Assert.Equal(
                image.Variant switch
                {
                    // a second time on the same two children: they have gone back by themselves in between
                    "switch" => [.. Regained("one.test", 64001), .. Regained("two.test", 64002), .. Regained("one.test", 64001), .. Regained("two.test", 64002)],
                    "classic" => [.. Refused("one.test", 64001), .. Refused("two.test", 64002), .. Refused("one.test", 64001), .. Refused("two.test", 64002)],
                    _ => [.. Refused("one.test", 64000), .. Refused("two.test", 64000), .. Refused("one.test", 64000), .. Refused("two.test", 64000)],
                },
                said);
        }
    }

    private static string[] Regained(string host, int uid) =>
        [$"{host} before real={uid} effective={uid} saved=0", "seteuid(0)=0 setresuid(0,0,0)=0", $"{host} after real=0 effective=0 saved=0"];

    private static string[] Refused(string host, int uid) =>
        [$"{host} before real={uid} effective={uid} saved={uid}", "seteuid(0)=-1 setresuid(0,0,0)=-1", $"{host} after real={uid} effective={uid} saved={uid}"];

    private static async Task<RealRoots> Real()
    {
        using var scratch = await RealRoots.Need(Cancel);
        return new RealRoots(NamespaceRoots.UsualStateFolder());
    }

    private static Task<BuildLabAnswer> Build(RealRoots real, string release, ImmutableArray<string> variants, ImmutableArray<IImageStep> then)
    {
        Httpd20.SkipWithout(release);
        var source = new SourceOptions { Distdir = Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR"), Unofficial = true, Offline = true };
        return new BuildLab(real.Outside, real.Roots, Environment.GetEnvironmentVariable)
            .Run(new BuildLabRequest(Httpd20.Settings, release, variants, source, null) { Then = then }, Cancel);
    }

    private static async Task<SmokeAnswer> Smoke(string release, string variant)
    {
        using var real = await Real();
        var built = await Build(real, release, [variant], []);
        var image = Assert.Single(built.Images);
        Assert.True(image.Switches);
        var smoke = await new SmokeRelease(real.Outside, real.Roots).Run(
            new SmokeRequest(built.Root, release, variant, image.Image, image.Switches, Httpd20.Settings.Smoke), Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine(Told(smoke));
        return smoke;
    }

    private static string Told(SmokeAnswer answer) =>
        $"{answer.Kept}\n" + string.Join('\n', answer.Verdicts.Select(verdict => $"{(verdict.Passed ? "ok  " : "FAIL")} {verdict.Name}: {verdict.Seen}"));

    /// <summary>Two hosts of two users on one child each time, asked in turns.</summary>
    private static async Task<string[]> Serve(RealRoots real, OpenedRoot root, LabImage image)
    {
        var folder = Directory.CreateTempSubdirectory("patchforge-lab-").FullName;
        try
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            var own = image.Switches ? "AssignUserID lab1 lab1" : "";
            var other = image.Switches ? "AssignUserID lab2 lab2" : "";
            await File.WriteAllTextAsync(Path.Combine(folder, "httpd.conf"), $"""
                ServerRoot /srv/lab
                Listen 127.0.0.1:8080
                ServerName lab.test
                User lab0
                Group lab0
                PidFile /srv/lab/httpd.pid
                LockFile /srv/lab/accept.lock
                ScoreBoardFile /srv/lab/scoreboard
                ErrorLog /srv/lab/error_log
                AcceptMutex fcntl
                StartServers 1
                MinSpareServers 1
                MaxSpareServers 1
                MaxClients 1
                LoadModule regain_module modules/mod_regain.so
                NameVirtualHost 127.0.0.1:8080
                <Location /regain>
                    SetHandler regain
                </Location>
                <VirtualHost 127.0.0.1:8080>
                    ServerName one.test
                    {own}
                </VirtualHost>
                <VirtualHost 127.0.0.1:8080>
                    ServerName two.test
                    {other}
                </VirtualHost>

                """.Replace("modules/mod_regain.so", BuildPlan.Prefix + "/modules/mod_regain.so", StringComparison.Ordinal), Cancel);
            await File.WriteAllTextAsync(Path.Combine(folder, "run.sh"), """
                set -eu
                for n in 0 1 2; do
                    echo "lab$n:x:6400$n:6400$n::/:/bin/false" >> /etc/passwd
                    echo "lab$n:x:6400$n:" >> /etc/group
                done
                PREFIX/bin/httpd -f /srv/lab/httpd.conf -k start
                for host in one.test two.test one.test two.test; do
                    perl -MIO::Socket::INET -e '
                        for (1 .. 50) { $s = IO::Socket::INET->new("127.0.0.1:8080") and last; select undef, undef, undef, 0.1 }
                        $s or die "no connection\n";
                        print $s "GET /regain HTTP/1.0\r\nHost: $ARGV[0]\r\n\r\n"; undef $/; $_ = <$s>; s/^.*?\r\n\r\n//s; print' $host
                done
                PREFIX/bin/httpd -f /srv/lab/httpd.conf -k stop
                """.Replace("PREFIX", BuildPlan.Prefix, StringComparison.Ordinal), Cancel);
            var answer = await real.Roots.Run(
                new RootRun(root.Tree, RootRights.Serve, ["timeout", "60", "sh", "/srv/lab/run.sh"])
                {
                    Binds = [new RootBind(image.Image, BuildPlan.Prefix), new RootBind(folder, "/srv/lab", Writable: true)],
                },
                Cancel);
            var log = Path.Combine(folder, "error_log");
            Assert.True(answer.Succeeded, answer.Output + answer.Error + (File.Exists(log) ? await File.ReadAllTextAsync(log, Cancel) : ""));
            return answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            await real.Roots.Remove(folder, CancellationToken.None);
        }
    }

    /// <summary>Compiles the handler for the image it is given: the hook by which attack and bench add what httpd does not carry.</summary>
    private sealed class RegainStep(IRoots roots) : IImageStep
    {
        private static readonly string s_folder = Path.Combine(Golden.Home, "tests/testdata/lab");

        public string Name => "regain";

        public string Identity => RootIdentity.Digest([File.ReadAllText(Path.Combine(s_folder, "mod_regain.c"))]);

        public async Task Add(OpenedRoot root, BuiltVariant built, string image, CancellationToken cancel)
        {
            var answer = await roots.Run(
                new RootRun(root.Tree, RootRights.Build, ["sh", "-c", $"gcc -shared -fPIC -Wall -Werror $({BuildPlan.Prefix}/bin/apr-config --cppflags) -I{BuildPlan.Prefix}/include -o {BuildPlan.Prefix}/modules/mod_regain.so mod_regain.c"])
                {
                    Binds = [new RootBind(image, BuildPlan.Prefix, Writable: true), new RootBind(s_folder, "/srv/regain")],
                    WorkingDirectory = "/srv/regain",
                    TimeLimit = TimeSpan.FromMinutes(2),
                },
                cancel);
            if (!answer.Succeeded)
            {
                throw Failure.Refused($"mod_regain.c did not compile: {answer.Error}");
            }
        }
    }
}
