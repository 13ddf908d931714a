using System.Collections.Immutable;

namespace PatchForge.Smoke;

/// <summary>
/// The service of an installed package as its owner uses it: the configuration that the package brought, started by
/// its init script. One shell script, whose lines that begin with <see cref="Mark"/> are verdicts.
/// </summary>
public static class ServiceScript
{
    public const string Mark = "service-probe";

    /// <summary>
    /// Arguments: the service's name, <c>own</c> where a host has a user of its own, and <c>tls</c> where the package
    /// configures TLS (modules.d/40_mod_ssl.conf). What is written to /etc is gone
    /// with the root. Where the root has no openrc-run(8), the script's functions are called by a stand-in, which has of
    /// OpenRC what they use: ebegin, eend, eerror, checkpath, the default start and stop (openrc-run(8), "Dependencies" left out).
    /// </summary>
    public const string Text = """
        set -u
        name=$1 kind=$2 tls=$3
        script=/etc/init.d/$name conf=/etc/conf.d/$name

        say() { printf 'service-probe\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$(tr '\n\t' '  ' < /run/said | tail -c 400)"; }
        probe() { # NAME EXPECTED COMMAND...
            probe_name=$1 expected=$2
            shift 2
            if "$@" > /run/said 2>&1 < /dev/null; then say "$probe_name" passed "$expected"; else say "$probe_name" failed "$expected"; fi
        }
        page() { # HOST PATTERN: the answer's first line or body has it; ten seconds to begin with
            perl -MIO::Socket::INET -e '
                my ($host, $pattern) = @ARGV;
                for (1 .. 50) {
                    my $to = IO::Socket::INET->new("127.0.0.1:80");
                    if ($to) {
                        print $to "GET / HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n";
                        local $/;
                        my $reply = <$to>;
                        print +($reply =~ /\A([^\r\n]*)/)[0], " ", ($reply =~ /([^\r\n]*)\s*\z/)[0], "\n";
                        exit($reply =~ /$pattern/ ? 0 : 1);
                    }
                    select undef, undef, undef, 0.2;
                }
                print "nobody listens on port 80\n";
                exit 1' "$1" "$2"
        }
        secure() { # VERSION: a page over TLS of that version
            printf 'GET / HTTP/1.1\r\nHost: alice.example\r\nConnection: close\r\n\r\n' |
                timeout 10 openssl s_client -connect 127.0.0.1:443 -servername alice.example -ign_eof -quiet "-tls$1" > /run/page 2> /run/secure
            grep -q "$secure_page" /run/page || { cat /run/secure /run/page; return 1; }
            echo "TLS $1: $secure_page"
        }
        quiet() { # nobody listens any more, and the file of the process id is gone; ten seconds
            for try in 1 2 3 4 5 6 7 8 9 10; do
                perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new("127.0.0.1:80") ? 1 : 0)' && [ ! -e "/run/$name.pid" ] && return 0
                sleep 1
            done
            echo "port 80 is served, or /run/$name.pid is there"
            return 1
        }
        up() { if [ "$kind" = own ]; then page alice.example 'page of alice'; else page localhost 'page of the server'; fi; }
        refuses() { ! service restart && up; }
        pid() { read -r number < "/run/$name.pid" && kill -0 "$number" && grep -q "^Uid:.0.0" "/proc/$number/status" && echo "process $number, of root"; }

        if [ -x /sbin/openrc-run ] || [ -x /usr/sbin/openrc-run ]; then
            how=openrc-run
            # What a boot would have made: states and locks, and the word that it is over (openrc(8)).
            for state in daemons exclusive failed hotplugged inactive init.d options scheduled started starting stopping wasinactive; do
                mkdir -p "/run/openrc/$state"
            done
            : > /run/openrc/softlevel
            # No network is brought up here but loopback, by whoever made the root.
            printf 'rc_need="!net"\nrc_use="!dns !logger !netmount"\n' >> "$conf"
            service() { "$script" --nocolor "$@"; }
        else
            how=stand-in
            service() {
                (
                    RC_SVCNAME=$name RC_CMD=$1
                    ebegin() { echo "$* ..."; }
                    eend() { [ "$1" -eq 0 ] || echo "failed: $1"; return "$1"; }
                    checkpath() {
                        while [ "$#" -gt 1 ]; do case $1 in --directory) shift ;; --owner) owner=$2; shift 2 ;; --mode) mode=$2; shift 2 ;; *) return 1 ;; esac; done
                        mkdir -p "$1" && chown "$owner" "$1" && chmod "$mode" "$1"
                    }
                    eerror() { echo "$*"; }
                    start_pre() { :; }
                    start_post() { :; }
                    stop_pre() { :; }
                    start() { "$command" $command_args; }
                    stop() { read -r number < "$pidfile" && kill -TERM "$number" && while kill -0 "$number" 2> /dev/null; do sleep 0.1; done; }
                    status() { read -r number < "$pidfile" && kill -0 "$number"; }
                    . "$conf" && . "$script" || exit 1
                    case $1 in
                        start) start_pre && start && start_post ;;
                        stop) stop_pre && stop ;;
                        restart) stop_pre && stop && start_pre && start && start_post ;;
                        *) "$1" ;;
                    esac
                )
            }
        fi

        mkdir -p /var/www/localhost/htdocs
        echo 'page of the server' > /var/www/localhost/htdocs/index.html
        options='-D DEFAULT_VHOST'
        if [ "$kind" = own ]; then
            echo 'alice:x:1500:1500::/home/alice:/bin/false' >> /etc/passwd
            echo 'alice:x:1500:' >> /etc/group
            mkdir -p /home/alice/htdocs
            echo 'page of alice' > /home/alice/htdocs/index.html
            chown -R 1500:1500 /home/alice
            chmod -R u=rwX,go= /home/alice
            options="$options -D MPM_ITK_VHOST"
        fi
        if [ "$tls" = tls ]; then
            # As the comment in modules.d/40_mod_ssl.conf says, with the folder as the hosts that were installed open it.
            secure_page='page of the server' like=00_default_vhost.conf
            mkdir -p -m 0700 /etc/ssl/apache2
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=alice.example -keyout /etc/ssl/apache2/alice.key -out /etc/ssl/apache2/alice.pem 2> /dev/null
            {
                echo '<IfDefine SSL>'
                echo '<VirtualHost *:443>'
                echo 'ServerName alice.example'
                echo 'SSLEngine on'
                echo 'SSLCertificateFile /etc/ssl/apache2/alice.pem'
                echo 'SSLCertificateKeyFile /etc/ssl/apache2/alice.key'
                if [ "$kind" = own ]; then
                    secure_page='page of alice' like=10_mpm-itk_vhost.conf
                    echo 'AssignUserID alice alice'
                    echo 'DocumentRoot /home/alice/htdocs'
                else
                    echo 'DocumentRoot /var/www/localhost/htdocs'
                fi
                sed -n '/^[[:space:]]*<Directory /,/<.Directory>/p' "/etc/apache2/vhosts.d/$like"
                echo '</VirtualHost>'
                echo '</IfDefine>'
            } > /etc/apache2/vhosts.d/20_alice_tls.conf
            options="$options -D SSL"
        fi
        echo "APACHE2_OPTS=\"$options\"" >> "$conf"

        echo "by $how" > /run/said
        probe service-script "the init script can be run" [ -x "$script" ]
        probe service-configtest "the configuration that was installed is accepted" service configtest
        probe service-start "the init script starts the server ($how)" service start
        probe service-process "the file of the process id names root's process" pid
        if [ "$kind" = own ]; then
            probe service-no-user "a host without a user is answered 503" page localhost '\AHTTP/1\.1 503 '
            probe service-own-user "the example's host serves a file that only its user may read" page alice.example 'page of alice'
        else
            probe service-page "the default host's page" page localhost 'page of the server'
        fi
        if [ "$tls" = tls ]; then
            probe service-tls "with -D SSL a host answers over TLS 1.2 and 1.3" eval 'secure 1_2 && secure 1_3'
        fi
        probe service-status "the init script says that it runs" service status
        probe service-graceful "reload, and the server answers" eval 'service graceful && up'
        probe service-restart "restart, and the server answers" eval 'service restart && up'
        cp /etc/apache2/httpd.conf /run/kept
        echo 'NoSuchDirective on' >> /etc/apache2/httpd.conf
        probe service-broken "a restart with a broken configuration is refused, and the server goes on" refuses
        cp /run/kept /etc/apache2/httpd.conf
        probe service-stop "the init script stops it" eval 'service stop && quiet'
        """;

    /// <summary>A verdict of a line; null for any other line.</summary>
    public static Verdict? Read(string line) =>
        line.Split('\t') is [Mark, var name, ("passed" or "failed") and var outcome, var expected, var seen]
            ? new Verdict(name, expected, seen.Trim() is { Length: > 0 } said ? said : outcome, outcome == "passed")
            : null;

    /// <summary>The names of the verdicts that a whole run gives, in order.</summary>
    public static ImmutableArray<string> Names(bool ownUsers, bool tls) =>
    [
        "service-script", "service-configtest", "service-start", "service-process",
        .. ownUsers ? ["service-no-user", "service-own-user"] : new[] { "service-page" },
        .. tls ? ["service-tls"] : Array.Empty<string>(),
        "service-status", "service-graceful", "service-restart", "service-broken", "service-stop",
    ];
}
