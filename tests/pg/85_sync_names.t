#!/usr/bin/perl
# What real servers make of each value of synchronous_standby_names: the vectors that the parser's unit test reads.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);

my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (10, undef, 18);
my @names  = qw(node1 Node2 walreceiver dc-2 first);

my @vectors;
open my $in, '<', PgRepl::root() . '/tests/vectors/synchronous_standby_names.txt' or die $!;
while (<$in>) {
	chomp;
	next if /^#/;
	my ($value, $method, $required, $priorities) = split / \| /;
	push @vectors, {value => $value, method => $method, priorities => [split ' ', $priorities // '']};
}
close $in;
cmp_ok(scalar @vectors, '>', 60, 'there are vectors');

sub quoted { return "'" . ($_[0] =~ s/'/''/gr) . "'" }

for my $major (@majors) {
	subtest $major ? "PostgreSQL $major" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0 ' . join ' ', map { ($_ + 1) . ":0=$names[$_]" } 0 .. $#names);
		my (%seen, @wrong);
		for my $v (@vectors) {
			# One that is refused is told at once; one that is taken shows when the server has read its files again.
			my $set = eval { $c->psql(0, 'alter system set synchronous_standby_names = ' . quoted($v->{value})); 1 };
			if ($v->{method} eq 'invalid') {
				push @wrong, "$v->{value} was taken" if $set;
				next;
			}
			if (!$set) {
				push @wrong, "$v->{value} was refused";
				next;
			}
			$c->psql(0, 'select pg_reload_conf()');
			my $want = join ' ', map { "$names[$_]=$v->{priorities}[$_]" } 0 .. $#names;
			my $got;
			wait_for {
				$got = $c->psql(0, 'select string_agg(application_name || \'=\' || sync_priority, \' \' order by ' .
						"array_position(array['" . join("','", @names) . "'], application_name)) from pg_stat_replication " .
						'where current_setting(\'synchronous_standby_names\') = ' . quoted($v->{value}));
				$got eq $want
			} or push @wrong, "$v->{value}: $got and not $want";
		}
		is_deeply(\@wrong, [], 'all vectors');
	};
}

done_testing;
