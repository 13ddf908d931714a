# SPDX-License-Identifier: Apache-2.0
# Starting, stopping, restarting; processes that end or cannot be had.
use strict;
use warnings;
use POSIX qw(WNOHANG);

our ($prefix, $work, $port, $parent, %host);

test slots => 'MaxClientsVHost is free again after a full restart', sub {
    configure("MaxClients 12\n", a => 'MaxClientsVHost 3');
    start();
    my @held = map { scalar keep_alive('b') } 1 .. 5;
    for my $n (1 .. 3) {
        push @held, connect_to();
        send_all($held[-1], get('a', '/cgi/sleep'));
        claim(within(3, sub { $n == grep { children($_) } workers(5001) }), "script $n runs");
    }
    claim(ask('a', '/index.html') =~ /^HTTP\S+ 503/, 'the fourth is refused');
    configure("MaxClients 12\n", a => 'MaxClientsVHost 2');
    kill HUP => $parent;
    claim(within(15, sub { say_log() =~ /resuming normal operations.*resuming normal operations/s }), 'restart');
    for my $n (1 .. 3) {
        my $answer = ask('a', '/index.html');
        claim($answer =~ /page of a/, "request $n after the restart: $answer");
    }
};

test killed => 'a worker that is killed leaves no place taken, and its connection closed', sub {
    configure("MaxClients 4\n", a => 'MaxClientsVHost 1');
    start();
    for my $i (1 .. 6) {
        my $s = connect_to();
        send_all($s, "GET /cgi/sleep HTTP/1.0\r\nHost: a.test\r\n\r\n");
        claim(within(3, sub { grep { children($_) } workers(5001) }), "round $i: the script runs");
        my @w = workers(5001);
        claim(@w == 1, "round $i: @w");
        my @scripts = map { children($_) } @w;
        kill KILL => @w, @scripts;
        claim(within(3, sub { !grep { alive($_) } @w }), 'gone');
        receive($s, 3);
        claim(closed($s, 3), 'closed');
    }
    claim(within(5, sub { ask('a', '/index.html') =~ /page of a/ }), 'served: ' . say_log());
};

