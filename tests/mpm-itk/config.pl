#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Configurations, good ones and all ways of being wrong: httpd -t, and short
# starts for what -t cannot know.
#
#   perl tests/mpm-itk/config.pl PREFIX [NAME...]
#
# PREFIX is where httpd 2.0 or 2.4 with this MPM is installed, modules shared. Root,
# in namespaces of its own (make config does that): it starts servers on port
# 18090 and mounts a passwd of its own. HTTPD_SOURCE may name a source tree,
# whose modules are then held against the MPM's table.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

my $prefix = shift or die "usage: config.pl PREFIX [NAME...]\n";
my %only = map { $_ => 1 } @ARGV;
my $here = dirname(abs_path($0));
my $work = "/tmp/itk-config.$$";
my $port = 18090;
my ($passed, $failed, $skipped) = (0, 0, 0);

die "config.pl has to be started as root\n" if $>;

# Which line of httpd; in 2.4 the MPM, as User and Group, may come from a module.
my $line = `$prefix/bin/httpd -v` =~ m{Apache/(2\.\d+)\.} ? $1 : die "no httpd in $prefix\n";
my %static = map { $_ => 1 } `$prefix/bin/httpd -l` =~ /^  (\w+)\.c$/mg;
$static{mod_mpm_itk} = $static{itk};
my $needed = join '', map { "LoadModule ${_}_module modules/mod_$_.so\n" }
    grep { !$static{"mod_$_"} && -e "$prefix/modules/mod_$_.so" } 'mpm_itk', 'unixd', 'authz_core';
my $includes = $line eq '2.0' ? '' : `$prefix/bin/apxs -q APR_INCLUDEDIR` || `apr-1-config --includedir`;
chomp $includes;

sub write_file {
    my ($path, $text) = @_;
    open my $f, '>', $path or die "$path: $!";
    print $f $text;
    close $f or die "$path: $!";
}

sub read_file {
    open my $f, '<', $_[0] or return '';
    local $/;
    return <$f> // '';
}

# ---- users, and modules that are not built here ------------------------------

# alice is in staff as well, rooted in group 0.
my $accounts = <<'END';
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534::/:/bin/false
www:x:6080:6080::/:/bin/false
alice:x:6001:6001::/:/bin/false
bob:x:6002:6002::/:/bin/false
rooted:x:6003:6003::/:/bin/false
END
my $groups = <<'END';
root:x:0:rooted
nogroup:x:65534:
www:x:6080:
alice:x:6001:
bob:x:6002:
rooted:x:6003:
staff:x:6050:alice
mpm-itk:x:6070:
END

sub accounts {
    my ($more) = @_;
    for (['passwd', $accounts . $more], ['group', $groups]) {
        my ($file, $text) = @$_;
        system("mountpoint -q /etc/$file && umount /etc/$file");
        write_file("$work/$file", $text);
        system('mount', '--bind', "$work/$file", "/etc/$file") == 0 or die "mount: $!";
    }
}

sub lay_out {
    system("mountpoint -q /etc/$_ && umount /etc/$_") for 'passwd', 'group';
    remove_tree($work);
    make_path("$work/main", "$work/logs", "$work/modules", "$work/alices/deep", "$work/of-staff",
              "$work/open/roots");
    chmod 0755, $work, "$work/main", "$work/logs", "$work/open/roots";
    chown 6001, 6001, "$work/alices";
    chown 0, 6050, "$work/of-staff";
    chmod 0775, "$work/of-staff";
    chmod 01777, "$work/open";
    symlink "$work/alices/deep", "$work/logs/link";
    symlink "$work/alices/log", "$work/logs/log";
    accounts('');
}

# A module with the name and the directives of one that is not built.
sub stand_in {
    my ($name, @directives) = @_;
    my $so = "$work/modules/$name.so";
    my $table = join '', map { qq(    AP_INIT_RAW_ARGS("$_", take, NULL, RSRC_CONF, ""),\n) } @directives;
    write_file("$work/modules/$name.c", <<"END");
#include "httpd.h"
#include "http_config.h"
static const char *take(cmd_parms *cmd, void *conf, const char *args) { return NULL; }
static const command_rec directives[] = {\n$table    { NULL } };
#line 1 "$name.c"
module AP_MODULE_DECLARE_DATA stand_in_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, directives, NULL };
END
    my @compile = ('gcc', '-w', '-shared', '-fPIC', '-D_GNU_SOURCE', '-D_REENTRANT', "-I$prefix/include",
                   $includes ? "-I$includes" : (),
                   '-o', $so, "$work/modules/$name.c");
    return system(@compile) == 0 ? $so : undef;
}

