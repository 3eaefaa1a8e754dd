#!/usr/bin/perl
# The time lag against the test's own clock: a standby whose replay is paused or delayed for a known time under load, the
# cascade below one that receives nothing, an idle primary, a program that was stopped itself.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Batch qw(row);
use Time::HiRes qw(time sleep);

my $interval = 0.25;
# What a value may differ by: the moment that a sample is of and that it is read at are two refreshes apart at most, and a
# machine under load is late by as much again.
my $margin = 4 * $interval;
my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (undef, 10, 18);

# Small transactions without end, some 50 a second.
sub writer {
	my ($c) = @_;
	my $psql = $c->psql_bg(0, undef, name => 'writer');
	$psql->send('insert into t select generate_series(1, 200), repeat(\'x\', 100) \watch 0.02');
	return $psql;
}

sub replay_lag { my ($c, $app) = @_; return $c->psql(0, "select coalesce(extract(epoch from replay_lag), 0) from pg_stat_replication where application_name = '$app'") }

for my $major (@majors) {
	subtest $major ? "PostgreSQL $major" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0=p 1:0=paused 2:0=other 3:1=below',
			conf => ['checkpoint_timeout = 1h', 'autovacuum = off']);
		my @port = map { $c->port($_) } 0 .. 3;
		$c->psql(0, 'create table t (a int, b text)');
		my $run = PgRepl::Batch->start({}, '-s', $interval, '-h', '127.0.0.1', '-p', $port[0], '-U', 'postgres');
		ok($run->wait_sample(sub { @$_ == 4 && !grep { $_->{depth} && $_->{state} ne 'streaming' } @$_ }), 'all stream')
			or diag $run->tail;
		my $last = sub { return row(($run->samples)[-1], $port[$_[0]]) };
		# The newest sample that came after now.
		my $fresh = sub { $run->wait_count($run->count + 2, 20) or die $run->tail; return };

		subtest 'an idle primary' => sub {
			my $still = $run->wait_sample(sub { @$_ == 4 && !grep { $_->{depth} && ($_->{bottleneck} // '') ne 'idle' } @$_ },
				from => $run->count);
			ok($still, 'is told from a busy one') or return diag $run->tail;
			my $from = $run->count;
			$run->wait_count($from + 10 / $interval, 60);
			my @rows = grep { $_->{depth} } map { @$_ } ($run->samples)[$from .. $run->count - 1];
			is_deeply([grep { ($_->{lag_bytes} // 'none') ne '0' } @rows], [], 'for ten seconds no lag in bytes');
			is_deeply([grep { ($_->{lag_seconds} // 'none') ne '0' } @rows], [], 'and none in time');
			is_deeply([grep { ($_->{eta_seconds} // 'none') ne '0' } @rows], [], 'and nothing to wait for');
			is_deeply([grep { ($_->{bottleneck} // 'none') ne 'idle' } @rows], [], 'all that time it is idle');
		};

		my $writer = writer($c);
		subtest 'replay paused for a known time' => sub {
			$c->psql(1, 'select pg_wal_replay_pause()');
			$c->wait_sql(1, "select pg_get_wal_replay_pause_state() = 'paused'") if ($major // 15) >= 14;
			my $paused = time;
			my @wrong;
			my $seen = 0;
			my $next = $run->count;
			while (time < $paused + 8) {
				$run->wait_count($next + 1) or last;
				my $truth = time - $paused;
				my $row   = $last->(1);
				$next = $run->count;
				next if $truth < 2;
				$seen++;
				push @wrong, sprintf('%.2f and not %.2f', $row->{lag_seconds} // -1, $truth)
					if abs(($row->{lag_seconds} // -1) - $truth) > $margin;
			}
			cmp_ok($seen, '>', 8, 'samples were taken');
			is_deeply(\@wrong, [], 'each shows how long it is paused');
			my $row = $last->(1);
			is($row->{bottleneck}, 'replay paused', 'by what');
			is($row->{eta_seconds}, undef, 'and that it will never end so');
			cmp_ok(replay_lag($c, 'paused'), '<', $row->{lag_seconds} + $margin, 'the server reads no more');
			for my $node (2, 3) {
				cmp_ok($last->($node)->{lag_seconds}, '<', 2, "node $node keeps up: a paused standby sends what it received");
			}

			# Our own stop is no end of the lag, and none of the others'.
			kill 'STOP', $run->{pid};
			my $stopped = time;
			wait_for { time > $stopped + 3 } 10;
			kill 'CONT', $run->{pid};
			my $from = $run->count;
			$run->wait_count($from + 2);
			@wrong = ();
			for (1 .. 6) {
				$fresh->();
				my $truth = time - $paused;
				push @wrong, sprintf('%.2f and not %.2f', $last->(1)->{lag_seconds} // -1, $truth)
					if abs(($last->(1)->{lag_seconds} // -1) - $truth) > $margin;
			}
			is_deeply(\@wrong, [], 'after a stop of the program it is as long as before');
			my @jumps = grep { ($_->{wal_bytes_per_second} // 0) > 1e9 || ($_->{lag_seconds} // 0) < 0 }
				map { @$_ } ($run->samples)[$from .. $run->count - 1];
			is_deeply(\@jumps, [], 'and no rate jumps');

			$from = $run->count;
			$c->psql(1, 'select pg_wal_replay_resume()');
			ok($run->wait_sample(sub { (row($_, $port[1])->{lag_seconds} // 99) < 2 * $interval }, from => $from, timeout => 60),
				'resumed, the lag goes away') or diag $run->tail;
			my @eta = grep { defined } map { row($_, $port[1])->{eta_seconds} } ($run->samples)[$from .. $run->count - 1];
			ok(@eta == 0 || $eta[-1] <= $eta[0], "its end comes nearer (@eta)");
		};

		subtest 'a cascade below a standby that receives nothing' => sub {
			my $receiver = $c->psql(1, 'select pid from pg_stat_wal_receiver');
			kill 'STOP', $receiver;
			my $stopped = time;
			wait_for { time > $stopped + 3 } 10;
			$fresh->();
			my $truth = time - $stopped;
			my ($upstream, $below) = map { $last->($_) } 1, 3;
			kill 'CONT', $receiver;
			for ([$upstream, 'the standby'], [$below, 'the one below']) {
				cmp_ok(abs(($_->[0]{lag_seconds} // -1) - $truth), '<', $margin + 0.5, "$_->[1] lags since then")
					or diag sprintf '%s, not %.2f', $_->[0]{lag_seconds} // 'nothing', $truth;
			}
			is($below->{bottleneck}, 'upstream', 'which is not for its own edge');
			ok($run->wait_sample(sub { !grep { ($_->{lag_seconds} // 0) > 1 } @$_ }, from => $run->count, timeout => 30),
				'and catches up') or diag $run->tail;
		};

		subtest 'a delay that was asked for' => sub {
			# Up to 11 it stands in recovery.conf.
			if (($major // 15) < 12) {
				open my $out, '>>', $c->dir . '/' . $port[2] . '/recovery.conf' or die $!;
				print $out "recovery_min_apply_delay = '3s'\n";
				close $out;
				$c->stop(2);
				$c->start(2);
			}
			else {
				$c->psql(2, "alter system set recovery_min_apply_delay = '3s'");
				$c->psql(2, 'select pg_reload_conf()');
			}
			my $from = $run->count;
			ok($run->wait_sample(sub { abs((row($_, $port[2])->{lag_seconds} // 0) - 3) < $margin }, from => $from, timeout => 30),
				'is reached') or return diag $run->tail;
			$from = $run->count;
			$run->wait_count($from + 12);
			my @wrong = grep { !defined || abs($_ - 3) > $margin } map { row($_, $port[2])->{lag_seconds} }
				($run->samples)[$from .. $run->count - 1];
			is_deeply(\@wrong, [], 'and kept');
			is($last->(2)->{bottleneck}, 'replay', 'it is replay that waits');
		};

		subtest 'a promotion' => sub {
			$writer->finish;
			my $from = $run->count;
			$c->stop(0, 'immediate');
			$c->promote(1);
			ok($run->wait_sample(sub { row($_, $port[1])->{role} eq 'primary' && row($_, $port[3])->{state} eq 'streaming' },
					from => $from, timeout => 30), 'is seen') or return diag $run->tail;
			$c->psql(1, 'insert into t select generate_series(1, 20000)');
			$run->wait_count($run->count + 8);
			my @wild = grep { ($_->{lag_seconds} // 0) > 3 || ($_->{lag_seconds} // 0) < 0 } map { row($_, $port[3]) }
				($run->samples)[-6 .. -1];
			is_deeply(\@wild, [], 'and the lag behind the new primary is none from before');
		};
		is($run->err, '', 'nothing was on standard error');
	};
}

# A backlog of some seconds of replay, under load.
subtest 'the end of a lag' => sub {
	my $c = PgRepl->cluster(spec => '0=p 1:0=s1', conf => ['max_wal_size = 8GB', 'autovacuum = off', 'full_page_writes = off']);
	$c->psql(0, 'create table t (a int primary key, b text); create sequence s');
	my $run = PgRepl::Batch->start({}, '-s', $interval, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres');
	$c->psql(1, 'select pg_wal_replay_pause()');
	$c->psql(0, 'insert into t select g, repeat(\'x\', 20) from generate_series(1, 2000000) g; update t set b = b || \'y\'', timeout => 120);
	my $writer = $c->psql_bg(0, 'insert into t select -nextval(\'s\'), \'x\' from generate_series(1, 100) \watch 0.05', name => 'writer');
	ok($run->wait_sample(sub { (row($_, $c->port(1))->{lag_bytes} // 0) > 5e7 }, timeout => 60), 'there is a backlog') or diag $run->tail;
	my $from = $run->count;
	my $seen = $run->wait_sample(sub { (row($_, $c->port(1))->{eta_seconds} // 0) > 0 }, from => $from, timeout => 1);
	ok(!$seen, 'while it is paused there is no end');
	$c->psql(1, 'select pg_wal_replay_resume()');
	$from = $run->count;
	ok($run->wait_sample(sub { (row($_, $c->port(1))->{lag_bytes} // 1e9) < 1e6 }, from => $from, timeout => 120), 'it ends');
	my @rows = map { row($_, $c->port(1)) } ($run->samples)[$from .. $run->count - 1];
	my $second = sub { my ($h, $m, $s) = $_[0]{time} =~ /T(\d+):(\d+):([\d.]+)Z/; return $h * 3600 + $m * 60 + $s };
	# What was said around the half of the way, as a share of what it took from there.
	my ($end, $n) = ($second->($rows[-1]), scalar @rows);
	my @shares = sort { $a <=> $b } map { ($_->{eta_seconds} // 1e9) / ($end - $second->($_)) } @rows[$n / 3 .. 2 * $n / 3];
	my $share = $shares[$#shares / 2];
	cmp_ok($n, '>', 6, 'and lasted long enough to be told of');
	ok($share > 0.5 && $share < 2, sprintf 'half-way the end is told within a factor of two (%.2f of it, of %.1f s)', $share,
		$end - $second->($rows[0]));
	is($rows[-1]{eta_seconds} < 1 ? 'soon' : $rows[-1]{eta_seconds}, 'soon', 'and then it is near');
	is($run->err, '', 'nothing was on standard error');
};

done_testing;
