# SPDX-License-Identifier: Apache-2.0
# TLS with httpd 2.0's mod_ssl on OpenSSL 3: a user a port, and keys that are
# in their own user's workers alone.
use strict;
use warnings;
no warnings 'portable';
use Time::HiRes qw(sleep);

our ($prefix, $work, $port, $parent, $line, %host);

my %tls_port = (a => $port + 3, b => $port + 4);

sub no_tls20 {
    return 'line 2.4 has tests of its own' if $line ne '2.0';
    return 'no mod_ssl' if !-e "$prefix/modules/mod_ssl.so";
    return system('openssl version >/dev/null 2>&1') == 0 ? undef : 'no openssl';
}

# Each host on a port of its own; more of a host's settings by its name.
sub with_tls20 {
    my %more = @_;
    my $text = "LoadModule ssl_module modules/mod_ssl.so\nSSLRandomSeed startup builtin\nSSLSessionCache shmcb:$work/cache(512000)\n";
    for my $h (sort keys %host) {
        my $key = $more{key} // 'rsa:2048';
        $key = 'ec -pkeyopt ec_paramgen_curve:prime256v1' if $key eq 'ec';
        system("openssl req -x509 -newkey $key -nodes -days 2 -keyout $work/$h.key -out $work/$h.pem -subj /CN=$h.test 2>/dev/null") == 0
            or die "no certificate\n";
        chmod 0600, "$work/$h.key";
        $text .= "Listen 127.0.0.1:$tls_port{$h}\n<VirtualHost 127.0.0.1:$tls_port{$h}>\nServerName $h.test\nDocumentRoot $work/$h\n"
            . "ScriptAlias /cgi/ $work/$h/cgi/\nAssignUserID #$host{$h} #$host{$h}\nSSLEngine on\n"
            . "SSLCertificateFile $work/$h.pem\nSSLCertificateKeyFile $work/$h.key\n" . ($more{$h} // '') . "</VirtualHost>\n";
    }
    return $text;
}

# What s_client says and gets for one request.
sub secret_talk {
    my ($h, $path, @options) = @_;
    write_file("$work/ask", "GET $path HTTP/1.1\r\nHost: $h.test\r\nConnection: close\r\n\r\n");
    return `timeout 8 openssl s_client -connect 127.0.0.1:$tls_port{$h} @options -ign_eof <$work/ask 2>&1`;
}

test tls => 'each host on its port, by its own user, with TLS 1.2 and 1.3 and nothing older', sub {
    if (my $why = no_tls20()) { return skip($why) }
    configure("MaxClients 8\n" . with_tls20());
    start();
    for my $h (sort keys %host) {
        for my $version (qw(tls1_2 tls1_3)) {
            my $answer = secret_talk($h, '/cgi/id', "-$version");
            claim($answer =~ /^$host{$h}\r?$/m, "$h, $version: $answer");
            claim($answer =~ /subject=.*CN ?= ?$h\.test/, "its certificate: $answer");
        }
        for my $version (qw(tls1 tls1_1)) {
            my $answer = secret_talk($h, '/cgi/id', "-$version", '-cipher', 'ALL:@SECLEVEL=0');
            claim($answer !~ /^$host{$h}\r?$/m && $answer =~ /alert|no protocols/, "$h, $version: $answer");
        }
    }
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $tls_port{b}, Timeout => 5);
    send_all($s, get('b', '/index.html'));
    claim(receive($s, 5) =~ /speaking plain HTTP/, 'plain text on a port with TLS');
    claim(say_log() !~ /\[(?:error|crit|alert|emerg)\]/, 'nothing bad in the log: ' . say_log());
};

test tls_ec => 'a certificate with an EC key, and keys read again at a restart', sub {
    if (my $why = no_tls20()) { return skip($why) }
    configure("MaxClients 8\n" . with_tls20(key => 'ec'));
    start();
    claim(secret_talk('a', '/cgi/id') =~ /^5001\r?$/m, 'served');
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout $work/a.key -out $work/a.pem"
        . ' -subj /CN=new.test 2>/dev/null');
    kill USR1 => $parent;
    claim(within(8, sub { secret_talk('a', '/cgi/id') =~ /CN ?= ?new\.test.*^5001\r?$/ms }), 'with the new one after a graceful restart: ' . say_log());
};

