# SPDX-License-Identifier: Apache-2.0
# The way of a connection: dispatcher, worker, and back.
use strict;
use warnings;
use File::Path qw(make_path);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(sleep time);

our ($prefix, $work, $port, $parent, $line, %host);

sub pages { my $text = shift; return scalar(() = $text =~ /page of \w\n/g); }

test heads => 'heads that httpd refuses are answered, and by no script', sub {
    configure("MaxClients 8\nErrorDocument 400 /cgi/id\nErrorDocument 414 /cgi/id\n", a => "ErrorDocument 400 /cgi/id\n");
    start();
    my %bad = (
        'no Host' => "GET / HTTP/1.1\r\n\r\n",
        'long line' => 'GET /' . 'x' x 9000 . " HTTP/1.0\r\n\r\n",
        'bad header' => "GET / HTTP/1.0\r\nHost: a.test\r\nnonsense\r\n\r\n",
        'bad Host' => "GET / HTTP/1.1\r\nHost: a.test/../b\r\n\r\n",
        '0.9 HEAD' => "HEAD /\r\n",
        'very long' => "GET / HTTP/1.0\r\n" . join('', map { "X-$_: " . 'y' x 4000 . "\r\n" } 1 .. 20),
    );
    for my $name (sort keys %bad) {
        my $s = connect_to();
        send_all($s, $bad{$name});
        my $answer = receive($s, 5);
        claim($answer =~ /Bad Request|Too Large|Expectation Failed|400|414|417/, "$name: $answer");
        # 2.4 has the first vhost's own ErrorDocument where it could read the head
        claim($answer !~ ($line eq '2.0' ? qr/^500[12]$/m : qr/^(?!5001$)\d+$/m), "$name ran a script: $answer");
    }
    my $s = connect_to();
    send_all($s, "GET /index.html\r\n");
    claim(receive($s, 5) =~ /page of a/, '0.9');
};

test vhosts => 'however a host is named, its user serves it', sub {
    configure("MaxClients 8\n", a => "ServerAlias *.a.test\nServerPath /of-a", b => 'ServerPath /of-b');
    start();
    my %uid = (
        "GET http://b.test/cgi/id HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n" => 5002,
        "GET http://a.test/cgi/id HTTP/1.0\r\nHost: b.test\r\n\r\n" => 5001,
        "GET /cgi/id HTTP/1.0\r\nHost: B.TEST.:8080\r\n\r\n" => 5002,
        "GET /cgi/id HTTP/1.0\r\nHost: x.a.test\r\nHost: b.test\r\n\r\n" => '',
        "GET /cgi/id HTTP/1.0\r\n\r\n" => 5001,
        "GET /cgi/id\r\n" => 5001,
        "GET /of-b/../cgi/id HTTP/1.0\r\n\r\n" => 5002,
        "POST /cgi/id HTTP/1.0\r\nHost: b.test\r\nContent-Length: 3\r\n\r\nabc" => 5002,
    );
    for my $head (sort keys %uid) {
        my $s = connect_to();
        send_all($s, $head);
        my $answer = receive($s, 5);
        claim($uid{$head} ? $answer =~ /^$uid{$head}$/m : $answer !~ /^5002$/m, "$head: $answer");
    }
    my $s = connect_to();
    send_all($s, "TRACE / HTTP/1.0\r\nHost: b.test\r\n\r\n");
    claim(receive($s, 5) =~ /TRACE \/|405/, 'TRACE');
};

test keeps => 'a connection lives on, held by its worker and given back', sub {
    configure("MaxClients 8\nMaxKeepAliveRequests 100\n");
    start();
    my ($s, $answer) = keep_alive('a');
    for my $pause (0, 0, 0.01, 0.3, 0, 0.3) {
        sleep $pause;
        send_all($s, get('a', '/index.html'));
        $answer = receive($s, 5, qr/page of a\n/);
        claim($answer =~ /^HTTP\/1.1 200 .*page of a\n\z/s, "after $pause s: $answer");
    }
    # given back: the worker has no connection
    sleep 0.4;
    my ($w) = workers(5001);
    claim((grep { /^socket/ } open_of($w)) == 1, "its worker has let go: @{[open_of($w)]}");
};

