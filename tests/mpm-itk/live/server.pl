# SPDX-License-Identifier: Apache-2.0
# The server under test, and a client of it.
use strict;
use warnings;
no warnings 'portable';
use Fcntl qw(SEEK_SET);
use File::Path qw(make_path);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use POSIX qw(:sys_wait_h);
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(sleep time);

our ($prefix, $work, $port, $parent);
$port = 18080;

# ---- the server -------------------------------------------------------------

sub write_file {
    my ($path, $text, $mode) = @_;
    open my $f, '>', $path or die "$path: $!";
    print $f $text;
    close $f or die "$path: $!";
    chmod $mode, $path if $mode;
}

sub read_file {
    open my $f, '<', shift or return '';
    local $/;
    return <$f> // '';
}

our %host = (a => 5001, b => 5002);

# 2.0 and 2.4 differ in what a configuration needs; the MPM may be a module there.
our $line = `$prefix/bin/httpd -v` =~ m{Apache/(2\.\d+)\.} ? $1 : die "no httpd in $prefix\n";
my @modules = $line eq '2.0'
    ? qw(access log_config mime env setenvif alias cgi dir status actions rewrite headers autoindex include)
    : qw(mpm_itk unixd authz_core authz_host access_compat reqtimeout log_config logio mime env setenvif alias cgi dir
         status actions rewrite headers autoindex include);
my %static = map { $_ => 1 } `$prefix/bin/httpd -l` =~ /^  (\w+)\.c$/mg;
$static{mod_mpm_itk} = $static{itk};

# Settings for the server, then for each host; 'listen' adds lines before all.
sub configure {
    my ($global, %of) = @_;
    my $text = <<"CONF";
ServerRoot "$prefix"
Listen 127.0.0.1:$port
PidFile $work/httpd.pid
ErrorLog $work/error_log
LogLevel info
TypesConfig conf/mime.types
ServerName localhost
DocumentRoot $work/main
User #65534
Group #65534
Timeout 20
KeepAliveTimeout 10
CONF
    $text .= "LockFile $work/accept.lock\nNameVirtualHost 127.0.0.1:$port\n" if $line eq '2.0';
    for my $m (@modules) {
        my $so = "modules/mod_$m.so";
        $text .= "LoadModule ${m}_module $so\n" if -e "$prefix/$so" && !$static{"mod_$m"};
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

sub script {
    my ($h, $name, $text) = @_;
    write_file("$work/$h/cgi/$name", $text, 0755);
    chown $host{$h}, $host{$h}, "$work/$h/cgi/$name";
}

sub lay_out {
    make_path("$work/main");
    chmod 0755, $work;
    for my $h (keys %host) {
        make_path("$work/$h/cgi");
        write_file("$work/$h/index.html", "page of $h\n");
        write_file("$work/$h/cgi/id", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; id -u\n", 0755);
        write_file("$work/$h/cgi/sleep", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; exec sleep 15\n", 0755);
        write_file("$work/$h/cgi/env", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; env\n", 0755);
        system("chown -R $host{$h}:$host{$h} $work/$h && chmod 700 $work/$h") == 0 or die;
    }
}

sub say_log { return read_file("$work/error_log"); }

sub start {
    unlink "$work/error_log";
    system(@_, "$prefix/bin/httpd", '-f', "$work/httpd.conf") == 0 or die "httpd did not start:\n" . say_log();
    within(10, sub { -s "$work/httpd.pid" && children($parent = pid()) }) or die "no children:\n" . say_log();
    within(5, sub { my $s = connect_to() or return 0; close $s; 1 });
}

sub pid {
    my $line = (split /\n/, read_file("$work/httpd.pid"))[0];
    return $line // 0;
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
    return read_file("/proc/$p/status") =~ /^Uid:\s+(\d+)/m ? $1 : -1;
}

# In KB: pages that are its alone or were, of the heap and the like (proc(5), smaps_rollup).
sub private_memory { return read_file("/proc/$_[0]/smaps_rollup") =~ /^Anonymous:\s+(\d+)/m ? $1 : 0; }

sub descendants { my @c = children($_[0]); return map { $_, descendants($_) } @c; }
sub workers { my $u = shift; return grep { uid_of($_) == $u } children($parent); }

# Dispatchers and the logger: children of nobody's pool.
sub others {
    my %pool = map { $_ => 1 } values(%host), 65534;
    return grep { !$pool{uid_of($_)} } children($parent);
}

# The dispatchers among them have the listening sockets.
sub dispatchers {
    my %listening = map { $_ => 1 } listening();
    return grep { my $p = $_; grep { /^socket:\[(\d+)\]/ && $listening{$1} } open_of($p) } others();
}

sub open_of { return map { readlink($_) // '' } glob "/proc/$_[0]/fd/*"; }

sub listening {
    my @lines = map { split /\n/, read_file("/proc/net/$_") } 'tcp', 'tcp6';
    return map { (split)[9] } grep { ((split)[3] // '') eq '0A' } @lines;
}

# ---- the client -------------------------------------------------------------

sub connect_to {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5);
}

# What comes until it is closed, or nothing comes for a while, or it is enough.
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

# Is it closed by the server, with nothing more to read?
sub closed {
    my ($s, $seconds) = @_;
    return IO::Select->new($s)->can_read($seconds) && !sysread $s, my $part, 1;
}

sub send_all {
    my ($s, $text) = @_;
    syswrite $s, $text;
}

sub ask {
    my ($host, $path, %h) = @_;
    my $s = connect_to() or return '';
    send_all($s, "GET $path HTTP/1.0\r\nHost: $host.test\r\n" . join('', map { "$_: $h{$_}\r\n" } keys %h) . "\r\n");
    return receive($s);
}

sub get {
    my ($host, $path) = @_;
    return "GET $path HTTP/1.1\r\nHost: $host.test\r\n\r\n";
}

sub keep_alive {
    my $host = shift;
    my $s = connect_to() or die "connect: $!";
    send_all($s, get($host, '/index.html'));
    my $answer = receive($s, 5, qr/page of \w\n/);
    return wantarray ? ($s, $answer) : $s;
}

# Is this text anywhere in the memory of that process?
sub memory_has {
    my ($p, $text) = @_;
    open my $maps, '<', "/proc/$p/maps" or die "maps: $!";
    open my $mem, '<:raw', "/proc/$p/mem" or die "mem: $!";
    while (my $line = <$maps>) {
        $line =~ /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
        my ($at, $end) = (hex $1, hex $2);
        sysseek $mem, $at, SEEK_SET or next;
        my $n = sysread $mem, my $bytes, $end - $at;
        return 1 if $n && index($bytes, $text) >= 0;
    }
    return 0;
}

1;