test stop_lost => 'a stop that comes during a restart is not lost', sub {
    for my $sig ('USR1', 'HUP') {
        configure("MaxClients 20\n" . join '', map { "<Directory /nowhere/$_>\nAllowOverride None\n</Directory>\n" } 1 .. 20000);
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
    configure("MaxClients 8\n");
    script('a', 'leave', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nleft\\n'\n(sleep 0.3; exit 15) >/dev/null 2>&1 &\n");
    unlink "$work/error_log", "$work/httpd.pid";
    my $outer = fork;
    if (!$outer) {
        exec 'unshare', '-p', '-f', '--mount-proc', '--kill-child', "$prefix/bin/httpd", '-D', 'FOREGROUND', '-f', "$work/httpd.conf";
        exit 1;
    }
    claim(within(10, sub { my $s = connect_to(); $s ? 1 : 0 }), 'start: ' . say_log());
    claim(ask('a', '/cgi/leave') =~ /left/, 'the script runs');
    sleep 2;
    claim(waitpid($outer, WNOHANG) == 0, 'the server is there: ' . (say_log() =~ /(.*Fatal.*)/ ? $1 : ''));
    claim(ask('a', '/index.html') =~ /page of a/, 'and serves');
    kill KILL => $outer;
    waitpid $outer, 0;
};

test stopped => 'a stop ends workers that do not hear it', sub {
    configure("MaxClients 8\n");
    start();
    my @held = (scalar(keep_alive('a')), scalar(keep_alive('b')));
    my @w = map { workers($_) } values %host;
    claim(@w == 2, "two workers, not @w");
    kill STOP => @w;
    kill TERM => $parent;
    claim(within(12, sub { !alive($parent) }), 'stopped');
    claim(within(2, sub { !grep { alive($_) } @w }), 'no worker is left');
    kill KILL => @w;
};

test graceful => 'a graceful restart lets a worker finish and loses no request', sub {
    configure("MaxClients 8\n");
    start();
    script('a', 'slow', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nbegun\\n'; sleep 3; echo 'ended'\n");
    my $slow = connect_to();
    send_all($slow, "GET /cgi/slow HTTP/1.0\r\nHost: a.test\r\n\r\n");
    receive($slow, 3, qr/begun/);
    my $kept = keep_alive('a');
    sleep 0.3;
    my @before = workers(5001);
    kill USR1 => $parent;
    my $lost = 0;
    for (1 .. 60) {
        $lost++ if ask('b', '/index.html') !~ /page of b/;
        sleep 0.02;
    }
    claim($lost == 0, "$lost lost");
    claim(say_log() =~ /resuming normal operations.*resuming normal operations/s, 'it has been restarted');
    # idle keep-alive connections go to the new dispatcher
    send_all($kept, get('a', '/index.html'));
    claim(receive($kept, 3, qr/page of a\n/) =~ /page of a/, 'a kept connection lives on');
    claim(receive($slow, 6) =~ /ended/, 'the old worker finishes');
    claim(within(8, sub { my %now = map { $_ => 1 } workers(5001); !grep { $now{$_} } @before }), 'and ends');
};

# In the fork model connections stay with their worker; the same way is TLS's.
test graceful_stays => 'a connection that stays has its next answer after a graceful restart, and hears that it is the last', sub {
    configure("MaxClients 8\nItkModel fork\n");
    start();
    script('a', 'slow', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nbegun\\n'; sleep 2; echo 'ended'\n");
    my $slow = connect_to();
    send_all($slow, get('a', '/cgi/slow'));
    receive($slow, 3, qr/begun/);
    my ($kept, $first) = keep_alive('b');
    claim($first !~ /^Connection: close/mi, 'promised another one');
    kill USR1 => $parent;
    claim(within(5, sub { say_log() =~ /resuming normal operations.*resuming normal operations/s }), 'it has been restarted');
    # whose answer was on its way when its worker was told to end
    claim(receive($slow, 5, qr/\r\n0\r\n\r\n/) =~ /ended/, 'the old worker finishes');
    sleep 0.3;
    for ([$slow, 'a'], [$kept, 'b']) {
        my ($s, $host) = @$_;
        send_all($s, get($host, '/index.html'));
        my $answer = receive($s, 5);
        claim($answer =~ /page of $host/, "$host: another request is answered");
        claim($answer =~ /^Connection: close/mi, "$host: and the last one");
    }
    claim(within(5, sub { !grep { workers($_) } values %host }), 'then their workers end');
};

test dispatcher_killed => 'without a dispatcher its workers end, and there is another one', sub {
    configure("MaxClients 8\n");
    start();
    my @held = (scalar(keep_alive('a')), scalar(keep_alive('b')));
    my @d = dispatchers();
    my @w = map { workers($_) } values %host;
    kill KILL => @d;
    claim(within(5, sub { my $s = ask('a', '/index.html'); $s =~ /page of a/ }), 'served again: ' . say_log());
    claim(within(5, sub { !grep { alive($_) } @w }), 'the workers of the old one are gone');
};

test forks => 'when no process can be had the server waits, lives, and serves afterwards', sub {
    my $group = "/sys/fs/cgroup/pids/itk-live.$$";
    return skip('no cgroup for pids') if !-w '/sys/fs/cgroup/pids' || !mkdir $group;
    configure("MaxClients 6\nTimeout 20\n");
    start('sh', '-c', "echo \$\$ > $group/cgroup.procs && exec \"\$@\"", 'sh');
    sleep 0.5;
    my $now = (split /\n/, read_file("$group/pids.current"))[0];
    write_file("$group/pids.max", $now);
    my $s = connect_to();
    send_all($s, "GET /index.html HTTP/1.0\r\nHost: a.test\r\n\r\n");
    claim(within(5, sub { say_log() =~ /could not start a worker/ }), 'it is said: ' . say_log());
    claim(alive($parent), 'it lives');
    write_file("$group/pids.max", 'max');
    claim(receive($s, 10) =~ /page of a|^HTTP\S+ 503/, 'the client has an answer');
    claim(ask('a', '/index.html') =~ /page of a/, 'and serves');
    stop();
    within(3, sub { rmdir $group });
};

# What a restart scrubs it must give back: 400 KB a time would be a server that
# grows for months, and no single restart shows it.
test grows => 'many graceful restarts leave the parent as large as a few', sub {
    configure("MaxClients 8\n");
    start();
    my %after;
    for my $n (1 .. 30) {
        claim(ask('a', '/index.html') =~ /page of a/, "served before restart $n");
        kill USR1 => $parent;
        claim(within(10, sub { $n < (() = say_log() =~ /resuming normal operations/g) }), "restart $n: " . say_log());
        $after{$n} = private_memory($parent) if $n == 10 || $n == 30;
    }
    claim($after{10} > 0, 'its memory is known');
    claim($after{30} < $after{10} + 1024, "$after{10} KB after 10 restarts, $after{30} KB after 30");
};

1;
