#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# A real server, attacked over loopback and from inside of its workers.
#
#   perl tests/mpm-itk/live.pl PREFIX [NAME...]
#
# PREFIX is where httpd 2.0 with this MPM is installed, modules shared. Root,
# in namespaces of its own: it starts and stops servers on port 18080.
use strict;
use warnings;
no warnings 'portable';
use Fcntl qw(SEEK_SET);
use File::Path qw(make_path remove_tree);
use IO::Select;
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

my $prefix = shift or die "usage: live.pl PREFIX [NAME...]\n";
my %only = map { $_ => 1 } @ARGV;
my $work = "/tmp/itk-live.$$";
my $port = 18080;
my ($passed, $failed, $trouble, $parent) = (0, 0, undef, undef);

die "live.pl has to be started as root\n" if $>;
$SIG{PIPE} = 'IGNORE';

# The prototype: a match that fails is an empty list otherwise, and no argument.
sub claim($$) {
    my ($holds, $what) = @_;
    $trouble //= $what if !$holds;
    return $holds;
}

# ---- the server -------------------------------------------------------------

sub write_file {
    my ($path, $text, $mode) = @_;
    open my $f, '>', $path or die "$path: $!";
    print $f $text;
    close $f or die "$path: $!";
    chmod $mode, $path if $mode;
}

my %host = (a => 5001, b => 5002);
my @modules = qw(access log_config mime env setenvif alias cgi dir status
                 actions rewrite headers autoindex);

# Settings for the server, then for each host.
sub configure {
    my ($global, %of) = @_;
    my $text = <<"CONF";
ServerRoot "$prefix"
Listen 127.0.0.1:$port
PidFile $work/httpd.pid
LockFile $work/accept.lock
ErrorLog $work/error_log
LogLevel info
TypesConfig conf/mime.types
ServerName localhost
DocumentRoot $work/main
User #65534
Group #65534
Timeout 20
KeepAliveTimeout 10
NameVirtualHost 127.0.0.1:$port
CONF
    for my $m (@modules) {
        my $so = "modules/mod_$m.so";
        $text .= "LoadModule ${m}_module $so\n" if -e "$prefix/$so";
    }
    $text .= "$global\n";
    for my $h (sort keys %host) {
        my $more = $of{$h} // '';
        $text .= <<"CONF";
<VirtualHost 127.0.0.1:$port>
ServerName $h.test
DocumentRoot $work/$h
ScriptAlias /cgi/ $work/$h/cgi/
AssignUserID #$host{$h} #$host{$h}
$more
</VirtualHost>
CONF
    }
    write_file("$work/httpd.conf", $text);
}

sub lay_out {
    make_path("$work/main");
    chmod 0755, $work;
    for my $h (keys %host) {
        make_path("$work/$h/cgi");
        write_file("$work/$h/index.html", "page of $h\n");
        write_file("$work/$h/cgi/id", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; id -u\n", 0755);
        write_file("$work/$h/cgi/sleep", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; exec sleep 15\n", 0755);
        system("chown -R $host{$h}:$host{$h} $work/$h && chmod 700 $work/$h") == 0 or die;
    }
}

sub say_log {
    open my $f, '<', "$work/error_log" or return '';
    local $/;
    return <$f> // '';
}

sub start {
    unlink "$work/error_log";
    system("$prefix/bin/httpd", '-f', "$work/httpd.conf") == 0 or die "httpd did not start:\n" . say_log();
    within(10, sub { -s "$work/httpd.pid" && children($parent = pid()) }) or die "no children:\n" . say_log();
    within(5, sub { my $s = connect_to() or return 0; close $s; 1 });
}

sub pid {
    open my $f, '<', "$work/httpd.pid" or return 0;
    my $line = <$f> // 0;
    chomp $line;
    return $line;
}

sub alive {
    my $p = shift;
    open my $f, '<', "/proc/$p/stat" or return 0;
    return <$f> !~ /\) Z /;
}

sub stop {
    return if !$parent;
    kill TERM => $parent if alive($parent);
    within(15, sub { !alive($parent) }) or kill KILL => children($parent), $parent;
    $parent = undef;
}

sub within {
    my ($seconds, $true) = @_;
    my $end = time + $seconds;
    until ($true->()) {
        return 0 if time > $end;
        sleep 0.02;
    }
    return 1;
}

sub children {
    my $of = shift;
    my @found;
    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $f, '<', $stat or next;
        my $line = <$f> // next;
        push @found, $1 if $line =~ /^(\d+) \(.*\) [^Z] (\d+)/ && $2 == $of;
    }
    return @found;
}