# Sessions: a worker for each connection, so that none can have them in memory.
test tls_resumed => 'sessions are taken up again, by another worker too', sub {
    if (my $why = no_tls20()) { return skip($why) }
    configure("ItkModel fork\nMaxClients 8\n" . with_tls20());
    start();
    for my $version (qw(tls1_2 tls1_3)) {
        my $first = secret_talk('a', '/index.html', "-$version", "-sess_out $work/session");
        claim($first =~ /page of a/ && -s "$work/session", "$version: $first");
        my $again = secret_talk('a', '/index.html', "-$version", "-sess_in $work/session");
        claim($again =~ /^Reused, /m && $again =~ /page of a/, "$version, again: $again");
        my $other = secret_talk('b', '/index.html', "-$version", "-sess_in $work/session");
        claim($other !~ /^Reused, /m && $other =~ /page of b/, "$version, at another user's: $other");
    }
};

# A place that wants more: a certificate of the client's.
test tls_client => 'a place that wants a certificate gets one, or nobody gets in', sub {
    if (my $why = no_tls20()) { return skip($why) }
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout $work/me.key -out $work/me.pem -subj /CN=me 2>/dev/null") == 0 or die;
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout $work/no.key -out $work/no.pem -subj /CN=no 2>/dev/null") == 0 or die;
    chmod 0644, "$work/me.pem";
    configure("MaxClients 8\nLogLevel info\n" . with_tls20(a =>
        "SSLCACertificateFile $work/me.pem\nSSLVerifyDepth 2\n<Location /cgi>\nSSLVerifyClient require\n</Location>\n"
        . "<Location /index.html>\nSSLCipherSuite AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384\n</Location>\n"));
    start();
    my @me = ('-cert', "$work/me.pem", '-key', "$work/me.key");
    claim(secret_talk('a', '/cgi/id', '-tls1_2', @me) =~ /^5001\r?$/m, 'renegotiation');
    claim(secret_talk('a', '/cgi/id', '-tls1_3', '-enable_pha', @me) =~ /^5001\r?$/m, 'asked for after the handshake');
    for my $way (['-tls1_2'], ['-tls1_3'], ['-tls1_3', '-enable_pha'], ['-tls1_3', @me],
                 ['-tls1_2', '-cert', "$work/no.pem", '-key', "$work/no.key"],
                 ['-tls1_3', '-enable_pha', '-cert', "$work/no.pem", '-key', "$work/no.key"]) {
        my $answer = secret_talk('a', '/cgi/id', @$way);
        claim($answer !~ /^5001\r?$/m, "without one, @$way: $answer");
    }
    claim(say_log() =~ /TLSv1\.3 client can be asked for a certificate in the handshake alone/, 'and the log says why');
    claim(secret_talk('a', '/index.html', '-tls1_2') =~ /page of a/, 'other ciphers by renegotiation');
    my $answer = secret_talk('a', '/index.html', '-tls1_3');
    claim($answer =~ /403 Forbidden/ && $answer !~ /page of a/, "and not with TLS 1.3: $answer");
    # nobody else may begin one
    write_file("$work/ask", "R\n");
    my $asked = `(sleep 1; cat $work/ask; sleep 2) | timeout 8 openssl s_client -tls1_2 -connect 127.0.0.1:$tls_port{a} 2>&1`;
    claim($asked =~ /RENEGOTIATING/ && $asked =~ /no renegotiation|handshake failure|error/i, "a client's renegotiation: $asked");
};

# ---- whose keys are where -----------------------------------------------------

