#!/usr/bin/perl
# A slot that is in danger and then lost is told as an event, each once.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Batch;

for my $major (undef, 18) {
	subtest $major ? "PostgreSQL $major" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0=p', conf => ['max_slot_wal_keep_size = 1MB', 'max_wal_size = 1GB',
				'checkpoint_timeout = 1h', 'autovacuum = off']);
		my $run = PgRepl::Batch->start({}, '-s', 0.25, '--table', 'events', '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres');
		my $seen = sub { return grep { $_->{event} =~ /^slot/ } map { @$_ } $run->samples };
		$c->psql(0, 'create table t (a int)');
		$c->psql(0, "select pg_create_physical_replication_slot('weak', true)");
		my $status = sub { $c->psql(0, "select wal_status from pg_replication_slots where slot_name = 'weak'") };
		is($status->(), 'reserved', 'a slot that is safe');
		my $in_danger = wait_for {
			$c->psql(0, 'insert into t values (1); select pg_switch_wal()');
			$status->() eq 'unreserved';
		};
		ok($in_danger, 'comes to danger');
		ok(wait_for { $seen->() == 1 }, 'which is an event') or diag $run->out;
		my ($event) = $seen->();
		is("$event->{event}, $event->{severity}", 'slot at risk, warning', 'a warning');
		like($event->{text}, qr/^weak: unreserved, .*, \d+ bytes retained$/, 'that names it');
		$c->psql(0, 'checkpoint');
		ok(wait_for { $status->() eq 'lost' }, 'it is lost');
		ok(wait_for { $seen->() == 2 }, 'which is one more') or diag $run->out;
		($event) = ($seen->())[1];
		is("$event->{event}, $event->{severity}", 'slot at risk, critical', 'a critical one');
		like($event->{text}, qr/^weak: lost, /, 'that says so');
		$run->end_by('TERM')->finish(10);
		is(scalar(my @all = $seen->()), 2, 'each was told once');
		is($run->err, '', 'nothing was on standard error');
	};
}

done_testing;
