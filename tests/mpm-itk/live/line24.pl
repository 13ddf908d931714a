# SPDX-License-Identifier: Apache-2.0
# What httpd 2.4 has, and 2.0 does not: names in the handshake, a graceful stop.
use strict;
use warnings;
use Time::HiRes qw(sleep time);

our ($prefix, $work, $port, $parent, $line, %host);

my $tls = $port + 2;

# Both hosts behind one address and port, with TLS.
sub with_tls {
    my %more = @_;
    my $text = "LoadModule ssl_module modules/mod_ssl.so\nListen 127.0.0.1:$tls\n";
    for my $h (sort keys %host) {
        my @make = (qw(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout), "$work/$h.key",
                    '-out', "$work/$h.pem", '-subj', "/CN=$h.test");
        system("@make >/dev/null 2>&1") == 0 or return;
        $text .= "<VirtualHost 127.0.0.1:$tls>\nServerName $h.test\nServerAlias *.$h.test\nDocumentRoot $work/$h\n"
            . "ScriptAlias /cgi/ $work/$h/cgi/\nAssignUserID #$host{$h} #$host{$h}\nSSLEngine on\n"
            . "SSLCertificateFile $work/$h.pem\nSSLCertificateKeyFile $work/$h.key\n</VirtualHost>\n";
    }
    return $text;
}

# What comes for this text on a connection whose handshake has this name; undef: none.
sub secretly {
    my ($name, $text, @options) = @_;
    write_file("$work/ask", $text);
    my @sni = defined $name ? ('-servername', $name) : ('-noservername');
    return `timeout 8 openssl s_client -connect 127.0.0.1:$tls @sni @options -quiet -ign_eof <$work/ask 2>/dev/null`;
}

sub last_one { my ($host, $path) = @_; return "GET $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n"; }

test sni => 'the name in the handshake says whose worker does it', sub {
    return skip('httpd 2.0 knows no names in the handshake') if $line eq '2.0';
    return skip('no mod_ssl, or no openssl') if !-e "$prefix/modules/mod_ssl.so" || !with_tls();
    configure("MaxClients 8\n" . with_tls());
    start();
    for my $h (sort keys %host) {
        for my $name ("$h.test", "x.$h.test", uc "$h.test") {
            my $answer = secretly($name, last_one($name, '/cgi/id'));
            claim($answer =~ /^$host{$h}$/m, "$name: $answer");
        }
        my $subject = `timeout 8 openssl s_client -connect 127.0.0.1:$tls -servername $h.test </dev/null 2>/dev/null`;
        claim($subject =~ /subject=.*CN ?= ?$h\.test/, "its certificate: $subject");
    }
    # no name, and one that nobody has: the first host's
    claim(secretly(undef, last_one('a.test', '/cgi/id')) =~ /^5001$/m, 'without a name');
    claim(secretly('nobody.test', last_one('a.test', '/cgi/id')) =~ /^5001$/m, 'with a name that nobody has');
    # a request for another host than that of the handshake
    my $answer = secretly('b.test', last_one('a.test', '/cgi/id'));
    claim($answer =~ /^HTTP\S+ 421 / && $answer !~ /^500[12]$/m, "another host's: $answer");
    $answer = secretly(undef, last_one('b.test', '/cgi/id'));
    claim($answer =~ /^HTTP\S+ 421 / && $answer !~ /^500[12]$/m, "another host's, without a name: $answer");
    # several requests on one connection, and one of another host among them
    $answer = secretly('b.test', get('b', '/index.html') x 2 . last_one('b.test', '/cgi/id'));
    claim($answer =~ /page of b.*page of b.*\b5002\n/s, "three: $answer");
    $answer = secretly('b.test', get('b', '/index.html') . get('a', '/index.html'));
    claim($answer =~ /page of b/ && $answer !~ /page of a/, "one, and closed: $answer");
    # plain text
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $tls, Timeout => 5);
    send_all($s, get('b', '/index.html'));
    claim(receive($s, 5) =~ /400 Bad Request|speaking plain HTTP/, 'plain text on a port with TLS');
};

test hello => 'a handshake that comes slowly or not at all costs no worker', sub {
    return skip('httpd 2.0 knows no names in the handshake') if $line eq '2.0';
    return skip('no mod_ssl, or no openssl') if !-e "$prefix/modules/mod_ssl.so" || !with_tls();
    configure("MaxClients 4\nTimeout 3\n" . with_tls());
    start();
    my @slow = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $tls, Timeout => 5) } 1 .. 20;
    send_all($_, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") for @slow;
    sleep 0.5;
    claim(!workers(5001) && !workers(5002), 'no worker for half a ClientHello');
    claim(secretly('b.test', last_one('b.test', '/index.html')) =~ /page of b/, 'others are served');
    claim(!(grep { !closed($_, 6) } @slow), 'closed after Timeout');
};