sub numbers_of {
    my $text = `openssl pkey -in $_[0] -noout -text`;
    my %of;
    while ($text =~ /^(privateExponent|prime1|prime2|exponent1|exponent2|coefficient):\n((?:    [0-9a-f:]+\n)+)/mg) {
        my ($name, $hex) = ($1, $2);
        $hex =~ s/[^0-9a-f]//g;
        (my $bytes = pack 'H*', $hex) =~ s/^\0+//;
        $of{$name} = $bytes;
    }
    die "no numbers in $_[0]\n" if keys %of != 6;
    return %of;
}

# What of these bytes is in a process' memory: names.
sub found_in {
    my ($pid, %wanted) = @_;
    my %found;
    open my $maps, '<', "/proc/$pid/maps" or return;
    open my $mem, '<:raw', "/proc/$pid/mem" or die "mem of $pid: $!";
    while (<$maps>) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) r/ or next;
        next if /\[v(?:var|syscall)/;
        sysseek $mem, hex $from, 0 or next;
        my ($left, $bytes) = (hex($to) - hex $from, '');
        while ($left > 0) {
            my $n = sysread $mem, $bytes, $left, length $bytes;
            last if !$n;
            $left -= $n;
        }
        index($bytes, $wanted{$_}) >= 0 and $found{$_} = 1 for keys %wanted;
    }
    return sort keys %found;
}

# The supervisor's file: records of a pointer, an int, a length and so many bytes.
sub ticket_keys {
    my ($file) = grep { (readlink($_) // '') =~ /memfd:itk-keys/ } glob "/proc/$parent/fd/*";
    my $bytes = read_file($file // die "no file of keys\n");
    my @keys;
    while (length $bytes) {
        my (undef, $kind, $size) = unpack 'QiL', substr $bytes, 0, 16, '';
        my $data = substr $bytes, 0, $size, '';
        push @keys, $data if $size == 80;
    }
    return @keys;
}

test tls_keys => 'no process but its own user\'s workers has a host\'s private key', sub {
    if (my $why = no_tls20()) { return skip($why) }
    configure("MaxClients 8\nItkMinSpareWorkers 1\n" . with_tls20());
    start();
    for my $h (sort keys %host) {
        claim(secret_talk($h, '/cgi/id', $_) =~ /^$host{$h}\r?$/m, "$h served with $_") for qw(-tls1_2 -tls1_3);
    }
    my %wanted;
    for my $h (sort keys %host) {
        my %of = numbers_of("$work/$h.key");
        for (keys %of) {
            $wanted{"$h $_ as in DER"} = $of{$_};
            $wanted{"$h $_ as in memory"} = reverse $of{$_};
        }
        my @lines = grep { !/^-/ } split /\n/, read_file("$work/$h.key");
        $wanted{"$h line $_ of the file"} = $lines[$_] for 1 .. $#lines - 1;
    }
    my @tickets = ticket_keys();
    claim(@tickets == 2, 'ticket keys of two hosts');
    $wanted{"ticket $_"} = substr $tickets[$_], 16, 32 for 0 .. $#tickets;
    my %workers = map { $_ => [workers($host{$_})] } keys %host;
    my %at_tickets;
    for my $h (sort keys %host) {
        claim(@{$workers{$h}}, "a worker of $h");
        for my $pid (@{$workers{$h}}) {
            my @found = found_in($pid, %wanted);
            claim((grep { $_ eq "$h prime1 as in memory" } @found), "$h has its own: @found");
            claim(!(grep { !/^$h / && !/^ticket/ } @found), "$h has another's: @found");
            my @of = grep { /^ticket/ } @found;
            claim(@of == 1, "$h has one host's ticket keys: @of");
            $at_tickets{$of[0] // ''}{$h} = 1;
        }
    }
    claim(!(grep { keys %$_ != 1 } values %at_tickets), 'and not the same');
    my %worker = map { $_ => 1 } map { @$_ } values %workers;
    for my $pid (grep { !$worker{$_} } children($parent)) {
        my @found = found_in($pid, %wanted);
        claim(!@found, "process $pid, no worker, has @found");
    }
    my @mine = grep { /as in memory|line/ } found_in($parent, %wanted);
    claim(!@mine, "the supervisor has them only where children do not: @mine");
};