sub uid_of {
    my $p = shift;
    open my $f, '<', "/proc/$p/status" or return -1;
    local $/;
    return <$f> =~ /^Uid:\s+(\d+)/m ? $1 : -1;
}

sub descendants { my @c = children($_[0]); return map { $_, descendants($_) } @c; }
# The processes that are not children of the parent, but of those.
sub of_connections {
    my %child = map { $_ => 1 } children($parent);
    return grep { !$child{$_} } descendants($parent);
}

sub workers { my $u = shift; return grep { uid_of($_) == $u } descendants($parent); }

# ---- the client -------------------------------------------------------------

sub connect_to {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5);
}

# What comes until it is closed, or nothing comes for a while.
sub receive {
    my ($s, $seconds, $enough) = @_;
    my ($all, $end) = ('', time + ($seconds // 5));
    while (time < $end && IO::Select->new($s)->can_read($end - time)) {
        my $n = sysread $s, my $part, 65536;
        last if !$n;
        $all .= $part;
        last if $enough && $all =~ $enough;
    }
    return $all;
}

sub ask {
    my ($host, $path, %h) = @_;
    my $s = connect_to() or return '';
    print $s "GET $path HTTP/1.0\r\nHost: $host.test\r\n", map({ "$_: $h{$_}\r\n" } keys %h), "\r\n";
    return receive($s);
}

sub keep_alive {
    my $host = shift;
    my $s = connect_to() or die "connect: $!";
    print $s "GET /index.html HTTP/1.1\r\nHost: $host.test\r\n\r\n";
    my $answer = receive($s, 5, qr/page of \w\n/);
    return wantarray ? ($s, $answer) : $s;
}

# Is this text anywhere in the memory of that process?
sub memory_has {
    my ($p, $text) = @_;
    open my $maps, '<', "/proc/$p/maps" or die "maps: $!";
    open my $mem, '<:raw', "/proc/$p/mem" or die "mem: $!";
    while (<$maps>) {
        /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
        my ($at, $end) = (hex $1, hex $2);
        sysseek $mem, $at, SEEK_SET or next;
        my $n = sysread $mem, my $bytes, $end - $at;
        return 1 if $n && index($bytes, $text) >= 0;
    }
    return 0;
}

# ---- the tests --------------------------------------------------------------

my @tests;
sub test { push @tests, [@_]; }

test serves => 'each host is served as its own user', sub {
    configure("StartServers 2\nMaxClients 8\n");
    start();
    for my $h (sort keys %host) {
        claim(ask($h, '/index.html') =~ /page of $h/, "page of $h");
        claim(ask($h, '/cgi/id') =~ /^$host{$h}$/m, "uid of $h: " . ask($h, '/cgi/id'));
    }
    my ($s, $answer) = keep_alive('a');
    claim($answer =~ /page of a/, 'first request');
    print $s "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n";
    claim(receive($s, 5) eq '', 'another user on one connection');
};

test remnants => "a worker has nothing in it of what other hosts' clients sent", sub {
    configure("StartServers 1\nMinSpareServers 1\nMaxSpareServers 2\nMaxClients 1\n");
    start();
    for my $i (1 .. 5) {
        ask('b', '/index.html', Cookie => "secret-of-b-" . 'x' x (100 * $i));
    }
    my $s = connect_to();
    print $s "POST /nothing HTTP/1.0\r\nHost: b.test\r\nContent-Length: 396\r\n\r\n", 'body-of-b:: ' x 33;
    receive($s);
    ($s) = keep_alive('a');
    my @w = workers(5001);
    claim(@w == 1, "one worker, not @w");
    for my $secret (@w ? ('secret-of-b', 'body-of-b') : ()) {
        claim(!memory_has($w[0], $secret), "$secret is in the memory of a's worker");
    }
};

test slots => 'MaxClientsVHost is free again after a full restart', sub {
    configure("StartServers 8\nMinSpareServers 1\nMaxClients 12\n", a => 'MaxClientsVHost 3');
    start();
    sleep 0.5;
    # most of them in slots that are not used again soon after the restart
    my @held = ((map { scalar keep_alive('b') } 1 .. 5), map { scalar keep_alive('a') } 1 .. 3);
    claim(ask('a', '/index.html') =~ /^HTTP\S+ 503/, 'the fourth is refused');
    configure("StartServers 1\nMinSpareServers 1\nMaxSpareServers 2\nMaxClients 12\n", a => 'MaxClientsVHost 2');
    kill HUP => $parent;
    claim(within(15, sub { say_log() =~ /resuming normal operations.*resuming normal operations/s }), 'restart');
    for my $n (1 .. 3) {
        my $answer = ask('a', '/index.html');
        claim($answer =~ /page of a/, "request $n after the restart: $answer");
    }
};

test killed => 'a worker that is killed leaves no place taken, nor its reader', sub {
    configure("StartServers 4\nMinSpareServers 4\nMaxClients 4\n", a => 'MaxClientsVHost 1');
    start();
    for my $i (1 .. 6) {
        my $s = keep_alive('a');
        my @w = workers(5001);
        claim(@w == 1, "round $i: @w");
        kill KILL => @w;
        claim(within(3, sub { !workers(5001) }), 'gone');
        claim(receive($s, 3) eq '', 'closed');
    }
    claim(ask('a', '/index.html') =~ /page of a/, 'served');
};

test stop_lost => 'a stop that comes during a restart is not lost', sub {
    for my $sig ('USR1', 'HUP') {
        configure("StartServers 8\nMaxClients 20\n" . join '', map { "<Directory /nowhere/$_>\nAllowOverride None\n</Directory>\n" } 1 .. 20000);
        start();
        kill $sig => $parent;
        within(5, sub { say_log() =~ /doing restart|Attempting to restart/ });
        kill TERM => $parent;
        claim(within(12, sub { !alive($parent) }), "still there after $sig and TERM");
        stop();
    }
};

test stranger => 'the exit code of a process that is no child of ours is nothing to us', sub {
    # as process 1 of a namespace httpd inherits what scripts leave behind
    configure("StartServers 2\nMaxClients 8\n");
    write_file("$work/a/cgi/leave", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nleft\\n'\n(sleep 0.3; exit 15) >/dev/null 2>&1 &\n", 0755);
    system("chown 5001:5001 $work/a/cgi/leave");
    unlink "$work/error_log", "$work/httpd.pid";
    my $outer = fork;
    if (!$outer) {
        exec 'unshare', '-p', '-f', '--kill-child', "$prefix/bin/httpd", '-D', 'FOREGROUND', '-f', "$work/httpd.conf";
        exit 1;
    }
    claim(within(10, sub { my $s = connect_to(); $s ? 1 : 0 }), 'start');
    claim(ask('a', '/cgi/leave') =~ /left/, 'the script runs');
    sleep 2;
    claim(waitpid($outer, WNOHANG) == 0, 'the server is there: ' . (say_log() =~ /(.*Fatal.*)/ ? $1 : ''));
    claim(ask('a', '/index.html') =~ /page of a/, 'and serves');
    kill KILL => $outer;
    waitpid $outer, 0;
};

test heads => 'heads that httpd refuses are answered by nobody but User', sub {
    configure("StartServers 2\nMaxClients 8\nErrorDocument 400 /cgi/id\nErrorDocument 414 /cgi/id\n", a => "ErrorDocument 400 /cgi/id\n");
    start();
    my %bad = (
        'no Host' => "GET / HTTP/1.1\r\n\r\n",
        'long line' => 'GET /' . 'x' x 9000 . " HTTP/1.0\r\n\r\n",
        'bad header' => "GET / HTTP/1.0\r\nHost: a.test\r\nnonsense\r\n\r\n",
        'bad Host' => "GET / HTTP/1.1\r\nHost: a.test/../b\r\n\r\n",
        '0.9 HEAD' => "HEAD /\r\n",
    );
    for my $name (sort keys %bad) {
        my $s = connect_to();
        print $s $bad{$name};
        my $answer = receive($s, 5);
        claim($answer =~ /Bad Request|Too Large|Expectation Failed|400|414|417/, "$name: $answer");
        claim($answer !~ /^500[12]$/m, "$name ran a script: $answer");
    }
    my $s = connect_to();
    print $s "GET /index.html\r\n";
    claim(receive($s, 5) =~ /page of a/, '0.9');
};

test keyring => "root's session keyring is not handed to a host's programs", sub {
    my ($type, $name, $secret, $ring) = ("user\0", "itk-live\0", 'of root', "itk-live\0");
    return if `uname -m` ne "x86_64\n" || syscall(250, 1, $ring) < 0;     # KEYCTL_JOIN_SESSION_KEYRING
    my $key = syscall(248, $type, $name, $secret, length $secret, -3);    # add_key
    claim($key > 0, "add_key: $!");
    configure("StartServers 1\nMaxClients 4\n");
    start();
    write_file("$work/a/cgi/key", <<'SCRIPT', 0755);
#!/usr/bin/perl
$|++;
print "Content-Type: text/plain\n\n";
my ($type, $name, $data) = ("user\0", "itk-live\0", "\0" x 64);
my $key = syscall(250, 10, -3, $type, $name, 0);
print "found $key\n" if $key > 0;
print syscall(250, 11, 0 + $ENV{QUERY_STRING}, $data, 64), " $data\n";
print "added\n" if syscall(248, $type, $name, "x", 1, -3) > 0;
SCRIPT
    system("chown 5001:5001 $work/a/cgi/key");
    my $answer = ask('a', "/cgi/key?$key");
    claim($answer =~ /^-1 /m && $answer !~ /found|added|of root/, $answer);
};

test inherited => 'no process of a connection has a listening socket, or shares memory that counts', sub {
    configure("StartServers 2\nMaxClients 8\n");
    start();
    my $early = connect_to();
    print $early "GET / HTTP/1.0\r\n";
    my $s = keep_alive('a');
    open my $tcp, '<', '/proc/net/tcp' or die;
    my %listening = map { (split)[9] => 1 } grep { (split)[3] eq '0A' } <$tcp>;
    claim(%listening, 'somebody listens');
    my @c;
    claim(within(3, sub { (@c = of_connections()) == 2 }), "two connections, not @c");
    for my $p (@c) {
        my @fds = map { readlink($_) // '' } glob "/proc/$p/fd/*";
        claim(!(grep { /^socket:\[(\d+)\]/ && $listening{$1} } @fds), "$p listens: @fds");
        claim((grep { /^socket/ } @fds) == 1, "$p has one socket: @fds");
        next if uid_of($p) == 65534;
        open my $maps, '<', "/proc/$p/maps" or die;
        my @shared = grep { /^\S+ \S+s / } <$maps>;
        claim(@shared == 1, "$p shares: @shared");
    }
};

test stopped => 'a stop ends workers that do not hear it', sub {
    configure("StartServers 3\nMaxClients 8\n");
    start();
    my $early = connect_to();
    print $early "GET / HTTP/1.0\r\n";
    my $s = keep_alive('a');
    my @c;
    claim(within(3, sub { (@c = of_connections()) == 2 }), "two connections, not @c");
    kill STOP => @c;
    kill TERM => $parent;
    claim(within(8, sub { !alive($parent) }), 'stopped');
    claim(within(2, sub { !grep { alive($_) } @c }), 'no worker is left');
    kill KILL => @c;
};

test graceful => 'a graceful restart lets a worker finish and loses no request', sub {
    configure("StartServers 2\nMaxClients 8\n", a => 'MaxClientsVHost 1');
    start();
    my $s = keep_alive('a');
    kill USR1 => $parent;
    my $lost = 0;
    for (1 .. 40) {
        $lost++ if ask('b', '/index.html') !~ /page of b/;
        sleep 0.02;
    }
    claim($lost == 0, "$lost lost");
    claim(ask('a', '/index.html') =~ /^HTTP\S+ 503/, 'the place is still taken');
    print $s "GET /index.html HTTP/1.0\r\nHost: a.test\r\n\r\n";
    claim(receive($s, 3) =~ /page of a/, 'the old worker serves on');
    claim(within(3, sub { ask('a', '/index.html') =~ /page of a/ }), 'the place is free');
};

test terminal => 'no worker has the terminal that root started the server on', sub {
    configure("StartServers 1\nMaxClients 4\n");
    unlink "$work/error_log", "$work/httpd.pid";
    my $script = fork;
    if (!$script) {
        open STDIN, '<', '/dev/null';
        exec 'script', '-qec', "$prefix/bin/httpd -D FOREGROUND -f $work/httpd.conf", '/dev/null';
        exit 1;
    }
    my $s;
    claim(within(10, sub { $s = connect_to() }), 'start') or return;
    within(5, sub { $parent = pid() });
    print $s "GET /index.html HTTP/1.1\r\nHost: a.test\r\n\r\n";
    receive($s, 5, qr/page of a/);
    my %terminal;
    for my $p ($parent, workers(5001)) {
        open my $stat, '<', "/proc/$p/stat" or next;
        $terminal{$p} = (split ' ', (<$stat> =~ /\) (.*)/)[0])[4];
    }
    claim(keys(%terminal) == 2 && $terminal{$parent}, 'the parent has one: ' . join ' ', %terminal);
    delete $terminal{$parent};
    claim(!(grep { $_ } values %terminal), 'the worker has it as well');
    stop();
    waitpid $script, 0;
};

test forks => 'a connection that no process can be had for is closed, and the server lives', sub {
    configure("StartServers 4\nMinSpareServers 1\nMaxClients 6\n");
    unlink "$work/error_log";
    # root may always fork; User may not, with more than one process
    system('prlimit', '--nproc=1', "$prefix/bin/httpd", '-f', "$work/httpd.conf") == 0 or die 'start';
    within(10, sub { -s "$work/httpd.pid" && children($parent = pid()) }) or die 'no children';
    claim(ask('a', '/index.html') eq '', 'closed') for 1 .. 5;
    claim(say_log() =~ /could not fork a process for a connection/, 'it is said why');
    claim(scalar(children($parent)) >= 1 && alive($parent), 'it lives');
};

test identities => 'ids at the ends of their range, priorities, and no others', sub {
    local $host{a} = 4294967294;
    lay_out();
    configure("StartServers 1\nMaxClients 4\n", a => 'NiceValue -7', b => 'NiceValue 9');
    start();
    for (['a', -7], ['b', 9]) {
        my ($h, $nice) = @$_;
        my $s = keep_alive($h);
        my @w = workers($host{$h});
        claim(@w == 1 && getpriority(0, $w[0]) == $nice, "$h: " . join ' ', map { getpriority 0, $_ } @w);
    }
    claim(!(grep { getpriority(0, $_) } children($parent)), 'the children keep theirs');
    stop();
    for my $wrong ("<Limit GET>\nAssignUserID #5 #5\n</Limit>", "AssignUserID #0 #5", 'AssignUserID #4294967295 #5',
        "<Location />\nNiceValue 1\n</Location>", 'LimitUIDRange 2000 1000', "LimitUIDRange 1 5000") {
        configure($wrong);
        my $said = `$prefix/bin/httpd -t -f $work/httpd.conf 2>&1`;
        claim($? != 0 && $said =~ /line \d+ of/, "$wrong: $said");
    }
};

test vhosts => 'however a host is named, its user serves it', sub {
    configure("StartServers 2\nMaxClients 8\n", a => "ServerAlias *.a.test\nServerPath /of-a", b => 'ServerPath /of-b');
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
        print $s $head;
        my $answer = receive($s, 5);
        claim($uid{$head} ? $answer =~ /^$uid{$head}$/m : $answer !~ /^5002$/m, "$head: $answer");
    }
    my $s = connect_to();
    print $s "TRACE / HTTP/1.0\r\nHost: b.test\r\n\r\n";
    claim(receive($s, 5) =~ /TRACE \/|405/, 'TRACE');
};

# ---- all of them ------------------------------------------------------------

for (@tests) {
    my ($name, $title, $code) = @$_;
    next if %only && !$only{$name};
    $trouble = undef;
    remove_tree($work);
    lay_out();
    eval { $code->(); 1 } or $trouble //= $@;
    eval { stop(); 1 } or $trouble //= $@;
    if ($trouble) { $failed++; print "FAIL $name: $title\n     $trouble\n"; }
    else { $passed++; print "ok   $name: $title\n"; }
}
remove_tree($work) if !$failed;
print "$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
