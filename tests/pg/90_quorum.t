#!/usr/bin/perl
# The quorum and the failover lens on real servers: who releases a commit, what is lost if the primary dies and whom to
# promote, what --check says of it and which events tell of it, each once.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for run_command);
use PgRepl::Batch qw(row config_file);
use Time::HiRes 'time';

my $interval = 0.25;
my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (undef, 10, 18);

sub watch {
	my ($c, $table, @nodes) = @_;
	my @to = map { 'host=127.0.0.1 port=' . $c->port($_) . ' user=postgres' } @nodes;
	return PgRepl::Batch->start({}, '-s', $interval, '--table', $table, @to);
}

# The exit status of --check and its line.
sub check {
	my ($c, @nodes) = @_;
	my @to = map { 'host=127.0.0.1 port=' . $c->port($_) . ' user=postgres' } @nodes;
	my $result = run_command(PgRepl::program(), '--check', @to);
	return ($result->{status}, $result->{out} =~ s/\n\z//r);
}

sub name { my ($c, $node) = @_; return '127.0.0.1:' . $c->port($node) }

# A sample's row of the primary; of the last sample without one.
sub quorum { my ($run, $sample) = @_; $sample //= ($run->samples)[-1]; return $sample->[0] }

# The first sample from now on of which the values are these; the others' names are said.
sub comes {
	my ($run, $what, %want) = @_;
	my $from = delete $want{from} // $run->count;
	my $seen = $run->wait_sample(sub { my $q = $_->[0]; !grep { ($q->{$_} // '') ne $want{$_} } keys %want },
		from => $from, timeout => 30);
	my $last = quorum($run) // {};
	ok($seen, $what) or diag join ' ', map { "$_=" . ($last->{$_} // '') } sort keys %want;
	return $seen ? $seen->[0] : {};
}

for my $major (@majors) {
	subtest $major ? "PostgreSQL $major: ANY 2 of three" : "Debian's PostgreSQL: ANY 2 of three" => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0=p 1:0=s1 2:0=s2 3:0=s3', sync => 'ANY 2 (s1, s2, s3)');
		my @nodes = 0 .. 3;
		my $run    = watch($c, 'quorum', @nodes);
		my $events = watch($c, 'events', @nodes);
		my $q = comes($run, 'three count', from => 0, streaming => 3, blocked => 'f', method => 'any', required => 2,
			candidates => 3, fence_needed => 2, fence_reachable => 3, acknowledged_loss => 'none');
		is($q->{released_by}, undef, 'nobody is waited for');
		is_deeply([check($c, @nodes)], [0, 'PGREPLTOP OK - 4 of 4 nodes up'], '--check is content');
		$c->psql(0, 'create table t (a int)');

		$c->stop(3);
		comes($run, 'one stopped: not blocked', streaming => 2, blocked => 'f', fence_reachable => 2, candidates => 3);
		is($c->psql(0, 'insert into t values (1) returning a'), 1, 'it commits');
		my ($status, $line) = check($c, @nodes);
		is($status, 1, '--check warns') or diag $line;

		$c->stop(2);
		comes($run, 'two stopped: blocked', streaming => 1, blocked => 't', waiting_sessions => 0);
		my $writer = $c->psql_bg(0, 'insert into t values (2);', name => 'writer');
		$q = comes($run, 'a session waits', streaming => 1, blocked => 't', waiting_sessions => 1);
		is_deeply([sort $q->{released_by} =~ /(127\.0\.0\.1:\d+)/g], [sort map { name($c, $_) } 2, 3], 'for those that are stopped');
		like($q->{released_by}, qr/^1 more of: /, 'one of them will do');
		my $waited = $q->{longest_wait_seconds};
		my $longer = $run->wait_sample(sub { ($_->[0]{longest_wait_seconds} // 0) > $waited + 1 }, from => $run->count);
		ok($longer, 'longer and longer');
		($status, $line) = check($c, @nodes);
		is($status, 2, '--check finds it critical');
		like($line, qr/^PGREPLTOP CRITICAL - 2 of 4 nodes up; .*commits are blocked, 1 of 2 standbys count, 1 sessions? waits?/, 'and says why');

		my $from = $run->count;
		$c->start(2);
		my $counts = 0;
		$c->wait_sql(0, "select count(*) = 2 from pg_stat_replication where state = 'streaming'");
		my $released = $run->count;
		$q = comes($run, 'one is back: not blocked', from => $from, streaming => 2, blocked => 'f', waiting_sessions => 0);
		my ($at) = grep { (($run->samples)[$_][0]{blocked} // '') eq 'f' } $from .. $run->count - 1;
		cmp_ok($at, '<=', $released + 2, 'within a refresh of the answer that shows it');
		is($q->{released_by}, undef, 'nobody is waited for');
		$writer->cleanup;

		my %count;
		wait_for { $events->samples; %count = (); $count{$_->{event}}++ for map { @$_ } $events->samples; $count{'quorum regained'} };
		is($count{$_}, 1, "the event $_ is told once") for 'quorum lost', 'quorum regained';
		my %lost = map { $_->{node} => 1 } grep { $_->{event} eq 'lost' } map { @$_ } $events->samples;
		is_deeply([sort keys %lost], [sort map { name($c, $_) } 2, 3], 'those that were stopped are told as lost');
		is($count{lost}, 2, 'once each');

		$c->stop(0, 'immediate');
		($status, $line) = check($c, 0);
		is($status, 3, 'where nothing answers --check does not know') or diag $line;
		$c->promote(1);
		wait_for { grep { $_->{event} eq 'promoted' } map { @$_ } $events->samples } 20;
		my @promoted = grep { $_->{event} eq 'promoted' } map { @$_ } $events->samples;
		is_deeply([map { $_->{node} } @promoted], [name($c, 1)], 'the promotion is told, once') or diag $events->out;
		is($_->err, '', 'nothing was on standard error') for $run, $events;
	};
}

subtest 'ANY 2 of five' => sub {
	my $c = PgRepl->cluster(spec => '0=p ' . join(' ', map { "$_:0=s$_" } 1 .. 5), sync => 'ANY 2 (*)',
		conf => ['autovacuum = off']);
	my @nodes = 0 .. 5;
	my $run = watch($c, 'quorum', @nodes);
	comes($run, 'the rule of the handbook: 5 - 2 + 1', from => 0, candidates => 5, streaming => 5, fence_needed => 4,
		fence_reachable => 5, blocked => 'f');
	$c->psql(0, 'create table t (a int, b text)');
	$c->wait_sql(0, "select bool_and(replay_lsn = pg_current_wal_flush_lsn()) from pg_stat_replication");

	# 1 and 2 receive nothing more, 3 receives and does not replay: it is as good as 4, and 5 too.
	my @receivers = map { $c->psql($_, 'select pid from pg_stat_wal_receiver') } 1, 2;
	kill 'STOP', $receivers[0];
	$c->psql(0, 'insert into t select generate_series(1, 1000), repeat(\'x\', 100)');
	$c->wait_sql(2, "select pg_last_wal_receive_lsn() >= '" . $c->psql(0, 'select pg_current_wal_flush_lsn()') . "'");
	kill 'STOP', $receivers[1];
	$c->psql(3, 'select pg_wal_replay_pause()');
	$c->psql(0, 'insert into t select generate_series(1, 1000), repeat(\'x\', 100)');
	my $flush = $c->psql(0, 'select pg_current_wal_flush_lsn()');
	for my $node (3, 4, 5) { $c->wait_sql($node, "select pg_last_wal_receive_lsn() >= '$flush'") }
	for my $node (4, 5) { $c->wait_sql($node, "select pg_last_wal_replay_lsn() >= '$flush'") }
	my $q = comes($run, 'nothing is lost with the best', best_candidate_lsn => $c->psql(4, 'select pg_last_wal_receive_lsn()'),
		loss_bytes => 0, acknowledged_loss => 'none', blocked => 'f');
	isnt($q->{best_candidate}, name($c, 3), 'one that replayed is before one that is paused');

	$c->kill9(0);
	$q = comes($run, 'the primary is gone', blocked => '', waiting_sessions => '', fence_needed => 4, fence_reachable => 5,
		acknowledged_loss => 'none');
	like($q->{best_candidate}, qr/^\Q${\name($c, 4)}\E|\Q${\name($c, 5)}\E$/, 'one of the newest is the best candidate');
	$c->stop($_, 'immediate') for 4, 5;
	$q = comes($run, 'two of five are gone too: an acknowledged commit may be', best_candidate => name($c, 3),
		fence_reachable => 3, acknowledged_loss => 'possible');
	$c->stop(3, 'immediate');
	my $lsn = $c->psql(2, 'select pg_last_wal_receive_lsn()');
	$q = comes($run, 'then the one that received more than the last', best_candidate => name($c, 2), best_candidate_lsn => $lsn,
		fence_reachable => 2, acknowledged_loss => 'possible');
	my $primary_lsn = $c->psql(2, "select pg_wal_lsn_diff('$flush', '$lsn')");
	cmp_ok($q->{loss_bytes}, '>=', $primary_lsn, 'and what it lacks is told');
	my ($status, $line) = check($c, @nodes);
	is($status, 2, '--check: critical without a primary');
	like($line, qr/no primary answers|down/, 'which it says') or diag $line;
	kill 'CONT', @receivers;
	is($run->err, '', 'nothing was on standard error');
};

# A standby that streams counts, but commits hang all the same while it does not come to their WAL.
for my $first (0, 1) {
	subtest $first ? 'FIRST, and the chosen one does not replay' : 'ANY, and nobody replays' => sub {
		my $c = PgRepl->cluster(spec => '0=p 1:0=s1 2:0=s2', sync => ($first ? 'FIRST' : 'ANY') . ' 1 (s1, s2)',
			conf => ['synchronous_commit = remote_apply', 'autovacuum = off']);
		my $run = watch($c, 'quorum', 0 .. 2);
		$c->psql(0, 'create table t (a int)');
		comes($run, 'all is well', from => 0, streaming => 2, blocked => 'f', waiting_sessions => 0, released_by => '');
		my @paused = $first ? 1 : (1, 2);
		$c->psql($_, 'select pg_wal_replay_pause()') for @paused;
		my $writer = $c->psql_bg(0, 'insert into t values (1);', name => 'writer');
		my $seen = $run->wait_sample(sub { $_->[0]{waiting_sessions} && ($_->[0]{released_by} // '') =~ /paused, replayed / },
			from => $run->count) or diag $run->out;
		my $q = $seen->[0];
		is($q->{blocked}, 'f', 'the rule is met');
		like($q->{released_by}, qr{^1 more of: (127\.0\.0\.1:\d+ \(paused, replayed [0-9A-F]+/[0-9A-F]+\)(, )?)+$}, 'but it waits for a replay');
		is_deeply([sort $q->{released_by} =~ /(127\.0\.0\.1:\d+)/g], [map { name($c, $_) } @paused], 'of those');
		my $replay = $c->psql(1, 'select pg_last_wal_replay_lsn()');
		like($q->{released_by}, qr{\Q@{[name($c, 1)]}\E \(paused, replayed \Q$replay\E\)}, 'which are so far');
		$c->psql($paused[0], 'select pg_wal_replay_resume()');
		comes($run, 'one replays: it is released', waiting_sessions => 0, released_by => '');
		is($run->err, '', 'nothing was on standard error');
	};
}

# What cannot be promoted without loss is not the best only because it is there.
subtest 'a standby of an archive' => sub {
	my $archive = PgRepl::temp_dir(0);
	chmod 0777, $archive;
	my $c = PgRepl->cluster(spec => '0=p 1:0=s1 2:0=archive', sync => 's1',
		conf => ['archive_mode = on', "archive_command = 'cp %p $archive/%f'", 'autovacuum = off']);
	$c->psql(0, 'create table t (a int, b text)');
	$c->psql(2, "alter system set restore_command = 'cp $archive/%f %p'");
	$c->psql(2, "alter system set primary_conninfo = ''");
	$c->stop(2);
	$c->start(2);
	my $run = watch($c, 'quorum', 0 .. 2);
	$c->psql(0, 'insert into t select generate_series(1, 1000), repeat(\'x\', 100)');
	$c->psql(0, 'select pg_switch_wal()');
	$c->psql(0, 'insert into t select generate_series(1, 1000), repeat(\'x\', 100)');
	my $q = comes($run, 'the streaming one is the best', best_candidate => name($c, 1), acknowledged_loss => 'none', loss_bytes => 0,
		candidates => 1, streaming => 1);
	$c->stop(1);
	$q = comes($run, 'without it the one of the archive is left', best_candidate => name($c, 2), blocked => 't',
		acknowledged_loss => 'possible');
	cmp_ok($q->{loss_bytes}, '>', 100_000, 'and what it did not get from the archive is lost');
	is($run->err, '', 'nothing was on standard error');
	PgRepl::run_command('rm', '-rf', $archive);
};

done_testing;
