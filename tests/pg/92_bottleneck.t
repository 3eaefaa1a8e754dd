#!/usr/bin/perl
# Where the lag stands: each stage of an edge is made the slow one in turn, and the CSV names it.
use strict;
use warnings;
use File::Temp ();
use Test::More;
use PgRepl qw(run_command wait_for);
use PgRepl::Batch qw(row);
use PgRepl::Peer;
use Time::HiRes 'time';

my $interval = 0.25;

# How far sent, written, flushed and replayed are behind.
for (['send', 9e6, 9e6, 9e6, 9e6], ['network', 0, 9e6, 9e6, 9e6], ['disk', 0, 1000, 9e6, 9e6], ['replay', 0, 0, 1000, 9e6]) {
	my ($word, @behind) = @$_;
	my $peer = PgRepl::Peer->new(behind => \@behind);
	my $run  = PgRepl::Batch->start({}, '-s', $interval, '--no-discover', $peer->conninfo);
	my $seen = $run->wait_sample(sub { ((@$_ > 1 && $_->[1]{"${word}_gap_bytes"}) || 0) > 8e6 });
	ok($seen, "a scripted server's standby lacks most in $word") or diag $run->tail;
	is($seen && $seen->[1]{bottleneck}, $word, 'which is named');
	$run->end_by('TERM')->finish(10);
	$peer->cleanup;
}
my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (undef, 10, 18);

for my $major (@majors) {
	subtest $major ? "PostgreSQL $major" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0=p 1:0=slow 2:0=other', conf => ['autovacuum = off',
				'wal_sender_timeout = 0', 'wal_receiver_timeout = 0', 'max_wal_size = 4GB']);
		my @port = map { $c->port($_) } 0 .. 2;
		$c->psql(0, 'create table t (a int, b text)');
		my $run = PgRepl::Batch->start({}, '-s', $interval, '-h', '127.0.0.1', '-p', $port[0], '-U', 'postgres');
		ok($run->wait_sample(sub { @$_ == 3 && !grep { $_->{depth} && $_->{state} ne 'streaming' } @$_ }), 'all stream')
			or diag $run->tail;
		my $writer = $c->psql_bg(0, 'insert into t select generate_series(1, 2000), repeat(\'x\', 200) \watch 0.05', name => 'writer');

		my $well = sub { $run->wait_sample(sub { !grep { ($_->{lag_seconds} // 0) > 1 } @$_ }, from => $run->count, timeout => 60) };
		# Stuck there, the standby shows the word in every sample once the lag is older than the stop is settled.
		my $stuck = sub {
			my ($word, $gap, $what) = @_;
			my $seen = $run->wait_sample(sub { my $r = row($_, $port[1]); ($r->{bottleneck} // '') eq $word && $r->{$gap} > 1e6 },
				from => $run->count, timeout => 30);
			ok($seen, "$what: it is $word") or return diag $run->tail;
			my $from = $run->count;
			$run->wait_count($from + 8);
			my @rows = map { row($_, $port[1]) } ($run->samples)[$from .. $run->count - 1];
			is_deeply([grep { ($_ // '') ne $word } map { $_->{bottleneck} } @rows], [], "$what: and stays so");
			my @others = map { row($_, $port[2]) } ($run->samples)[$from .. $run->count - 1];
			is_deeply([grep { ($_->{lag_seconds} // 99) > 2 } @others], [], "$what: the other standby is not behind");
			my @negative = grep { my $r = $_; grep { ($r->{$_} // 0) < 0 } qw(send_gap_bytes network_gap_bytes disk_gap_bytes replay_gap_bytes) }
				@rows, @others;
			is_deeply(\@negative, [], "$what: no gap is negative");
			return;
		};

		my $sender = $c->psql(0, "select pid from pg_stat_replication where application_name = 'slow'");
		kill 'STOP', $sender;
		$stuck->('send', 'send_gap_bytes', 'a stopped WAL sender');
		kill 'CONT', $sender;
		ok($well->(), 'and it catches up') or diag $run->tail;

		my $receiver = $c->psql(1, 'select pid from pg_stat_wal_receiver');
		kill 'STOP', $receiver;
		$stuck->('network', 'network_gap_bytes', 'a stopped WAL receiver');
		# Long after the connection is full and the sender holds back far more than is under way.
		ok($run->wait_sample(sub { my $r = row($_, $port[1]); $r->{send_gap_bytes} > $r->{network_gap_bytes} }, timeout => 60,
				from => $run->count), 'the connection is full') or diag $run->tail;
		is(row(($run->samples)[-1], $port[1])->{bottleneck}, 'network', 'which the sender is not blamed for');
		kill 'CONT', $receiver;
		ok($well->(), 'and it catches up') or diag $run->tail;

		$c->psql(1, 'select pg_wal_replay_pause()');
		$stuck->('replay paused', 'replay_gap_bytes', 'a paused replay');
		$c->psql(1, 'select pg_wal_replay_resume()');
		ok($well->(), 'and it catches up') or diag $run->tail;

		my $startup = $c->psql(1, "select pid from pg_stat_activity where backend_type = 'startup'");
		kill 'STOP', $startup;
		$stuck->('replay', 'replay_gap_bytes', 'a replay that stands still');
		kill 'CONT', $startup;
		ok($well->(), 'and it catches up') or diag $run->tail;

		$writer->cleanup;
		my $from = $run->count;
		$c->stop(0, 'immediate');
		ok($run->wait_sample(sub { (row($_, $port[1])->{bottleneck} // '') eq 'receiver down' }, from => $from, timeout => 30),
			'a standby whose upstream is gone: receiver down') or diag $run->tail;
		is($run->err, '', 'nothing was on standard error');
	};
}

subtest 'a slow disk' => sub {
	my $dir = File::Temp->newdir('pgrepltop-slow.XXXXXX', DIR => '/tmp');
	chmod 0755, "$dir";
	my $made = run_command($ENV{CC} || 'cc', '-shared', '-fPIC', '-D_GNU_SOURCE', '-o', "$dir/slow.so", PgRepl::root() . '/tests/pg/slow_fsync.c');
	is($made->{status}, 0, 'the library is built') or diag $made->{err};
	my $c = PgRepl->cluster(spec => '0=p 1:0=slow 2:0=other', fsync => 1, conf => ['autovacuum = off']);
	$c->stop(1);
	{
		local $ENV{LD_PRELOAD} = "$dir/slow.so";
		$c->start(1);
	}
	$c->psql(0, 'create table t (a int, b text)');
	my $run = PgRepl::Batch->start({}, '-s', $interval, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres');
	ok($run->wait_sample(sub { @$_ == 3 && !grep { $_->{depth} && $_->{state} ne 'streaming' } @$_ }), 'all stream') or diag $run->tail;
	my $writer = $c->psql_bg(0, 'insert into t select generate_series(1, 2000), repeat(\'x\', 200) \watch 0.05', name => 'writer');
	my $named = 0;
	ok($run->wait_sample(sub {
			my $r = row($_, $c->port(1));
			$named++ if ($r->{bottleneck} // '') eq 'disk' && $r->{disk_gap_bytes} > 100_000;
			$named == 5;
		}, timeout => 30), 'it is named') or diag $run->tail;
	ok(!grep({ (row($_, $c->port(2))->{bottleneck} // '') eq 'disk' && row($_, $c->port(2))->{disk_gap_bytes} > 1e6 } $run->samples),
		'and of the other standby not');
	$writer->cleanup;
	$run->end_by('TERM')->finish(10);
};

done_testing;