# The line that loads it, or nothing where it cannot be had.
sub load {
    my ($name, @directives) = @_;
    my $short = $name =~ s/^mod_//r;
    return "LoadModule ${short}_module modules/$name.so\n" if -e "$prefix/modules/$name.so";
    my $so = stand_in($name, @directives) // return;
    return "LoadModule stand_in_module $so\n";
}

# The prototypes: a match that fails is an empty list otherwise, and no argument.
sub outcome($$) { return @_ }
sub say_so($$$) {
    my ($name, $right, $said) = @_;
    $right ? $passed++ : $failed++;
    print $right ? "ok   $name\n" : "FAIL $name\n" . ($said =~ s/^/     /mgr) . "\n";
}

# ---- a configuration ----------------------------------------------------------

# Returns the number of lines that stand before the text.
sub configure {
    my ($text) = @_;
    my $before = "ServerRoot \"$prefix\"\nListen 127.0.0.1:$port\n$needed";
    $before .= "ErrorLog $work/logs/error_log\n" if $text !~ /^ErrorLog /m;
    $before .= "PidFile $work/logs/httpd.pid\n" if $text !~ /^PidFile /m;
    $before .= "User www\nGroup www\n" if $text !~ /^User /m;
    $before .= "LogLevel info\nServerName localhost\nDocumentRoot $work/main\n";
    write_file("$work/httpd.conf", "$before$text\n");
    return $before =~ tr/\n//;
}

sub vhost {
    my ($name, $text, $address) = @_;
    $address //= "127.0.0.1:$port";
    return "<VirtualHost $address>\nServerName $name.test\n$text\n</VirtualHost>\n";
}

sub tested {
    my $said = `$prefix/bin/httpd -t -f $work/httpd.conf 2>&1`;
    return ($?, $said);
}

sub ended {
    my ($pid, $seconds, $enough) = @_;
    my $end = time + $seconds;
    while (time < $end) {
        return $? if waitpid($pid, WNOHANG) == $pid;
        return if $enough->();
        sleep 0.02;
    }
    return;
}

# A server from its start to its end: exit code, what it said, what it logged.
sub started {
    my @options = @_ ? @_ : '-DFOREGROUND';
    my $log = "$work/logs/error_log";
    unlink $log, "$work/logs/httpd.pid";
    my $pid = fork // die $!;
    if (!$pid) {
        open STDOUT, '>', "$work/said";
        open STDERR, '>&', \*STDOUT;
        exec "$prefix/bin/httpd", @options, '-f', "$work/httpd.conf" or exit 127;
    }
    my $code = ended($pid, 30, sub { read_file($log) =~ /resuming normal operations/ });
    if (!defined $code) {
        sleep 0.1;
        kill TERM => $pid;
        $code = ended($pid, 15, sub { 0 });
    }
    if (!defined $code) {
        kill KILL => $pid;
        waitpid $pid, 0;
        $code = -1;
    }
    return ($code, read_file("$work/said"), read_file($log));
}

# ---- the table ------------------------------------------------------------------

# Name; snippet, or code that makes one; pattern. <4> in a pattern is the number of the
# snippet's 4th line, <4|8> that of one of two. No pattern: it is good.
my @cases;
sub good { my ($name, $text) = @_; push @cases, [$name, $text] }
sub bad { my ($name, $text, $pattern) = @_; push @cases, [$name, $text, $pattern] }

my $nvh = "NameVirtualHost 127.0.0.1:$port\n";
my $who = 'AssignUserID alice alice';
my $bob = 'AssignUserID bob bob';

good 'nothing at all', '';
my $clients = $line eq '2.0' ? 'MaxClients' : 'MaxRequestWorkers';
my $sni = $line ne '2.0';
good 'a classic configuration',
    "StartServers 8\nMinSpareServers 5\nMaxSpareServers 20\nMaxClients 150\nMaxRequestsPerChild 0\n"
    . ($line eq '2.0' ? "AcceptMutex default\nLockFile $work/logs/lock\n" : "Mutex default mpm-accept\nMaxRequestWorkers 150\n")
    . "LimitUIDRange 1000 60000\nLimitGIDRange 1000 60000\n$nvh"
    . vhost('a', "$who\nMaxClientsVHost 30\nNiceValue 5")
    . vhost('b', "<IfModule itk.c>\n$bob\n</IfModule>\nMaxClientsVHost -1");
good 'every directive',
    "ItkModel fork\nItkDispatchers 2\nItkDispatcherUser #6099 #6099\nItkMaxWorkersPerPool 20\n"
    . "ItkMinSpareWorkers 2\nItkIdleTimeout 30\nItkQueueDepth 100\nItkShareUid On\nItkNoNewPrivileges On\n"
    . vhost('a', $who);