test last_request => 'MaxKeepAliveRequests counts requests, however often the connection was passed', sub {
    for my $pause (0, 0.3) {
        configure("MaxClients 8\nMaxKeepAliveRequests 4\n");
        start();
        my ($s, $answer) = keep_alive('a');
        # httpd 2.0 keeps the connection so many times, and closes it after one more
        for my $n (2 .. 5) {
            sleep $pause;
            send_all($s, get('a', '/index.html'));
            $answer = receive($s, 5, qr/page of a\n/);
            claim($answer =~ /page of a/, "request $n after $pause s: $answer");
            claim(($answer =~ /^Connection: close/mi) == ($n == 5), "request $n says: $answer");
        }
        claim(closed($s, 3), 'and is closed then');
        stop();
    }
};

test idle => 'KeepAliveTimeout ends an idle connection, and Timeout one that never begins', sub {
    configure("MaxClients 8\nKeepAliveTimeout 2\nTimeout 3\n");
    start();
    my $never = connect_to();
    my $half = connect_to();
    send_all($half, "GET / HTTP/1.0\r\nHost: a.te");
    my $since = time;
    my $s = keep_alive('a');
    claim(closed($s, 5), 'closed');
    my $took = time - $since;
    claim($took > 1.5 && $took < 3.5, "after $took s");
    claim(closed($_, 6), 'one without a request') for $never, $half;
    $took = time - $since;
    claim($took > 2.5 && $took < 5, "after $took s");
};

# Where httpd begins to look for a vhost depends on the request before: the first that has the name counts.
test hosts => 'each request on a connection finds its own vhost', sub {
    my ($uid, $names) = ($host{a}, '');
    for my $h (['x', 'w*.test'], ['y', 'wy.test v.test'], ['z', 'v.test']) {
        my $root = "$work/a/$h->[0]";
        make_path($root);
        write_file("$root/index.html", "host $h->[0]\n");
        $names .= "<VirtualHost 127.0.0.1:$port>\nServerName $h->[0].test\nServerAlias $h->[1]\n"
            . "DocumentRoot $root\nAssignUserID #$uid #$uid\n</VirtualHost>\n";
    }
    system("chown -R $uid:$uid $work/a") == 0 or die;
    configure("MaxClients 8\n$names");
    start();
    my @asked = qw(y wy y v z v wx x z Y Wy unknown y a z);
    my @wanted = map { "host $_" } qw(y x y y z y x x z y x x y);
    push @wanted, 'page of a', 'host z';
    my @request = map { get($_, '/index.html') } @asked;
    my $seen = sub { join ' ', $_[0] =~ /^((?:host|page of) \w)$/mg };

    my $s = connect_to();
    send_all($s, join '', @request);
    my $answer = receive($s, 3, qr/\A(?>.*?^(?:host|page of) \w\n){15}/ms);
    claim($seen->($answer) eq "@wanted", 'sent together: ' . $seen->($answer));

    for my $pause (0, 0.3) {            # with the worker, and back from the dispatcher
        $s = connect_to();
        my $all = '';
        for my $request (@request) {
            sleep $pause;
            send_all($s, $request);
            $all .= receive($s, 3, qr/^(?:host|page of) \w\n/m);
        }
        claim($seen->($all) eq "@wanted", "one after the other, $pause s between them: " . $seen->($all));
    }

    $s = connect_to();
    send_all($s, get('z', '/index.html') . "GET http://v.test/index.html HTTP/1.1\r\nHost: z.test\r\n\r\n" . get('z', '/index.html'));
    $answer = receive($s, 3, qr/\A(?>.*?^host \w\n){3}/ms);
    claim($seen->($answer) eq 'host z host y host z', 'a name in the target: ' . $seen->($answer));
};

