#!/usr/bin/perl
# What real servers make of each value of synchronous_standby_names: the vectors that the parser's unit test reads, and the
# sync_state that follows from what the parser reads.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);

my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (10, undef, 18);
my @names  = qw(node1 Node2 walreceiver dc-2 first);

# The sync_state that follows from a rule; of several standbys with one priority the server chooses.
sub predicted {
	my ($method, $required, $own, @all) = @_;
	return 'async'  if !$own;
	return 'quorum' if $method eq 'any';
	my $before = grep { $_ && $_ < $own } @all;
	my $until  = grep { $_ && $_ <= $own } @all;
	return $until <= $required ? 'sync' : $before >= $required ? 'potential' : 'sync or potential';
}

my @vectors;
open my $in, '<', PgRepl::root() . '/tests/vectors/synchronous_standby_names.txt' or die $!;
while (<$in>) {
	chomp;
	next if /^#/;
	my ($value, $method, $required, $priorities) = split / \| /;
	my @priorities = split ' ', $priorities // '';
	push @vectors, {value => $value, method => $method, required => $required, priorities => \@priorities,
		states => [map { predicted($method, $required, $_, @priorities) } @priorities]};
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
			my (@got, $got);
			wait_for {
				@got = map { [split /\|/] } split /\n/, $c->psql(0, 'select application_name, sync_priority, sync_state from ' .
						"pg_stat_replication where current_setting('synchronous_standby_names') = " . quoted($v->{value}) .
						" order by array_position(array['" . join("','", @names) . "'], application_name)");
				$got = join ' ', map { "$_->[0]=$_->[1]" } @got;
				$got eq $want && !grep { $v->{states}[$_] !~ /\b$got[$_][2]\b/ } 0 .. $#got
			} or push @wrong, "$v->{value}: $got and not $want, states @{[map { $_->[2] } @got]} and not @{[join ', ', @{$v->{states}}]}";
			my $sync = grep { $_->[2] eq 'sync' } @got;
			my $may = grep { $_->[1] > 0 } @got;
			my $most = $v->{method} eq 'first' ? $v->{required} : 0;
			push @wrong, "$v->{value}: $sync are sync" if $sync != ($may < $most ? $may : $most);
		}
		is_deeply(\@wrong, [], 'all vectors');
	};
}

done_testing;
