#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# A real server, attacked over loopback and from inside of its workers.
#
#   perl tests/mpm-itk/live.pl PREFIX [NAME...]
#
# PREFIX is where httpd 2.0 or 2.4 with this MPM is installed, modules shared. Root,
# in namespaces of its own: it starts and stops servers on port 18080.
# The tests are in live/*.pl; live/server.pl has the server and the client.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(remove_tree);

our $prefix = shift or die "usage: live.pl PREFIX [NAME...]\n";
my %only = map { $_ => 1 } @ARGV;
our $work = "/tmp/itk-live.$$";
our ($trouble, $skipped);
my @tests;

die "live.pl has to be started as root\n" if $>;
$SIG{PIPE} = 'IGNORE';

sub test { push @tests, [@_]; }

# The prototype: a match that fails is an empty list otherwise, and no argument.
sub claim($$) {
    my ($holds, $what) = @_;
    $trouble //= $what if !$holds;
    return $holds;
}

sub skip { $skipped = shift; return; }

my $here = dirname(__FILE__);
for my $file ("$here/live/server.pl", grep { !/server\.pl$/ } sort glob "$here/live/*.pl") {
    $file = "./$file" if $file !~ m{^/};
    defined(do $file) or die "$file: ", $@ || $!;
}

my ($passed, $failed, $left_out) = (0, 0, 0);
$| = 1;
for (@tests) {
    my ($name, $title, $code) = @$_;
    next if %only && !$only{$name};
    ($trouble, $skipped) = ();
    remove_tree($work);
    lay_out();
    eval { $code->(); 1 } or $trouble //= $@;
    eval { stop(); 1 } or $trouble //= $@;
    if ($trouble) { $failed++; print "FAIL $name: $title\n     $trouble\n"; }
    elsif ($skipped) { $left_out++; print "skip $name: $skipped\n"; }
    else { $passed++; print "ok   $name: $title\n"; }
}
remove_tree($work) if !$failed;
print "$passed passed, $failed failed", $left_out ? ", $left_out skipped" : '', "\n";
exit($failed ? 1 : 0);
