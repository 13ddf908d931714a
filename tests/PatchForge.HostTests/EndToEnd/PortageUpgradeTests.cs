using System.Collections.Immutable;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>From one release to the next on a system that is in use, in the root that PATCHFORGE_PORTAGE_ROOT names.</summary>
[Trait("Long", "true")]
public sealed class PortageUpgradeTests(ITestOutputHelper output)
{
    private const string From = "2.0.58"; // refresh has its layer already where both were asked for
    private const string To = "2.0.65";

    /// <summary>
    /// The owner's own configuration and host, the old release running, emerge of the new one, emerge --config. Port
    /// 8080: Portage's run is in a user namespace, whose root may bind no port below 1024 of the network namespace
    /// around it (capabilities(7), user_namespaces(7)).
    /// </summary>
    private const string Script = """
        set -eu
        to=$1
        said() { echo "seen: $*"; }
        page() {
            perl -MIO::Socket::INET -e '
                for (1 .. 50) {
                    if (my $to = IO::Socket::INET->new("127.0.0.1:8080")) {
                        print $to "GET / HTTP/1.0\r\nHost: bob.example\r\n\r\n";
                        local $/;
                        exit(<$to> =~ /page of bob/ ? 0 : 1);
                    }
                    select undef, undef, undef, 0.2;
                }
                exit 1'
        }
        cd /etc/apache2
        sed -i 's/^Listen 80$/Listen 127.0.0.1:8080/; s/^Timeout 60$/Timeout 61/' httpd.conf
        grep -q '^Listen 127.0.0.1:8080$' httpd.conf
        sed -i 's/^APACHE2_OPTS=.*/APACHE2_OPTS="-D MINE"/' /etc/conf.d/apache2
        echo 'bob:x:1501:1501::/home/bob:/bin/false' >> /etc/passwd
        echo 'bob:x:1501:' >> /etc/group
        mkdir -p /home/bob/htdocs
        echo 'page of bob' > /home/bob/htdocs/index.html
        chown -R 1501:1501 /home/bob
        chmod -R u=rwX,go= /home/bob
        {
            echo '<IfDefine MINE>'
            echo 'NameVirtualHost *:8080'
            echo '<VirtualHost *:8080>'
            echo 'ServerName bob.example'
            echo 'AssignUserID bob bob'
            echo 'DocumentRoot /home/bob/htdocs'
            echo '<Directory /home/bob/htdocs>'
            echo 'Order allow,deny'
            echo 'Allow from all'
            echo '</Directory>'
            echo '</VirtualHost>'
            echo '</IfDefine>'
        } > vhosts.d/50_bob.conf
        mkdir -p -m 0750 /run/apache2
        httpd -D MINE -k start
        page && said "the old release serves"
        old=$(cat /run/apache2.pid)
        (cd /etc && sha256sum apache2/httpd.conf apache2/vhosts.d/50_bob.conf conf.d/apache2) > /tmp/before

        emerge --oneshot --quiet-build=y --color=n --nospinner --autounmask=n "=www-servers/apache-$to::mpm-itk"

        httpd -v | grep -F "/$to" && said "the new release is installed"
        (cd /etc && sha256sum -c /tmp/before) && said "the configuration is as it was"
        find /etc/apache2 /etc/conf.d /etc/init.d -name '._cfg*' | while read -r file; do said "waits for etc-update: ${file##*/}"; done
        [ "$(cat /run/apache2.pid)" = "$old" ] && kill -0 "$old" && page && said "the old process goes on serving"
        httpd -D MINE -t
        kill -TERM "$old"
        for try in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$old" 2> /dev/null || break; sleep 1; done
        httpd -D MINE -k start
        page && said "the new release serves with the old configuration"
        emerge --config --color=n "=www-servers/apache-$to" > /tmp/config 2>&1 || { cat /tmp/config; exit 1; }
        cat /tmp/config
        grep -q bob.example /tmp/config && said "emerge --config lists the host"
        openssl x509 -in /etc/ssl/apache2/server.crt -noout -checkend 3600 && [ "$(stat -c %a:%u /etc/ssl/apache2/server.key)" = 600:0 ] && said "emerge --config made a certificate and a key for root alone"
        sum=$(sha256sum /etc/ssl/apache2/server.key)
        emerge --config --color=n "=www-servers/apache-$to" > /tmp/config 2>&1
        [ "$sum" = "$(sha256sum /etc/ssl/apache2/server.key)" ] && said "emerge --config leaves the key that is there"
        echo 'NoSuchDirective on' >> httpd.conf
        ! emerge --config --color=n "=www-servers/apache-$to" > /tmp/config 2>&1 && grep -q NoSuchDirective /tmp/config && said "emerge --config refuses a broken configuration"
        httpd -D MINE -v > /dev/null
        kill -TERM "$(cat /run/apache2.pid)"
        """;

    private static readonly ImmutableArray<string> s_seen =
    [
        "the old release serves",
        "the new release is installed",
        "the configuration is as it was",
        "the old process goes on serving",
        "the new release serves with the old configuration",
        "emerge --config lists the host",
        "emerge --config made a certificate and a key for root alone",
        "emerge --config leaves the key that is there",
        "emerge --config refuses a broken configuration",
    ];

    [Fact]
    public async Task An_upgrade_keeps_configuration_and_service_and_emerge_config_reads_them()
    {
        using var checkout = await PortageCheckout.Make(From, To);

        // Both stand in the scratch copy's Manifest then; of the old one a layer is kept.
        await checkout.Refresh(From, To, "--no-build");
        var old = await checkout.Refresh(From, "--variant", "itk");
        var answer = await checkout.Run(
            old, Script, [To], "-pid-sandbox collision-protect -news -distlocks -binpkg-logs", "mpm-itk ssl -mpm-prefork -mpm-worker", TimeSpan.FromHours(1));

        output.WriteLine(answer.Output + answer.Error);
        var seen = answer.Output.Split('\n').Where(line => line.StartsWith("seen: ", StringComparison.Ordinal)).Select(line => line["seen: ".Length..]).ToList();
        Assert.True(answer.Succeeded, answer.Output + answer.Error);
        Assert.Equal(s_seen, seen.Where(line => !line.StartsWith("waits for", StringComparison.Ordinal)));
    }
}