good 'no vhost says anything', $nvh . vhost('a', '') . vhost('b', '');
good 'numbers without names', vhost('a', 'AssignUserID #7001 #7001');
good 'a location', $nvh . vhost('a', "$who\n<Location /bob>\n$bob\n</Location>");
good 'a location in the server', "<Location /bob>\n$bob\n</Location>\n";
good 'a condition in a location', "<Location /bob>\n<IfModule itk.c>\n$bob\n</IfModule>\n</Location>\n";
good 'one user twice, two priorities', $nvh . vhost('a', "$who\nNiceValue 1") . vhost('b', "$who\nNiceValue 2");
good 'one uid, two groups, allowed', "ItkShareUid On\n$nvh" . vhost('a', $who) . vhost('b', 'AssignUserID alice staff');
good 'a range that comes late', vhost('a', $who) . "LimitUIDRange 6001 6001\n";
good 'User outside of the range', "LimitUIDRange 6001 6002\n" . vhost('a', $who);

# users and groups
bad 'no such user', vhost('a', 'AssignUserID nosuch alice'), qr/line <3> of .*\n.*AssignUserID nosuch alice: no such user/;
bad 'no such group', vhost('a', 'AssignUserID alice nosuch'), qr/line <3> of .*\n.*no such group/;
bad 'root', vhost('a', 'AssignUserID root alice'), qr/line <3> of .*\n.*id 0 is root's/;
bad 'root by number', vhost('a', 'AssignUserID #0 #5'), qr/line <3> of .*\n.*id 0 is root's/;
bad 'group root', vhost('a', 'AssignUserID alice root'), qr/line <3> of .*\n.*id 0 is root's/;
bad 'a member of group root', vhost('a', 'AssignUserID rooted rooted'), qr/line <3> of .*\n.*member of group 0/;
bad 'the number that means none', vhost('a', 'AssignUserID #4294967295 #5'), qr/"no change" to the kernel/;
bad 'not a number', vhost('a', 'AssignUserID #12x #5'), qr/not a number/;
bad 'one argument', vhost('a', 'AssignUserID alice'), qr/takes two arguments/;
bad 'User in group root', "User rooted\nGroup rooted\n", qr/User rooted with Group #6003 cannot serve requests: .*member of group 0/;
bad 'outside of the range', "LimitUIDRange 6002 6002\n" . vhost('a', $who),
    qr/line <4> of .*\n.*AssignUserID alice alice: the user is outside of LimitUIDRange/;
bad 'outside of a range that comes later', vhost('a', $who) . "LimitGIDRange 6002 6002\n",
    qr/line <3> of .*\n.*the group is outside of LimitGIDRange/;
bad 'a range upside down', 'LimitUIDRange 2000 1000', qr/line <1> of .*\n.*lower end is above the upper end/;
bad 'a range from root on', 'LimitUIDRange 0 1000', qr/line <1> of .*\n.*id 0 is root's/;
bad 'a range in a vhost', vhost('a', 'LimitUIDRange 1 5'), qr/line <3> of .*\n.*LimitUIDRange cannot occur within/;

# two pools of one uid
bad 'one uid, two groups', $nvh . vhost('a', $who) . vhost('b', 'AssignUserID alice staff'),
    qr/line <4|8> of .*\n.*uid 6001 already has a pool.*line <4|8> of .*line <4|8> of .*ItkShareUid On/;
bad 'the uid of User with another group', vhost('a', 'AssignUserID www bob'),
    qr/line <3> of .*\n.*uid 6080 already has a pool of its own, by User and Group/;

# where AssignUserID stands
bad 'in a Directory', "<Directory />\n$who\n</Directory>\n", qr/line <2> of .*\n.*only in the server, a <VirtualHost>, or a <Location/;
bad 'in Files', "<Files x>\n$who\n</Files>\n", qr/line <2> of .*\n.*before any file is looked for/;
bad 'in a LocationMatch', "<LocationMatch /x>\n$who\n</LocationMatch>\n", qr/line <2> of .*\n.*not inside of <LocationMatch>.*prefixes, not patterns/;
bad 'in a regular expression', "<Location ~ /x>\n$who\n</Location>\n", qr/line <2> of .*\n.*wildcard or a regular expression/;
bad 'in a wildcard', "<Location /x*>\n$who\n</Location>\n", qr/line <2> of .*\n.*wildcard or a regular expression/;
bad 'in a question mark', "<Location /x?>\n$who\n</Location>\n", qr/line <2> of .*\n.*wildcard or a regular expression/;
bad 'in a Limit', "<Limit GET>\n$who\n</Limit>\n", qr/line <1|2> of .*\n.*(?:not inside of <Limit>|<Limit not allowed here)/;
bad 'in a Limit of a Location', "<Location /x>\n<Limit GET>\n$who\n</Limit>\n</Location>\n", qr/line <3> of .*\n.*not inside of <Limit>/;
bad 'in Files of a Directory', "<Directory />\n<Files x>\n$who\n</Files>\n</Directory>\n", qr/line <3> of .*\n.*only in the server/;
bad 'a prefix without a slash', "<Location x>\n$who\n</Location>\n", qr/line <2> of .*\n.*has to begin with a slash/;
bad 'a prefix that never matches', "<Location /a//b>\n$who\n</Location>\n", qr/line <2> of .*\n.*never matches/;
bad 'a prefix with dots', "<Location /a/../b>\n$who\n</Location>\n", qr/line <2> of .*\n.*never matches/;
bad 'NiceValue in a Location', "<Location />\nNiceValue 1\n</Location>\n", qr/line <2> of .*\n.*NiceValue belongs to the server or to a <VirtualHost>/;
bad 'MaxClientsVHost in a Location', "<Location />\nMaxClientsVHost 1\n</Location>\n", qr/line <2> of .*\n.*MaxClientsVHost belongs to the server/;
bad 'MaxClientsVHost -1 in a Location', "<Location />\nMaxClientsVHost -1\n</Location>\n", qr/line <2> of .*\n.*MaxClientsVHost belongs to the server/;