test pipelined => 'requests that come together are answered in their order', sub {
    configure("MaxClients 8\n");
    start();
    my $s = connect_to();
    send_all($s, join '', map { get('a', "/index.html?$_") } 1 .. 20);
    my $answer = receive($s, 3, qr/\A(?>.*?page of a\n){20}/s);
    claim(pages($answer) == 20, '20 answers: ' . pages($answer));
    send_all($s, get('a', '/cgi/id') . get('a', '/index.html'));
    $answer = receive($s, 3, qr/page of a\n/);
    claim($answer =~ /\b5001\n.*page of a\n/s, "on the same connection afterwards: $answer");

    # the answers to the first ones come, although another pool's request follows
    $s = connect_to();
    send_all($s, get('a', '/index.html') . get('a', '/index.html') . get('b', '/index.html'));
    $answer = receive($s, 5);
    claim(pages($answer) == 2 && $answer !~ /page of b|^HTTP\S+ 4/m, "two, and closed: $answer");

    # a POST with its body, an empty line too many, then the next
    $s = connect_to();
    send_all($s, "POST /cgi/id HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nabcde\r\n\r\n" . get('a', '/index.html'));
    $answer = receive($s, 3, qr/page of a\n/);
    claim($answer =~ /5001\n.*page of a\n/s, "after a body: $answer");
};

test partial => 'half a head behind a request waits a second, and delays no answer', sub {
    configure("MaxClients 8\n");
    start();
    my $half = "GET /index.html HTTP/1.1\r\nHo";
    my $s = connect_to();
    my $since = time;
    send_all($s, get('a', '/index.html') . $half);
    my $answer = receive($s, 5, qr/page of a\n/);
    claim($answer =~ /page of a/ && time - $since < 0.8, "the answer comes at once, not after @{[time - $since]} s");
    sleep 0.3;
    send_all($s, "st: a.test\r\n\r\n");
    claim(receive($s, 5, qr/page of a\n/) =~ /page of a/, 'the rest comes in time');

    send_all($s, get('a', '/index.html') . $half);
    receive($s, 5, qr/page of a\n/);
    $since = time;
    claim(closed($s, 5), 'the rest does not come');
    my $took = time - $since;
    claim($took > 0.6 && $took < 2.5, "closed after $took s");

    # a byte now and then does not win time
    $s = connect_to();
    send_all($s, get('a', '/index.html') . 'GET /');
    receive($s, 5, qr/page of a\n/);
    $since = time;
    for (1 .. 20) {
        sleep 0.2;
        last if !send_all($s, 'x') || IO::Select->new($s)->can_read(0);
    }
    claim(time - $since < 2.5, "a byte at a time: open for @{[time - $since]} s");
};

test slow_heads => 'a head that comes slowly costs no worker', sub {
    configure("MaxClients 4\nTimeout 10\n");
    start();
    my @slow = map { connect_to() } 1 .. 30;
    my $head = get('a', '/index.html');
    my @byte = split //, $head;
    for my $round (0 .. 5) {
        send_all($_, $byte[$round]) for @slow;
        sleep 0.05;
    }
    claim(!workers(5001), 'no worker for a head that is not there: ' . scalar workers(5001));
    claim(ask('b', '/index.html') =~ /page of b/, 'others are served');
    send_all($_, substr $head, 6) for @slow;
    my $good = grep { receive($_, 8, qr/page of a\n/) =~ /page of a/ } @slow;
    claim($good == 30, "$good of 30 are answered in the end");
    # a kept connection that begins its next request slowly
    send_all($slow[0], 'GET /ind');
    sleep 0.6;
    my @busy = grep { 1 < grep { /^socket/ } open_of($_) } workers(5001);
    claim(!@busy, "a worker waits for the rest of a head: @busy");
    send_all($slow[0], substr $head, 8);
    claim(receive($slow[0], 5, qr/page of a\n/) =~ /page of a/, 'the rest comes');
};

