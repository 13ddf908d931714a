using PatchForge.Host.Roots;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>PHP in the processes of a real httpd 2.0. Its compilation takes minutes and is kept in the per-user cache.</summary>
[Trait("Long", "true")]
public sealed class PhpTests
{
    private static readonly LabSettings s_lab = Httpd20.Settings.Lines[0].Lab ?? throw new InvalidOperationException("Our settings have a lab.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Php_serves_get_and_post_with_opcache_in_prefork_of_2_0_65()
    {
        using var scratch = await RealRoots.Need(Cancel);
        using var real = new RealRoots(NamespaceRoots.UsualStateFolder());
        var (root, image) = await Prefork(real, scratch.Folder);
        var outcome = await new BuildPhp(real.Outside, real.Roots).Run(new BuildPhpRequest(Golden.Home, s_lab, real.Roots.Host(), image), Cancel);
        Assert.SkipUnless(outcome is PhpOutcome.Built, (outcome as PhpOutcome.OutOfReach)?.Why ?? "");
        var with = Path.Combine(scratch.Folder, "image");
        await CopyTree.Run(real.Outside.Processes, image, with, Cancel);
        var step = await AddPhp.Of(real.Outside, real.Roots, Golden.Home, s_lab, Cancel);

        await step.Add(root, new BuiltVariant("prefork", "", image, true, TimeSpan.Zero, null, "", []), with, Cancel);
        var answers = await Ask(real, root, with);

        // Each answer is as long as the script itself said before it wrote more: the line that we edit reads that length.
        Assert.Equal(["GET  a=1 uid=65534 session posix opcache", "POST b=two&c=3  uid=65534 session posix opcache"], answers);
    }

    [Fact]
    public async Task A_second_build_of_the_same_is_none()
    {
        using var scratch = await RealRoots.Need(Cancel);
        using var real = new RealRoots(NamespaceRoots.UsualStateFolder());
        var (_, image) = await Prefork(real, scratch.Folder);
        var request = new BuildPhpRequest(Golden.Home, s_lab, real.Roots.Host(), image);
        var first = await new BuildPhp(real.Outside, real.Roots).Run(request, Cancel);
        Assert.SkipUnless(first is PhpOutcome.Built, (first as PhpOutcome.OutOfReach)?.Why ?? "");

        var second = Assert.IsType<PhpOutcome.Built>(await new BuildPhp(real.Outside, real.Roots).Run(request, Cancel));

        Assert.True(second.Reused);
        Assert.Equal(((PhpOutcome.Built)first).Folder, second.Folder);
        Assert.StartsWith("php8.2 8.2.", second.Source, StringComparison.Ordinal);
    }

    private static async Task<(OpenedRoot Root, string Image)> Prefork(RealRoots real, string scratch)
    {
        var source = await Httpd20.Patched("2.0.65", scratch, real.Outside, Cancel);
        var root = await new OpenRoot(real.Outside, real.Roots).Run(real.Roots.Host(), Httpd20.Build.Packages, Cancel);
        var built = await new BuildRelease(real.Outside, real.Roots).Run(new BuildRequest(root, "2.0.65", source, Httpd20.Build, ["prefork"]), Cancel);
        Assert.True(built.Variants[0].Succeeded, string.Join('\n', built.Variants[0].LastLines));
        return (root, built.Variants[0].Image ?? "");
    }

    private static async Task<string[]> Ask(RealRoots real, OpenedRoot root, string image)
    {
        const string script = """
            set -eu
            mkdir -m 0755 /tmp/php
            cd /tmp/php
            cat > page.php << 'END'
            <?php
            $said = $_SERVER['REQUEST_METHOD'] . ' ' . file_get_contents('php://input') . ' ' . $_SERVER['QUERY_STRING'] . ' uid=' . posix_getuid()
                . (session_id('x1') !== false ? ' session' : '') . (function_exists('posix_kill') ? ' posix' : '') . (opcache_get_status() ? ' opcache' : '');
            header('Content-Length: ' . strlen($said));
            echo $said;
            flush();
            echo 'beyond';
            END
            cat > httpd.conf << END
            ServerRoot /tmp/php
            ServerName localhost
            Listen 127.0.0.1:8080
            User #65534
            Group #65534
            PidFile /tmp/php/pid
            LockFile /tmp/php/lock
            AcceptMutex fcntl
            ErrorLog /tmp/php/log
            DocumentRoot /tmp/php
            LoadModule php_module /opt/httpd/modules/libphp.so
            <FilesMatch \.php$>
            SetHandler application/x-httpd-php
            </FilesMatch>
            END
            /opt/httpd/bin/httpd -f /tmp/php/httpd.conf
            perl -MIO::Socket::INET -e '
                for my $body (undef, "b=two&c=3") {
                    my $s;
                    for (1 .. 300) { $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8080") and last; select undef, undef, undef, 0.1 }
                    $s or die "no answer";
                    print $s defined $body
                        ? "POST /page.php HTTP/1.1\r\nHost: localhost\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body"
                        : "GET /page.php?a=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
                    my $all = join "", <$s>;
                    my ($length) = $all =~ /^Content-Length: (\d+)\r$/mi or die "no length: $all";
                    my ($said) = $all =~ /\r\n\r\n(.*)/s or die $all;
                    print "said: ", substr($said, 0, $length), "\n";
                }' || { cat log >&2; exit 1; }
            """;
        var answer = await real.Roots.Run(
            new RootRun(root.Tree, RootRights.Serve, ["sh", "-c", script])
            {
                Binds = [new RootBind(image, BuildPlan.Prefix)],
                TimeLimit = TimeSpan.FromMinutes(1),
            },
            Cancel);
        Assert.True(answer.Succeeded, answer.Error + answer.Output);
        return [.. answer.Output.Split('\n').Where(line => line.StartsWith("said: ", StringComparison.Ordinal)).Select(line => line[6..])];
    }
}
