# SPDX-License-Identifier: Apache-2.0
# What a worker has, and what it does not have.
use strict;
use warnings;

our ($prefix, $work, $port, $parent, $line, %host);

test serves => 'each host is served as its own user', sub {
    configure("MaxClients 8\n");
    start();
    for my $h (sort keys %host) {
        claim(ask($h, '/index.html') =~ /page of $h/, "page of $h");
        claim(ask($h, '/cgi/id') =~ /^$host{$h}$/m, "uid of $h: " . ask($h, '/cgi/id'));
    }
    # the worker still holds it; the dispatcher has it back
    for my $pause (0, 0.5) {
        my ($s, $answer) = keep_alive('a');
        claim($answer =~ /page of a/, 'first request');
        sleep $pause;
        send_all($s, get('b', '/'));
        claim(receive($s, 5) eq '', 'another user on one connection');
    }
};

test remnants => "a worker has nothing in it of what other hosts' clients sent", sub {
    configure("MaxClients 4\n");
    start();
    for my $i (1 .. 5) {
        ask('b', '/index.html', Cookie => "secret-of-b-" . 'x' x (100 * $i));
    }
    my $s = connect_to();
    send_all($s, "POST /nothing HTTP/1.0\r\nHost: b.test\r\nContent-Length: 396\r\n\r\n" . 'body-of-b:: ' x 33);
    receive($s);
    ($s) = keep_alive('a');
    my @w = workers(5001);
    claim(@w == 1, "one worker, not @w");
    for my $secret (@w ? ('secret-of-b', 'body-of-b') : ()) {
        claim(!memory_has($w[0], $secret), "$secret is in the memory of a's worker");
    }
};

test secrets => "a worker has nothing in it of what other hosts' vhosts say", sub {
    my $include = "$work/conf.d";
    mkdir $include;
    my %said;
    for my $h (sort keys %host) {
        $said{$h} = { env => "key-of-$h-env", passed => "key-of-$h-passed", file => "key-of-$h-file", folder => "key-of-$h-folder" };
        $said{$h}{condition} = "key-of-$h-condition" if $line ne '2.0';
        write_file("$include/$h.conf", "SetEnv FROM_FILE $said{$h}{file}\n<Directory $work/$h/cgi>\nSetEnv FROM_FOLDER $said{$h}{folder}\n</Directory>\n"
            . ($line eq '2.0' ? '' : "<If \"true\">\nSetEnv IN_IF $said{$h}{condition}\n</If>\n"));
        $ENV{"PASSED_$h"} = "value-of-PASSED_$h";
    }
    configure("MaxClients 8\nSetEnv FOR_ALL key-of-everybody\n",
        map { $_ => "SetEnv DIRECT $said{$_}{env}\nSetEnv OTHER $said{$_}{passed}\nInclude $include/$_.conf\n" } keys %host);
    start();
    for my $h (sort keys %host) {
        my $env = ask($h, '/cgi/env');
        claim($env =~ /^\w+=\Q$said{$h}{$_}\E$/m, "$h has its own $_: $env") for sort keys %{ $said{$h} };
        claim($env =~ /^FOR_ALL=key-of-everybody$/m, "$h has what is for all");
    }
    for my $h (sort keys %host) {
        my ($w) = workers($host{$h});
        claim($w, "a worker of $h");
        for my $o (sort keys %host) {
            claim(($o eq $h) == memory_has($w, $said{$o}{$_}), "$said{$o}{$_} in a worker of $h") for sort keys %{ $said{$o} };
        }
    }
};