test one_pool => 'an address of one pool passes connections unseen, and waits for their heads all the same', sub {
    my $other = $port + 1;
    configure("MaxClients 8\nTimeout 8\nListen 127.0.0.1:$other\n<VirtualHost 127.0.0.1:$other>\nServerName one.test\n"
        . "DocumentRoot $work/a\nAssignUserID #5001 #5001\n</VirtualHost>\n");
    start();
    my $to = sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $other, Timeout => 5) or die "connect: $!" };
    my $s = $to->();
    send_all($s, get('one', '/index.html'));
    claim(receive($s, 5, qr/page of a\n/) =~ /page of a/, 'whole');
    $s = $to->();
    send_all($s, 'GET /index.html HT');
    sleep 2.5;
    my @busy = grep { 1 < grep { /^socket/ } open_of($_) } workers(5001);
    claim(!@busy, "a worker waits for the rest of a head: @busy");
    send_all($s, "TP/1.0\r\nHost: one.test\r\n\r\n");
    claim(receive($s, 5) =~ /page of a/, 'in two pieces, two seconds between them');
    $s = $to->();
    claim(closed($s, 11), 'nothing at all: closed after Timeout');
};

test lingering => 'an answer arrives whole, although the client is still sending', sub {
    configure("MaxClients 4\n");
    start();
    write_file("$work/a/large", 'x' x 3_000_000);
    chmod 0644, "$work/a/large";
    for my $round (1 .. 3) {
        my $s = connect_to();
        setsockopt $s, SOL_SOCKET, SO_RCVBUF, pack 'i', 65536;
        send_all($s, "GET /large HTTP/1.0\r\nHost: a.test\r\n\r\n");
        sleep 0.2;
        send_all($s, 'y' x 20_000);    # nobody asked for that
        my $answer = receive($s, 20);
        claim(index($answer, "\r\n\r\n" . 'x' x 3_000_000) > 0, "round $round: " . length($answer) . ' bytes');
    }
    # a client that neither reads nor closes keeps no worker
    my @s = map { connect_to() } 1 .. 3;
    send_all($_, "GET /index.html HTTP/1.0\r\nHost: a.test\r\n\r\n") for @s;
    sleep 0.5;
    my @busy = grep { 1 < grep { /^socket/ } open_of($_) } workers(5001);
    claim(!@busy, "a worker has a connection that is answered: @busy");
};