# values
for (['NiceValue', '20', '-20 to 19'], ['NiceValue', '-21', '-20 to 19'], ['NiceValue', 'low', 'not a number'],
     ['MaxClientsVHost', '0', '1 to'], ['MaxClientsVHost', '-2', '1 to'],
     ['MaxClientsVHost', '99999999999999999999', 'out of range'], ['ItkDispatchers', '0', '1 to 64'],
     ['ItkDispatchers', '65', '1 to 64'], ['ItkMaxWorkersPerPool', '0', '1 to'], ['ItkMinSpareWorkers', '-1', '0 to'],
     ['ItkIdleTimeout', '0', '1 to 86400'], ['ItkQueueDepth', '0', '1 to 65535'], ['ItkQueueDepth', '65536', '1 to 65535'],
     ['StartServers', 'many', 'not a number'], ['MinSpareServers', '5x', 'not a number'],
     ['MaxSpareServers', 'x', 'not a number'], ['MaxClients', '-5', 'out of range'], ['ServerLimit', '', 'takes one argument'],
     ['ItkModel', 'thread', 'there is pool'], ['ItkShareUid', 'maybe', 'On or Off'], ['ItkNoNewPrivileges', '2', 'On or Off'],
     ['ItkEndOfConfiguration', '', 'this is no directive']) {
    my ($directive, $value, $why) = @$_;
    bad "$directive $value", "$directive $value", qr/line <1> of .*\n.*\Q$why\E/;
}
for ('ItkModel pool', 'ItkDispatchers 1', 'ItkDispatcherUser bob', 'ItkShareUid On', 'ItkNoNewPrivileges On',
     'ItkQueueDepth 5', 'MaxClients 5', 'StartServers 5') {
    my ($directive) = split ' ';
    bad "$directive in a vhost", vhost('a', $_), qr/line <3> of .*\n.*$directive cannot occur within/;
}
bad 'less clients than dispatchers', "ItkDispatchers 4\n" . vhost('a', 'MaxClientsVHost 3'),
    qr/line <4> of .*\n.*MaxClientsVHost 3 is less than ItkDispatchers 4/;
bad 'less workers than dispatchers', "ItkDispatchers 4\n$clients 3\n", qr/$clients 3 is less than ItkDispatchers 4/;
bad 'less workers of a user than dispatchers', "ItkDispatchers 4\nItkMaxWorkersPerPool 3\n", qr/ItkMaxWorkersPerPool 3 is less than/;
bad 'more spare workers than workers', "ItkMaxWorkersPerPool 3\nItkMinSpareWorkers 4\n", qr/ItkMinSpareWorkers 4 is more than the 3/;

# dispatchers
good 'dispatchers with a name', "ItkDispatcherUser bob\n";
bad 'dispatchers of nobody', 'ItkDispatcherUser nosuch', qr/line <1> of .*\n.*ItkDispatcherUser nosuch nosuch: no such user/;
bad 'dispatchers of root', 'ItkDispatcherUser root', qr/line <1> of .*\n.*id 0 is root's/;
bad 'dispatchers of User', 'ItkDispatcherUser www', qr/line <1> of .*\n.*ItkDispatcherUser www .*: hosts are served as www/;
bad 'dispatchers of a host', "ItkDispatcherUser alice\n" . vhost('a', $who), qr/line <1> of .*\n.*hosts are served as alice/;
bad 'dispatchers in the group of a host', "ItkDispatcherUser bob alice\n" . vhost('a', $who), qr/hosts are served as alice/;
bad 'dispatchers in another group of a host', "ItkDispatcherUser bob staff\n" . vhost('a', $who), qr/hosts are served as alice/;
bad 'dispatchers of a location', "ItkDispatcherUser alice\n<Location /x>\n$who\n</Location>\n", qr/hosts are served as alice/;