test keyring => "root's session keyring is not handed to a host's programs", sub {
    my ($type, $name, $secret, $ring) = ("user\0", "itk-live\0", 'of root', "itk-live\0");
    return skip('no x86_64 or no keyrings') if `uname -m` ne "x86_64\n" || syscall(250, 1, $ring) < 0;     # KEYCTL_JOIN_SESSION_KEYRING
    my $key = syscall(248, $type, $name, $secret, length $secret, -3);    # add_key
    claim($key > 0, "add_key: $!");
    configure("MaxClients 4\n");
    start();
    script('a', 'key', <<'SCRIPT');
#!/usr/bin/perl
$|++;
print "Content-Type: text/plain\n\n";
my ($type, $name, $data) = ("user\0", "itk-live\0", "\0" x 64);
my $key = syscall(250, 10, -3, $type, $name, 0);
print "found $key\n" if $key > 0;
print syscall(250, 11, 0 + $ENV{QUERY_STRING}, $data, 64), " $data\n";
print "added\n" if syscall(248, $type, $name, "x", 1, -3) > 0;
SCRIPT
    my $answer = ask('a', "/cgi/key?$key");
    claim($answer =~ /^-1 /m && $answer !~ /found|added|of root/, $answer);
};

test inherited => 'no worker has a listening socket, more than its own sockets, or shares memory that counts', sub {
    configure("MaxClients 8\n");
    start();
    my $early = connect_to();
    send_all($early, "GET / HTTP/1.0\r\n");
    my @held = (scalar(keep_alive('a')), scalar(keep_alive('b')));
    my %listening = map { $_ => 1 } listening();
    claim(%listening, 'somebody listens');
    claim(scalar(dispatchers()) >= 1, 'the dispatchers do');
    my @w = map { workers($_) } values %host;
    claim(@w == 2, "two workers, not @w");
    for my $p (@w) {
        my @fds = open_of($p);
        claim(!(grep { /^socket:\[(\d+)\]/ && $listening{$1} } @fds), "$p listens: @fds");
        # its channel, and the connection if it still holds it
        claim((grep { /^socket/ } @fds) <= 2, "$p has sockets: @fds");
        my @maps = split /\n/, read_file("/proc/$p/maps");
        my @shared = grep { /^\S+ \S+s / } @maps;
        claim(!(grep { !/ r--s .*itk-status/ } @shared), "$p shares: @shared");
        claim((grep { /itk-status/ } @maps) == 1, "$p sees the status page once");
    }
    claim(!(grep { uid_of($_) == 65534 } children($parent)), 'nobody waits as User');
};

test logs => "a pool has its own logs, and others' by no descriptor", sub {
    configure("MaxClients 8\nCustomLog $work/all_log \"all %v %r\"\n",
        a => "CustomLog $work/a_log \"own %r\"\nErrorLog $work/a_error\n", b => "CustomLog $work/b_log \"own %r\"\n");
    start();
    ask($_, "/index.html?$_") for 'a', 'b';
    ask($_, "/none-of-$_") for 'a', 'b';
    # b's errors go to the main log, with b's name at the end
    claim(within(5, sub { say_log() =~ /File does not exist: \S+none-of-b.* \[5002\]$/m }), 'an error of b: ' . say_log());
    claim(say_log() !~ /none-of-a/, "a's error is not in the main log");
    claim(read_file("$work/a_error") =~ /none-of-a$/m, "a's error is in its own log");
    claim(read_file("$work/${_}_log") =~ /^own GET \S+\?$_ /m, "$_ writes its own log") for 'a', 'b';
    for my $h ('a', 'b') {
        my ($w) = workers($host{$h});
        my $o = $h eq 'a' ? 'b' : 'a';
        my @fds = open_of($w);
        claim((grep { /\/${h}_log$/ } @fds) == 1, "$h has its own log: @fds");
        claim(!(grep { m{/(?:${o}_log|error_log|all_log)$} } @fds), "$h has logs of others: @fds");
    }
};

test terminal => 'no worker has the terminal that root started the server on', sub {
    configure("MaxClients 4\n");
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
    send_all($s, get('a', '/index.html'));
    receive($s, 5, qr/page of a/);
    my %terminal;
    for my $p ($parent, workers(5001)) {
        $terminal{$p} = (split ' ', (read_file("/proc/$p/stat") =~ /\) (.*)/)[0])[4];
        claim($p == $parent || !(grep { m{^/dev/(?:pts|tty)} } open_of($p)), "$p has it open");
    }
    claim(keys(%terminal) == 2 && $terminal{$parent}, 'the parent has one: ' . join ' ', %terminal);
    delete $terminal{$parent};
    claim(!(grep { $_ } values %terminal), 'the worker has it as well');
    stop();
    waitpid $script, 0;
};