test bodies => 'bodies go to scripts whole, also slow ones and in chunks', sub {
    configure("MaxClients 8\n");
    start();
    script('a', 'count', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; wc -c\n");
    my $s = connect_to();
    send_all($s, "POST /cgi/count HTTP/1.1\r\nHost: a.test\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n");
    for (1 .. 20) { send_all($s, 'z' x 10_000); sleep 0.08; }
    claim(receive($s, 5) =~ /^200000$/m, 'a body of 200000 bytes, for two seconds');
    $s = connect_to();
    send_all($s, "POST /cgi/count HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nabcde\r\n");
    sleep 1.2;
    send_all($s, "3\r\nfgh\r\n0\r\n\r\n");
    claim(receive($s, 5) =~ /^(?:8|0)$|411/m, 'in chunks');
    $s = connect_to();
    send_all($s, "POST /cgi/count HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    claim(receive($s, 5, qr/^HTTP\S+ 100 /) =~ /^HTTP\S+ 100 /, 'goes on');
    send_all($s, 'abcd');
    claim(receive($s, 5) =~ /^4$/m, 'after 100');
};

test locations => 'a place of another user is served by that user, or not at all', sub {
    make_path("$work/shop");
    $host{s} = 5003;
    eval {
        lay_out();
        delete $host{s};
        write_file("$work/s/page.html", "page of the shop\n");
        write_file("$work/a/ssi.shtml", "before <!--#include virtual=\"/shop/page.html\"--> after\n");
        chown 5003, 5003, "$work/s/page.html";
        chown 5001, 5001, "$work/a/ssi.shtml";
        configure("MaxClients 8\n", a => <<"CONF");
Alias /shop $work/s
<Location /shop>
AssignUserID #5003 #5003
</Location>
ScriptAlias /shop-cgi/ $work/s/cgi/
<Location /shop-cgi>
AssignUserID #5003 #5003
</Location>
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
<Directory $work/a>
Options +Includes
</Directory>
RewriteEngine On
RewriteRule ^/rewritten\$ /shop/page.html [PT]
ErrorDocument 404 /shop/page.html
CONF
        start();
        claim(ask('a', '/shop/page.html') =~ /page of the shop/, 'the place: ' . ask('a', '/shop/page.html'));
        claim(ask('a', '/shop-cgi/id') =~ /^5003$/m, 'its scripts: ' . ask('a', '/shop-cgi/id'));
        claim(ask('a', '/%73hop-cgi/id') =~ /^5003$/m, 'said another way: ' . ask('a', '/%73hop-cgi/id'));
        claim(ask('a', '/x/../shop-cgi/id') =~ /^5003$/m, 'and another: ' . ask('a', '/x/../shop-cgi/id'));
        my $answer = ask('a', '/ssi.shtml');
        claim($answer =~ /before .*(?:error).* after/s && $answer !~ /page of the shop/, "a part of a page of a: $answer");
        $answer = ask('a', '/rewritten');
        claim($answer =~ /^HTTP\S+ 4(?:21|03) .*Connection: close/s && $answer !~ /page of the shop/, "rewritten to it: $answer");
        $answer = ask('a', '/nowhere');
        claim($answer =~ /^HTTP\S+ (?:404|403)/ && $answer !~ /page of the shop/, "as an ErrorDocument: $answer");
        # a later request on a connection: closed without an answer
        my $s = keep_alive('a');
        send_all($s, get('a', '/shop/page.html'));
        claim(receive($s, 5) eq '', 'on a connection of a');
        1;
    } or do { my $why = $@; delete $host{s}; die $why; };
    delete $host{s};
};

test ipv6 => 'the same over IPv6', sub {
    my $s6 = IO::Socket::IP->new(LocalHost => '::1', LocalPort => 0, Listen => 1) or return skip('no IPv6 here');
    close $s6;
    my $more = $line eq '2.0' ? "NameVirtualHost [::1]:$port\n" : "UseCanonicalPhysicalPort On\n";
    configure("MaxClients 8\nListen [::1]:$port\n$more", map { $_ => "</VirtualHost>\n<VirtualHost [::1]:$port>\n"
        . "ServerName $_.test\nDocumentRoot $work/$_\nScriptAlias /cgi/ $work/$_/cgi/\nAssignUserID #$host{$_} #$host{$_}\n" } keys %host);
    start();
    my $to = sub { IO::Socket::IP->new(PeerHost => '::1', PeerPort => $port, Timeout => 5) or die "connect: $!" };
    for my $h (sort keys %host, sort keys %host) {
        my $s = $to->();
        send_all($s, get($h, '/cgi/env'));
        my $answer = receive($s, 5, qr/\n0\r\n\r\n/);
        claim($answer =~ /^REMOTE_ADDR=::1$/m && $answer =~ /^SERVER_ADDR=::1$/m && $answer =~ /^SERVER_PORT=$port$/m, "addresses: $answer");
        sleep 0.3;    # by way of the dispatcher
        send_all($s, get($h, '/cgi/id'));
        claim(receive($s, 5, qr/\n0\r\n\r\n/) =~ /^$host{$h}$/m, "kept, $h");
        # and the other family in the same worker
        claim(ask($h, '/cgi/env') =~ /^REMOTE_ADDR=127\.0\.0\.1$/m, 'IPv4 beside it');
    }
};

test busy => 'no connection is lost when there are more than workers', sub {
    configure("MaxClients 3\n");
    start();
    script('a', 'short', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; sleep 0.05; echo done\n");
    my @s = map { connect_to() } 1 .. 40;
    for my $i (0 .. $#s) {
        send_all($s[$i], "GET " . ($i % 4 ? '/index.html' : '/cgi/short') . " HTTP/1.0\r\nHost: " . ($i % 3 ? 'a' : 'b') . ".test\r\n\r\n");
    }
    my @answers = map { receive($_, 20) } @s;
    my @bad = grep { $answers[$_] !~ /^HTTP\S+ (?:200|404)/ } 0 .. $#s;
    claim(!@bad, 'not answered: ' . join ', ', map { "$_ ($answers[$_])" } @bad);
};

1;
