#!/usr/bin/perl
# Each description beside this file gives the tree that stands at its end; tree.c says how they are written.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename qw(basename dirname);
use Test::More;
use PgRepl 'run_command';

my $program = $ENV{TOPOLOGY_TREE_BIN} or die "run me by make check-unit\n";
my @files   = sort glob dirname(abs_path(__FILE__)) . '/*.txt';
cmp_ok(scalar @files, '>=', 15, 'there are descriptions');

for my $file (@files) {
	open my $in, '<', $file or die "$file: $!";
	my $text   = do { local $/; <$in> };
	my $wanted = $text =~ /^tree\n(.*)\z/ms ? $1 : '(no tree)';
	my $got    = run_command($program, $file);
	is($got->{err} . $got->{out}, $wanted, basename($file, '.txt')) or diag "got:\n$got->{out}";
}

my $bad = File::Temp->new;
print $bad "node a port=1 primary\nrow b pid=1\n";
close $bad;
my $got = run_command($program, "$bad");
is($got->{status}, 2, 'a description that makes no sense is refused');
like($got->{err}, qr/:2: no node above is called 'b'/, 'with its line');

done_testing;