test identities => 'ids at the ends of their range, priorities, and no others', sub {
    local $host{a} = 4294967294;
    lay_out();
    configure("MaxClients 4\n", a => 'NiceValue -7', b => 'NiceValue 9');
    start();
    for (['a', -7], ['b', 9]) {
        my ($h, $nice) = @$_;
        my $s = keep_alive($h);
        my @w = workers($host{$h});
        claim(@w == 1 && getpriority(0, $w[0]) == $nice, "$h: " . join ' ', map { getpriority 0, $_ } @w);
    }
    # A worker being made has its priority a moment before its user, and one that ends has neither.
    my $own = getpriority(0, 0);
    claim(within(5, sub { !grep { getpriority(0, $_) != $own } others() }),
        "the other processes keep $own: " . join ' ', map { "$_=" . getpriority(0, $_) } others());
    stop();
    for my $wrong ("<Limit GET>\nAssignUserID #5 #5\n</Limit>", "AssignUserID #0 #5", 'AssignUserID #4294967295 #5',
        "<Location />\nNiceValue 1\n</Location>", 'LimitUIDRange 2000 1000', "LimitUIDRange 1 5000") {
        configure($wrong);
        my $said = `$prefix/bin/httpd -t -f $work/httpd.conf 2>&1`;
        claim($? != 0 && $said =~ /line \d+ of/, "$wrong: $said");
    }
};

test status => 'mod_status shows the workers of all pools, and no client of another', sub {
    configure("MaxClients 8\nExtendedStatus On\n<Location /status>\nSetHandler server-status\n</Location>\n");
    start();
    my @held = map { scalar keep_alive('b') } 1 .. 2;
    ask('b', '/index.html?a-secret-of-b');
    my $page = ask('a', '/status');
    claim($page =~ /5002/, "b's pool is named: $page");
    claim($page =~ /5001|a\.test/, "a's too");
    claim($page !~ /a-secret-of-b/, "b's requests are not told");
    claim(ask('a', '/status?auto') =~ /^Scoreboard: [._A-Z]*[_W][._A-Z]*[_W]/m, 'two workers: ' . ask('a', '/status?auto'));
};

test php => "PHP has a cache and settings of its pool's alone", sub {
    my ($so) = grep { -e } "$prefix/modules/libphp.so", "$prefix/modules/libphp7.so";
    return skip('no PHP in this server') if !$so;
    my $page = "<?php \$s = opcache_get_status(false); echo posix_geteuid(), ' hits ', \$s['opcache_statistics']['hits'], ' agent ', ini_get('user_agent'), \"\\n\";\n";
    for my $h (sort keys %host) {
        write_file("$work/$h/t.php", $page);
        chown $host{$h}, $host{$h}, "$work/$h/t.php";
        utime time - 60, time - 60, "$work/$h/t.php";
    }
    configure("MaxClients 8\nLoadModule php_module $so\n<FilesMatch \\.php\$>\nSetHandler application/x-httpd-php\n</FilesMatch>\n",
        map { $_ => "php_admin_value user_agent key-of-$_-php\n<Directory $work/$_/cgi>\nphp_value user_agent key-of-$_-folder\n</Directory>\n" } keys %host);
    start();
    for my $h (sort keys %host) {
        claim(ask($h, '/t.php') =~ /^$host{$h} hits \d* agent key-of-$h-php$/m, "$_ of $h: " . ask($h, '/t.php')) for 1 .. 3;
        claim(ask($h, '/t.php') =~ / hits [1-9]| hits  /, "the cache of $h is used: " . ask($h, '/t.php'));
    }
    for my $h (sort keys %host) {
        my ($w) = workers($host{$h});
        for my $o (grep { $_ ne $h } sort keys %host) {
            claim(!memory_has($w, "key-of-$o-$_"), "$_ of $o in a worker of $h") for 'php', 'folder';
        }
        claim(memory_has($w, "key-of-$h-$_"), "$_ of $h in its own worker") for 'php', 'folder';
        claim(!(grep { / rw-s / } split /\n/, read_file("/proc/$w/maps")), "$h shares memory that it can write");
    }
};

1;
