#!/usr/bin/perl
# One cluster of each major version 10 .. 18 on one host: primary, standby and cascaded standby, every name walreceiver,
# every address 127.0.0.1. Of the nine primaries alone the program finds all 27 nodes, each below the right one, and no
# server has anything to say against it, whatever role it logs in as.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_batch);
use PgRepl::Batch qw(row);

my @majors   = 10 .. 18;
my @clusters = PgRepl->clusters(map { +{version => $_, spec => '0 1:0 2:1',
			conf => ['log_min_messages = warning', 'log_min_error_statement = error']} } @majors);
my @all = map { my $c = $_; map { [$c, $_] } 0 .. 2 } @clusters;
my %upstream = map { my ($c, $node) = @$_; ($c->port($node) => $node ? '127.0.0.1:' . $c->port($node - 1) : undef) } @all;

my %system;
$system{$_} = $_->psql(0, 'select system_identifier from pg_control_system()') for @clusters;
for my $c (@clusters) {
	$c->psql(0, 'create role watcher login; grant pg_monitor to watcher; create role plain login');
	my $lsn = $c->psql(0, 'select pg_current_wal_lsn()');
	$c->wait_sql($_, "select pg_last_wal_replay_lsn() >= '$lsn'") or die 'a standby does not follow' for 1, 2;
}

sub to { my ($role, @nodes) = @_; return map { 'host=127.0.0.1 dbname=postgres port=' . $_->[0]->port($_->[1]) . " user=$role" } @nodes }
sub by_port { my ($sample, $name) = @_; return {map { my $port = $_->[0]->port($_->[1]); ($port => row($sample, $port)->{$name}) } @all} }
sub same { my ($value) = @_; return {map { ($_ => $value) } keys %upstream} }

# The first sample in which all nodes stand where they shall; else the last one.
sub settled {
	my (@to) = @_;
	my $run = PgRepl::Batch->start({}, '-s', 0.3, @to);
	my $found = $run->wait_sample(sub {
		my $sample = $_;
		return @$sample == 27 && !grep { ($upstream{$_} // '') ne (row($sample, $_)->{upstream} // '') } keys %upstream;
	}, timeout => 30);
	my @samples = $run->samples;
	diag $run->tail if !$found;
	$run->end_by('TERM')->finish(5);
	return $found || $samples[-1] || [];
}

for my $role ('postgres', 'watcher') {
	subtest "as $role, of the nine primaries alone" => sub {
		my $sample = settled(to($role, map { [$_, 0] } @clusters));
		is(scalar @$sample, 27, '27 nodes');
		is(scalar(grep { $_->{role} eq 'client' } @$sample), 0, 'and no row besides');
		is_deeply(by_port($sample, 'upstream'), \%upstream, 'each below the right one');
		is_deeply(by_port($sample, 'edge_evidence'), {map { ($_ => $upstream{$_} ? 'tcp' : undef) } keys %upstream},
			'by both ends of its connection');
		is_deeply(by_port($sample, 'depth'), {map { ($_->[0]->port($_->[1]) => $_->[1]) } @all}, 'as deep as it is');
		is_deeply(by_port($sample, 'cluster'), {map { ($_->[0]->port($_->[1]) => $system{$_->[0]}) } @all}, 'in its cluster');
		is_deeply(by_port($sample, 'state'), {map { ($_ => $upstream{$_} ? 'streaming' : 'running') } keys %upstream}, 'streaming');
		is_deeply(by_port($sample, 'error'), same(undef), 'without errors');
		my $major = by_port($sample, 'version');
		s/\..*// for values %$major;
		is_deeply($major, {map { my $i = $_; map { ($clusters[$i]->port($_) => $majors[$i]) } 0 .. 2 } 0 .. $#majors}, 'of its version');
		my @clusters_in_order = map { $_->{cluster} } @$sample;
		my %ended;
		my @torn = grep { my $i = $_; $ended{$clusters_in_order[$i - 1]} = 1 if $i && $clusters_in_order[$i] ne $clusters_in_order[$i - 1];
			$ended{$clusters_in_order[$i]} } 0 .. $#clusters_in_order;
		is(@torn, 0, 'a cluster stands together');
	};
}

subtest 'as a role without rights, of all 27' => sub {
	my $result = run_batch('-n', 3, '-s', 0.3, to('plain', @all));
	is($result->{status}, 0, 'samples are written') or diag $result->{err};
	my $sample = $result->{samples}[-1];
	is(scalar(grep { $_->{role} ne 'client' } @$sample), 27, '27 nodes');
	my $seen = by_port($sample, 'upstream');
	is(scalar(grep { defined $seen->{$_} && $seen->{$_} ne ($upstream{$_} // '') } keys %upstream), 0, 'none below a wrong one');
	is(scalar(grep { $_->{role} ne 'primary' && ($_->{error} // '') !~ /grant pg_monitor/ } @$sample), 0,
		'each edge that is hidden says what to grant');
};

subtest 'processes' => sub {
	for my $role ('postgres', 'watcher', 'plain') {
		my $result = run_batch('-n', 2, '-s', 0.3, '--table', 'processes', to($role, @all));
		is($result->{status}, 0, "as $role: samples are written") or diag $result->{err};
		my %nodes = map { $_->{node} => 1 } @{$result->{samples}[-1]};
		is(scalar keys %nodes, 27, "as $role: of all nodes");
	}
};

subtest 'every process of a server by the name of its work' => sub {
	my @everywhere = ('background writer', 'checkpointer', 'postmaster');
	my $result = run_batch('--table', 'processes', '-n', 1, to('postgres', @all));
	my %major = map { ($clusters[$_] => $majors[$_]) } 0 .. $#majors;
	for my $at (@all) {
		my ($c, $node) = @$at;
		my %seen = map { (($_->{backend_type} // 'unknown') => 1) } grep { $_->{node} eq '127.0.0.1:' . $c->port($node) } @{$result->{rows}};
		my @wanted = (@everywhere, $node ? qw(startup walreceiver) : ('walwriter', 'autovacuum launcher', 'logical replication launcher'),
			$node < 2 ? 'walsender' : (), $major{$c} >= 18 ? 'io worker' : ());
		my @missing = grep { !$seen{$_} } @wanted;
		is("@missing", '', "$major{$c}, node $node") or diag join ', ', sort keys %seen;
		ok(!$seen{'background worker'}, 'and none is any worker');
	}
};

my @complaints = map { $_->complaints(0 .. 2) } @clusters;
is(@complaints, 0, 'no server complains about us') or diag join "\n", @complaints[0 .. ($#complaints > 9 ? 9 : $#complaints)];

done_testing;