# modules: load it, then
sub with { my ($module, $text, @directives) = @_; return sub { (load($module, @directives) // return) . $text } }
bad 'mod_cgid', with('mod_cgid', ''), qr/mod_cgid is refused: .*load mod_cgi instead/;
bad 'mod_suexec', with('mod_suexec', ''), qr/mod_suexec is refused: .*AssignUserID/;
bad 'RewriteMap prg:', with('mod_rewrite', "RewriteMap x \"prg:/bin/cat\"\n", 'RewriteMap'),
    qr/line <2> of .*\n.*RewriteMap prg: is refused: the program would run as root/;
bad 'RewriteMap prg: in a vhost', with('mod_rewrite', vhost('a', 'RewriteMap x prg:/bin/cat'), 'RewriteMap'),
    qr/line <4> of .*\n.*RewriteMap prg:/;
good 'RewriteMap int:', with('mod_rewrite', "RewriteMap x int:tolower\n", 'RewriteMap');
bad 'CacheFile', with('mod_file_cache', "CacheFile /etc/hosts\n", 'CacheFile'), qr/line <2> of .*\n.*CacheFile is refused/;
bad 'MMapFile', with('mod_file_cache', "MMapFile /etc/hosts\n", 'MMapFile'), qr/line <2> of .*\n.*MMapFile is refused/;

# TLS
sub tls { return with('mod_ssl', $_[0], 'SSLEngine') }
good 'TLS, a user an address', tls(vhost('a', "SSLEngine on\n$who") . vhost('b', "SSLEngine on\n$bob", '127.0.0.2:443'));
good 'TLS, a user a port', tls(vhost('a', "SSLEngine on\n$who", '127.0.0.1:443') . vhost('b', "SSLEngine on\n$bob", '127.0.0.1:444'));
good 'TLS, one user', tls($nvh . vhost('a', "SSLEngine on\n$who") . vhost('b', "SSLEngine on\n$who"));
good 'TLS off', tls($nvh . vhost('a', "SSLEngine off\n$who") . vhost('b', "SSLEngine off\n$bob"));
good 'TLS, a location of the same user', tls(vhost('a', "SSLEngine on\n$who\n<Location /b>\n$who\n</Location>"));
if ($sni) {
    good 'TLS, two users', tls(vhost('a', "SSLEngine on\n$who") . vhost('b', "SSLEngine on\n$bob"));
    bad 'a certificate and a location', tls(vhost('a', "SSLCertificateFile /etc/passwd\n$who\n<Location /b>\n$bob\n</Location>")),
        qr/line <7> of .*\n.*AssignUserID for <Location \/b> of a host with a certificate .*say SSLEngine off/;
    good 'a certificate, a location and no TLS',
        tls(vhost('a', "SSLEngine off\nSSLCertificateFile /etc/passwd\n$who\n<Location /b>\n$bob\n</Location>"));
}
else {
    bad 'TLS, two users', tls($nvh . vhost('a', "SSLEngine on\n$who") . vhost('b', "SSLEngine on\n$bob")),
        qr/line <5|10> of .*\n.*SSLEngine on for [ab]\.test .*served as (alice|bob).*shares 127\.0\.0\.1:$port with [ab]\.test/;
    bad 'TLS for one of two', tls($nvh . vhost('a', "SSLEngine on\n$who") . vhost('b', $bob)), qr/line <5> of .*\n.*SSLEngine on for a\.test/;
    bad 'TLS by the main server', tls("SSLEngine on\n$nvh" . vhost('a', $who) . vhost('b', $bob)), qr/line <2> of .*\n.*SSLEngine on for/;
    bad 'TLS on all ports', tls("NameVirtualHost *\n" . vhost('a', "SSLEngine on\n$who", '*') . vhost('b', $bob, '*')), qr/SSLEngine on for/;
}
if ($line eq '2.0') {
    bad 'SSLSessionCache dbm:', tls("SSLSessionCache dbm:$work/sessions\n"), qr/line <2> of .*\n.*SSLSessionCache dbm: is refused: one file/;
    good 'SSLSessionCache shmcb:', tls("SSLSessionCache shmcb:$work/sessions(512000)\n");
    bad 'SSLProxyMachineCertificateFile', tls("SSLProxyMachineCertificateFile /etc/hosts\n"), qr/line <2> of .*\n.*SSLProxyMachineCertificateFile is refused/;
    bad "SSLProtocol $_", tls("SSLProtocol $_\n"), qr/SSLProtocol: SSLv[23] is not supported any more/ for 'SSLv3', '+SSLv2', 'all +SSLv3';
    good "SSLProtocol $_", tls("SSLProtocol $_\n") for 'all -SSLv2 -SSLv3', 'TLSv1.2', '-all +TLSv1.2 +TLSv1.3', 'all +TLSv1 +TLSv1.1';
}
bad 'TLS and a location', tls(vhost('a', "SSLEngine on\n$who\n<Location /b>\n$bob\n</Location>")),
    qr/line <7> of .*\n.*AssignUserID for <Location \/b> of a host with SSLEngine on .*encrypted/;

# what 2.4 has, and 2.0 does not
if ($line ne '2.0') {
    for ('h2 http/1.1', 'http/1.1 h2c', '"h2"') {
        bad "Protocols $_", "Protocols $_", qr/line <1> of .*\n.*Protocols h2c? is refused: one connection of HTTP\/2/;
    }
    bad 'Protocols in a vhost', vhost('a', "$who\nProtocols h2"), qr/line <4> of .*\n.*Protocols h2 is refused/;
    good 'Protocols http/1.1', with('mod_http2', "Protocols http/1.1\n");
    bad 'ChrootDir', "ChrootDir $work/main\n", qr/ChrootDir is refused/;
    # where there is a suexec; httpd itself refuses it otherwise
    bad 'Suexec', "Suexec On\n", qr/line <1> of .*\n.*(?:Suexec on is refused|suEXEC isn't supported)/;
    good 'no Suexec', "Suexec Off\n";
    bad 'ListenCoresBucketsRatio', "ListenCoresBucketsRatio 2\n", qr/line <1> of .*\n.*ListenCoresBucketsRatio is refused/;
    bad 'RemoteIPProxyProtocol', with('mod_remoteip', "RemoteIPProxyProtocol On\n", 'RemoteIPProxyProtocol'),
        qr/line <2> of .*\n.*RemoteIPProxyProtocol on is refused/;
    good 'RemoteIPHeader', with('mod_remoteip', "RemoteIPHeader X-Forwarded-For\nRemoteIPProxyProtocol Off\n", 'RemoteIPHeader', 'RemoteIPProxyProtocol');
    bad 'mod_md', with('mod_md', ''), qr/mod_md is refused: /;
    bad 'mod_proxy_fdpass', with('mod_proxy_fdpass', ''), qr/mod_proxy_fdpass/;
    bad 'in an If', "<If \"true\">\n$who\n</If>\n", qr/line <2> of .*\n.*only in the server, a <VirtualHost>/;
    bad 'a Mutex in a folder of the user', $nvh . vhost('a', $who) . "Mutex file:$work/alices default\n",
        qr/line <6> of .*\n.*Mutex \S*: the folder \S*\/alices can be written by alice/;
    good 'EnableCapabilities', "EnableCapabilities Off\n";
    good 'expressions that are constants', vhost('a', "AssignUserIDExpr alice\nAssignGroupIDExpr \"alice\"");
    good 'a constant for a user', vhost('a', "AssignUserID bob bob\nAssignUserIDExpr alice\nItkShareUid On") =~ s/ItkShareUid On//r;
    for (['AssignUserIDExpr', '%{HTTP_HOST}'], ['AssignGroupIDExpr', '%{tolower:%{HTTP_HOST}}'], ['AssignUserIDExpr', 'u$1']) {
        my ($directive, $expression) = @$_;
        bad "$directive $expression", vhost('a', "$directive \"$expression\""),
            qr/line <3> of .*\n.*$directive \Q$expression\E: the expression depends on the request/;
    }
    bad 'an expression that is none', vhost('a', 'AssignUserIDExpr "%{"'), qr/line <3> of .*\n.*AssignUserIDExpr %\{: /;
    bad 'an expression in a Location', "<Location /x>\nAssignUserIDExpr alice\n</Location>\n", qr/line <2> of .*\n.*AssignUserIDExpr belongs to/;
    bad 'a constant that is nobody', vhost('a', 'AssignUserIDExpr nosuch'), qr/line <3> of .*\n.*AssignUserID nosuch .*no such user/;
    bad 'a constant that is root', vhost('a', 'AssignUserIDExpr root'), qr/line <3> of .*\n.*id 0 is root's/;
}

# logs; the host of line 2 to 5 is alice's
sub log_of { return $nvh . vhost('a', $who) . "$_[0]\n" }
my $put = qr/who could put a link there/;
good 'a log of root', log_of("ErrorLog $work/logs/e");
good 'syslog', log_of('ErrorLog syslog');
good 'a program', log_of('ErrorLog "|/bin/cat -u"');
good 'a folder of root in one that all can write', log_of("ErrorLog $work/open/roots/e");
good 'a folder of a user who serves nothing', "ErrorLog $work/alices/e";
bad 'a log in a folder of the user', log_of("ErrorLog $work/alices/e"), qr/line <6> of .*\n.*ErrorLog \S*: the folder \S*\/alices can be written by alice, $put/;
bad 'below a folder of the user', log_of("ErrorLog $work/alices/deep/e"), qr/the folder \S*\/alices can be written by alice/;
bad 'by way of a link', log_of("ErrorLog $work/logs/link/e"), qr/the folder \S*\/alices can be written by alice/;
bad 'a log that is a link', log_of("ErrorLog $work/logs/log"), qr/the folder \S*\/alices can be written by alice/;
bad 'by way of ..', log_of("ErrorLog $work/logs/../alices/e"), qr/the folder \S*\/alices can be written by alice/;
bad 'a folder of a group of the user', log_of("ErrorLog $work/of-staff/e"), qr/the folder \S*\/of-staff can be written by alice/;
bad 'a folder that all can write', log_of("ErrorLog $work/open/e"), qr/the folder \S*\/open can be written by everybody/;
bad 'a program of the user', log_of("ErrorLog \"|$work/alices/log -x\""), qr/the folder \S*\/alices can be written by alice/;
bad 'a pid file', log_of("PidFile $work/alices/pid"), qr/line <6> of .*\n.*PidFile .*the folder \S*\/alices/;
bad 'CustomLog of a vhost', with('mod_log_config', vhost('a', "$who\nCustomLog $work/alices/c \"%r\""), 'CustomLog'),
    qr/line <5> of .*\n.*CustomLog .*the folder \S*\/alices/;
bad 'TransferLog', with('mod_log_config', vhost('a', "$who\nTransferLog $work/alices/c"), 'TransferLog'), qr/line <5> of .*\n.*TransferLog .*the folder/;

# ---- the cases ------------------------------------------------------------------

for (@cases) {
    my ($name, $text, $pattern) = @$_;
    next if %only && !$only{$name};
    lay_out();
    $text = $text->() if ref $text;
    if (!defined $text) {
        $skipped++;
        print "skip $name: no compiler for a stand-in of the module\n";
        next;
    }
    my $before = configure($text);
    my ($code, $said) = tested();
    if (!defined $pattern) {
        say_so($name, $code == 0 && $said =~ /Syntax OK/, $said);
        next;
    }
    $pattern =~ s{<([\d|]+)>}{"(?:" . join("|", map { $before + $_ } split /\|/, $1) . ")"}ge;
    say_so($name, $code != 0 && $said !~ /Syntax OK/ && $said =~ /$pattern/, $said);
}

# ---- starts ---------------------------------------------------------------------

my @starts;
sub start_of { push @starts, [@_] }

start_of 'not root', sub {
    configure('');
    my $said = `setpriv --reuid 65534 --regid 65534 --clear-groups $prefix/bin/httpd -f $work/httpd.conf 2>&1`;
    return outcome($? != 0 && $said =~ /has to be started as root/, $said);
};
start_of 'it starts, and says what a proxy must not do', sub {
    configure(vhost('a', $who));
    my ($code, $said, $log) = started();
    return outcome($code == 0 && $log =~ /proxy in front must not/ && $log =~ /dispatchers are uid 65529, gid 65529/
        && $log =~ /shutting down/ && !-e "$work/logs/httpd.pid", "$code $said$log");
};
start_of 'one user: nothing to say of proxies', sub {
    configure('');
    my ($code, $said, $log) = started();
    return outcome($code == 0 && $log !~ /proxy/ && $log =~ /resuming normal operations/, "$code $said$log");
};
start_of 'the user mpm-itk, where there is one', sub {
    accounts("mpm-itk:x:6070:6070::/:/bin/false\n");
    configure(vhost('a', $who));
    my ($code, $said, $log) = started();
    return outcome($code == 0 && $log =~ /dispatchers are uid 6070, gid 6070/, "$code $said$log");
};
start_of 'a host with the id that dispatchers would take', sub {
    configure(vhost('a', 'AssignUserID #65529 #65529'));
    my ($code, $said, $log) = started();
    return outcome($code == 0 && $log =~ /dispatchers are uid 65528, gid 65528/, "$code $said$log");
};
start_of 'hosts with all ids that dispatchers would take', sub {
    configure($nvh . join '', map { vhost("h$_", "AssignUserID #$_ #$_") } 65520 .. 65529);
    my ($code, $said) = started();
    return outcome($code != 0 && $said =~ /no id from 65520 to 65529 is free .*ItkDispatcherUser/, "$code $said");
};
start_of 'User outside of the range is told', sub {
    configure("LimitUIDRange 6001 6002\n" . vhost('a', $who));
    my ($code, $said, $log) = started();
    return outcome($code == 0 && "$said$log" =~ /what runs as www .*will not be served: the user is outside of LimitUIDRange/,
        "$code $said$log");
};
start_of 'directives of prefork alone', sub {
    configure("StartServers 20\n");
    my ($code, $said, $log) = started();
    return outcome($code == 0 && $log =~ /StartServers has no effect here.*ItkMinSpareWorkers/, "$code $said$log");
};
start_of 'directives of mpm-itk and httpd that have no effect', sub {
    return outcome(1, '') if $line eq '2.0';
    configure("EnableCapabilities On\nCoreDumpDirectory $work/logs\n");
    my ($code, $said, $log) = started();
    return outcome($code == 0 && $log =~ /EnableCapabilities has no effect here/ && $log =~ /CoreDumpDirectory has no effect here/,
        "$code $said$log");
};
start_of '-X stays in the foreground', sub {
    configure(vhost('a', $who));
    my ($code, $said, $log) = started('-X');
    return outcome($code == 0 && $log =~ /resuming normal operations/, "$code $said$log");
};
start_of 'a port that is taken', sub {
    configure('');
    my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1) or die $!;
    my ($code, $said) = started();
    return outcome($code != 0 && $said =~ /no listening socket could be opened/, "$code $said");
};
start_of '10,000 vhosts with users of their own', sub {
    configure($nvh . join '', map { my $u = 10000 + $_; vhost("h$_", "AssignUserID #$u #$u") } 1 .. 10000);
    # processor time is held to it, and the best of three: others may be at work on this machine
    my ($used, $code, $said, $log) = (2, 0);
    for (my $try = 0; $code == 0 && $used >= 2 && $try < 3; $try++) {
        my ($began, @before) = (time, times);
        ($code, $said, $log) = started();
        my @after = times;
        $used = $after[2] + $after[3] - $before[2] - $before[3];
        printf "     from start to end %.2f s by the clock, %.2f s of processor\n", time - $began, $used;
    }
    return outcome($code == 0 && $log =~ /served in 10001 pools/ && $used < 2, "$code $said$log");
};

for (@starts) {
    my ($name, $code) = @$_;
    next if %only && !$only{$name};
    lay_out();
    my ($right, $said) = eval { $code->() };
    say_so($name, $right, $@ || $said || '');
}

# ---- the table of modules -----------------------------------------------------------

sub shipped {
    my ($tree) = @_;
    my @files = split /\n/, `grep -rlE '^module [A-Z_]+DECLARE_DATA' $tree/modules --include=*.c`;
    return "core.c", grep { !/^cache_/ } map { basename($_) } @files;
}

# What is wrong with it.
sub modules {
    my $source = read_file("$here/../../src/mpm-itk/$line/server/mpm/itk/itk_modules.c");
    my $manual = read_file("$here/../../src/mpm-itk/$line/docs/manual/mod/itk.xml");
    my %verdict = $source =~ /^    \{ "(\w+\.c)", ([A-Z]+),/mg;
    my @listed = split ' ', read_file("$here/modules-$line");
    my @installed = map { s/\.so$/.c/r } map { basename($_) } glob "$prefix/modules/*.so";
    push @installed, `$prefix/bin/httpd -l` =~ /^  (\w+\.c)$/mg;
    s/^mod_ldap/util_ldap/ for @installed;
    if ($line eq '2.0') {
        s/^mod_(proxy_\w+)/$1/ for @installed;
    }
    @installed = grep { !/^(?:mod_mpm_\w+|prefork|worker|event)\.c$/ } @installed;

    my @wrong;
    push @wrong, "$_ is not in itk_modules.c" for grep { !$verdict{$_} && $_ ne 'itk.c' } @listed, @installed;
    my %listed = map { $_ => 1 } @listed;
    push @wrong, "$_ is not shipped" for grep { !$listed{$_} } sort keys %verdict;
    if ($ENV{HTTPD_SOURCE}) {
        push @wrong, "$_ is not in modules-$line" for grep { !$listed{$_} } shipped($ENV{HTTPD_SOURCE});
    }
    for my $name (grep { $verdict{$_} ne 'WORKS' } sort keys %verdict) {
        my ($short, $word) = ($name =~ s/\.c$//r, lc $verdict{$name});
        push @wrong, "$short is not in the manual's table as $word"
            if $manual !~ m{<td><(?:module|code)>$short</(?:module|code)></td>\s*<td>$word</td>};
    }
    return @wrong;
}

if (!%only || $only{modules}) {
    my @wrong = modules();
    say_so('modules', !@wrong, join "\n", @wrong);
}

system("mountpoint -q /etc/$_ && umount /etc/$_") for 'passwd', 'group';
remove_tree($work) if !$failed;
print "$passed passed, $failed failed" . ($skipped ? ", $skipped skipped" : '') . "\n";
exit($failed ? 1 : 0);