test graceful_stop => 'a graceful stop lets answers end, and takes no new connection', sub {
    return skip('httpd 2.0 has no graceful stop') if $line eq '2.0';
    configure("MaxClients 8\n");
    start();
    script('a', 'slow', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nbegun\\n'; sleep 3; echo 'ended'\n");
    my $kept = keep_alive('b');
    my $slow = connect_to();
    send_all($slow, "GET /cgi/slow HTTP/1.0\r\nHost: a.test\r\n\r\n");
    receive($slow, 3, qr/begun/);
    my $since = time;
    kill WINCH => $parent;
    claim(within(3, sub { !connect_to() }), 'nobody listens');
    claim(closed($kept, 3), 'an idle connection is closed');
    claim(alive($parent), 'the server waits');
    claim(receive($slow, 6) =~ /ended/, 'the answer comes to its end');
    claim(within(6, sub { !alive($parent) }), 'and the server ends: ' . say_log());
    claim(time - $since > 2, 'not before');
    claim(!-e "$work/httpd.pid", 'without its pid file');
    $parent = undef;
};

test stop_in_time => 'GracefulShutdownTimeout ends what does not end', sub {
    return skip('httpd 2.0 has no graceful stop') if $line eq '2.0';
    configure("MaxClients 8\nGracefulShutdownTimeout 2\n");
    start();
    my $s = connect_to();
    send_all($s, "GET /cgi/sleep HTTP/1.0\r\nHost: a.test\r\n\r\n");
    claim(within(3, sub { grep { children($_) } workers(5001) }), 'the script runs');
    my @w = workers(5001);
    my $since = time;
    kill WINCH => $parent;
    claim(within(9, sub { !alive($parent) }), 'the server ends');
    my $took = time - $since;
    claim($took > 1.5 && $took < 8, "after $took s");
    claim(!(grep { alive($_) } @w), 'and its workers');
    $parent = undef;
};

test own_filters => 'what only counts or looks at the clock keeps no connection with its worker', sub {
    return skip('httpd 2.0 has no mod_reqtimeout') if $line eq '2.0';
    configure("MaxClients 4\nRequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500\n");
    start();
    my $s = keep_alive('a');
    claim(within(3, sub { my ($w) = workers(5001); $w && 1 == grep { /^socket/ } open_of($w) }), 'given back');
    send_all($s, get('a', '/index.html'));
    claim(receive($s, 3, qr/page of a\n/) =~ /page of a/, 'and it lives on');
};

# Of the hook, as live/mod_hooks.c wrote them down.
sub hooks_said {
    my $what = shift;
    return say_log() =~ /hooks: ($what)/g;
}

test hooks => 'modules hear of workers, of generations and of time, as from other MPMs', sub {
    return skip('httpd 2.0 has no such hooks') if $line eq '2.0';
    my $flags = `apr-1-config --cppflags --includes 2>/dev/null`;
    return skip('no apr-1-config') if $?;
    $flags =~ tr/\n/ /;
    my $source = dirname($0) . '/live/mod_hooks.c';
    my $said = `gcc -fPIC -shared $flags -I$prefix/include -o $work/mod_hooks.so $source 2>&1`;
    return claim($? == 0, "it compiles: $said") if $?;
    configure("MaxClients 8\nLoadModule hooks_module $work/mod_hooks.so\n");
    start();
    for my $h (sort keys %host) {
        claim(ask($h, '/index.html') =~ /page of $h/, "host $h");
    }
    my ($a) = workers(5001);
    claim((grep { /^child $a generation 0 slot \d+ started$/ } hooks_said('child .*')) == 1, 'of a worker');
    claim(within(12, sub { hooks_said('monitor .*') }), 'four times a minute and more');
    claim((hooks_said('monitor .*'))[0] eq "monitor by $parent: idle 100 busy 0 requests 2",
        'of the workers that there are, in percent: ' . join ', ', hooks_said('monitor .*'));
    kill USR1 => $parent;
    claim(within(5, sub { !alive($a) }), 'the worker of before goes');
    claim(within(5, sub { hooks_said('generation 0 is over') }), 'and with it its generation: ' . say_log());
    claim(ask('a', '/index.html') =~ /page of a/, 'the next one');
    stop();
    my %there;
    for (hooks_said('child .*')) {
        my ($pid, $generation, $slot, $what) = /^child (\d+) generation (\d+) slot (\d+) (\w+)$/;
        claim($what eq ($there{"$pid $generation $slot"} ? 'ended' : 'started'), $_);
        $there{"$pid $generation $slot"} = $what eq 'started';
    }
    claim(%there >= 3 && !grep({ $_ } values %there), 'each ends once: ' . join ', ', hooks_said('child .*'));
};

1;
