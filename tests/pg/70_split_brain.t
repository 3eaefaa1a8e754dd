#!/usr/bin/perl
# A standby is promoted while its old primary lives on: within two refreshes the CSV says who is primary with what, who
# stayed on the old timeline, and no lag is measured between the two. And standbys that are ahead of their upstream.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for run_command);
use PgRepl::Batch qw(row);

my $lsn = qr{[0-9A-F]{1,8}/[0-9A-F]{1,8}};

# pg_promote() is of 12; before, the server's own program does it.
sub promote {
	my ($c, $node) = @_;
	my $bin = $c->control('bin') =~ s/\n\z//r;
	my @as = $> ? () : ('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--');
	my $result = run_command(@as, "$bin/pg_ctl", 'promote', '-s', '-D', $c->dir . '/' . $c->port($node));
	die "pg_ctl promote: $result->{err}" if $result->{status};
	return $c->wait_sql($node, 'select not pg_is_in_recovery()');
}

sub name { my ($c, $node) = @_; return '127.0.0.1:' . $c->port($node) }

# 0 feeds 1, 2 and 3, 1 feeds 4; by its port, each node's row.
for my $version (undef, 10, 13, 18) {
	subtest $version ? "PostgreSQL $version" : "Debian's PostgreSQL" => sub {
		my $c   = PgRepl->cluster(version => $version, sync => '');
		my $run = PgRepl::Batch->start({}, '-s', 0.5, '-h', '127.0.0.1', '-p', $c->port(4), '-U', 'postgres');
		my $is  = sub { my ($sample, $node, $column) = @_; return row($sample, $c->port($node))->{$column} // '' };
		ok($run->wait_sample(sub { my $s = $_; 4 == grep { $is->($s, $_, 'state') eq 'streaming' } 1 .. 4 }), 'all is well at first')
			or diag $run->tail;

		my $before = $run->count;
		ok(promote($c, 1), 'one standby is promoted');
		my $promoted = $run->count;
		$c->psql(1, 'create table new_history (i int)');
		$c->psql(0, 'create table old_history (i int)');
		my $found = $run->wait_sample(sub {
			my $s = $_;
			$is->($s, 0, 'state') eq 'split brain' && $is->($s, 1, 'state') eq 'split brain'
		}, from => $before);
		ok($found, 'both are primaries of a split brain') or diag $run->tail;
		# One refresh may be under way while the promotion ends; it is the first or the second after it that says so.
		my @samples = $run->samples;
		my ($first) = grep { row($samples[$_], $c->port(1))->{state} eq 'split brain' } $before .. $#samples;
		cmp_ok($first, '<=', $promoted + 1, 'within two refreshes');
		like(row($found, $c->port(0))->{error}, qr{^split brain: also \Q@{[name($c, 1)]}\E is primary, TL 2 at $lsn$},
			'the old one names the new one, its timeline and what it has') or diag $run->tail;
		like(row($found, $c->port(1))->{error}, qr{^split brain: also \Q@{[name($c, 0)]}\E is primary, TL 1 at $lsn$},
			'and the new one the old one');
		is_deeply([map { row($found, $c->port($_))->{role} } 0, 1], ['primary', 'primary'], 'the roles say the same');

		my $settled = $run->wait_sample(sub {
			my $s = $_;
			$is->($s, 4, 'timeline') eq 2 && $is->($s, 4, 'state') eq 'streaming' && $is->($s, 4, 'lag_bytes') ne ''
				&& 2 == grep { $is->($s, $_, 'state') eq 'old timeline' } 2, 3
		}, from => $before, timeout => 20);
		ok($settled, 'the cascade follows its upstream, the siblings stay') or diag $run->tail;
		is(row($settled, $c->port(4))->{upstream}, name($c, 1), 'the cascade below the new primary');
		for my $node (2, 3) {
			my $row = row($settled, $c->port($node));
			is($row->{timeline}, 1, "node $node is on timeline 1");
			is($row->{upstream}, name($c, 0), 'below the old primary');
			like($row->{error}, qr{^old timeline: TL 1 at $lsn from \Q@{[name($c, 0)]}\E, but \Q@{[name($c, 1)]}\E is primary, TL 2 at $lsn$},
				'and says who has what');
			cmp_ok($row->{lag_bytes}, '<', 1_000_000, 'its lag is measured from its own root');
		}
		is(scalar @$settled, 5, 'every node has one row, as before');

		$c->stop(0, 'immediate');
		my $over = $run->wait_sample(sub { my $s = $_; $is->($s, 0, 'state') eq 'down' && $is->($s, 1, 'state') ne 'split brain' },
			from => $run->count, timeout => 20);
		ok($over, 'the old primary is stopped: it is over') or diag $run->tail;
		is(row($over, $c->port(1))->{state}, 'running', 'the new one is a primary like any other');
		is(row($over, $c->port(1))->{error}, undef, 'with nothing to say');
		unlike(row($over, $c->port(0))->{error}, qr/split brain/, 'the old one only says why it is down');
		my $left = $run->wait_sample(sub {
			my $s = $_;
			2 == grep { $is->($s, $_, 'state') eq 'old timeline' && $is->($s, $_, 'sent_lsn') eq '' } 2, 3
		}, from => $run->count, timeout => 20) or diag $run->tail;
		ok($left, 'its standbys are on the old timeline still, and receive nothing');
		cmp_ok(row($left, $c->port($_))->{lag_bytes}, '<', 1_000_000, "node $_ is measured by what its own upstream had last")
			for 2, 3;
		is($run->end_by('TERM')->finish(5), -15, 'a signal ends it');
	};
}

subtest 'a cascade that a promotion carries along, while it is watched' => sub {
	for my $version (10, 13, undef, 18) {
		my $c   = PgRepl->cluster(version => $version, spec => '0 1:0 2:1 3:2');
		my $run = PgRepl::Batch->start({}, '-s', 0.3, '-h', '127.0.0.1', '-p', $c->port(3), '-U', 'postgres');
		my $is  = sub { my ($sample, $node, $column) = @_; return row($sample, $c->port($node))->{$column} // '' };
		ok($run->wait_sample(sub { my $s = $_; 3 == grep { $is->($s, $_, 'state') eq 'streaming' } 1 .. 3 }), 'it streams');
		my $before = $run->count;
		$c->stop(0);
		promote($c, 1);
		$c->psql(1, 'create table t (i int)');
		my $after = $run->wait_sample(sub {
			my $s = $_;
			$is->($s, 1, 'role') eq 'primary' && 3 == grep { $is->($s, $_, 'timeline') eq 2 } 1 .. 3
				and 2 == grep { $is->($s, $_, 'state') eq 'streaming' && ($is->($s, $_, 'lag_bytes') || 0) eq 0 } 2, 3
		}, from => $before, timeout => 30);
		ok($after, ($version // 'Debian') . ': all three are on timeline 2 and stream') or diag $run->tail;
		is_deeply([map { row($after, $c->port($_))->{upstream} } 1 .. 3], [undef, name($c, 1), name($c, 2)], 'in their places');
		my @samples = $run->samples;
		is_deeply([grep { grep { $_->{state} =~ /split brain|forked|ahead/ } @$_ } @samples], [],
			'and nothing is taken for a split brain, a fork or a lead on the way');
		$run->cleanup;
		$c->cleanup;
	}
};

subtest 'a primary that lost what its standby has' => sub {
	for my $version (undef, 13, 18) {
		my $c    = PgRepl->cluster(version => $version, spec => '0 1:0');
		my $data = $c->dir . '/' . $c->port(0);
		$c->stop(0);
		is(run_command('cp', '-a', $data, "$data.copy")->{status}, 0, 'the primary is copied');
		$c->start(0);
		my $run = PgRepl::Batch->start({}, '-s', 0.3, '-h', '127.0.0.1', '-p', $c->port(1), '-U', 'postgres');
		my $is  = sub { my ($sample, $node, $column) = @_; return row($sample, $c->port($node))->{$column} // '' };
		$c->psql(0, 'create table t as select generate_series(1, 200000)');
		my $flush = $c->psql(0, 'select pg_current_wal_flush_lsn()');
		ok($c->wait_sql(1, "select pg_last_wal_replay_lsn() >= '$flush'"), 'its standby follows');
		my @early = $run->samples;
		$c->stop(0);
		is(run_command('sh', '-c', 'rm -rf "$0" && mv "$0.copy" "$0"', $data)->{status}, 0, 'and its past is restored');
		$c->start(0);
		my $found = $run->wait_sample(sub { my $s = $_; $is->($s, 1, 'state') eq 'ahead of upstream' }, from => scalar @early, timeout => 20);
		ok($found, 'the standby is ahead') or diag $run->tail;
		like(row($found, $c->port(1))->{error},
			qr{^ahead of upstream: TL 1 at $lsn, but \Q@{[name($c, 0)]}\E has only $lsn}, 'by these positions');
		is_deeply([grep { grep { $_->{state} =~ /ahead/ } @$_ } @early], [], 'and was not before');
		$run->cleanup;
		$c->cleanup;
	}
};

subtest 'a standby that went too far to follow the new primary' => sub {
	for my $version (undef, 18) {
		my $c   = PgRepl->cluster(version => $version, spec => '0 1:0 2:0');
		my $run = PgRepl::Batch->start({}, '-s', 0.3, '-h', '127.0.0.1', '-p', $c->port(2), '-U', 'postgres');
		my $is  = sub { my ($sample, $node, $column) = @_; return row($sample, $c->port($node))->{$column} // '' };
		ok($run->wait_sample(sub { my $s = $_; 2 == grep { $is->($s, $_, 'state') eq 'streaming' } 1, 2 }), 'both follow');
		promote($c, 1);
		$c->psql(0, 'create table lost as select generate_series(1, 50000)');
		my $flush = $c->psql(0, 'select pg_current_wal_flush_lsn()');
		ok($c->wait_sql(2, "select pg_last_wal_replay_lsn() >= '$flush'"), 'the sibling gets what the new primary never had');
		$c->stop(0);
		$c->psql(2, "alter system set primary_conninfo = 'host=127.0.0.1 user=postgres port=@{[$c->port(1)]}'");
		$c->stop(2);
		$c->start(2);
		my $found = $run->wait_sample(sub {
			my $s = $_;
			$is->($s, 2, 'state') eq 'old timeline' && $is->($s, 2, 'upstream') eq name($c, 1)
		}, from => $run->count, timeout => 20) or diag $run->tail;
		ok($found, 'pointed to the new primary it is on an old timeline');
		like(row($found, $c->port(2))->{error}, qr{^old timeline: TL 1 at $lsn, but \Q@{[name($c, 1)]}\E is primary, TL 2 at $lsn},
			'and says so');
		is_deeply([map { row($found, $c->port(2))->{$_} } qw(lag_bytes lag_seconds send_gap_bytes replay_gap_bytes eta_seconds)],
			[(undef) x 5], 'and no lag is made up');
		$run->cleanup;
		$c->cleanup;
	}
};

subtest 'a standby that followed an idle primary and lost it is not on an old timeline' => sub {
	for my $version (undef, 10, 13, 18) {
		my $c = PgRepl->cluster(version => $version, spec => '0 1:0 2:1');
		$c->psql(0, 'create role mon login; grant pg_monitor to mon; create role plain login');
		my $flush = $c->psql(0, 'select pg_current_wal_flush_lsn()');
		$c->wait_sql($_, "select pg_last_wal_replay_lsn() >= '$flush'") for 1, 2;
		$c->stop(0);
		promote($c, 1);
		ok($c->wait_sql(2, 'select received_tli = 2 from pg_stat_wal_receiver', 20), 'it follows');
		# The receiver ends, and the server has no other to take its place.
		$c->psql(1, 'alter system set max_wal_senders = 0');
		$c->psql(1, 'alter system set max_replication_slots = 0');
		$c->stop(1);
		$c->start(1);
		ok($c->wait_sql(2, 'select count(*) = 0 from pg_stat_wal_receiver', 20), 'nobody sends to it any more');
		my $control = $c->psql(2, 'select timeline_id from pg_control_checkpoint()');
		for my $role ('postgres', 'mon', 'plain') {
			my $result = PgRepl::run_batch('-n', 1, map { "host=127.0.0.1 user=$role port=" . $c->port($_) } 1, 2);
			my $row = row($result->{samples}[0], $c->port(2));
			unlike($row->{state}, qr/timeline/, ($version // 'Debian') . ", $role: it is not taken for an old one"
				. " (its control file says $control)") or diag $result->{out};
			is($row->{timeline}, 2, 'but on the timeline that it followed') if $role ne 'plain';
		}
		$c->cleanup;
	}
};

subtest 'a standby of one under full load is not ahead of it' => sub {
	my $c    = PgRepl->cluster(spec => '0 1:0 2:1 3:2');
	my $run  = PgRepl::Batch->start({}, '-s', 0.1, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres');
	my $load = $c->psql_bg(0, 'create table t (i int); '
			. join ' ', ('insert into t select generate_series(1, 50000);') x 60);
	$load->send(q{\echo done});
	ok($load->wait_out(qr/done/, 60), 'rows are written');
	ok($run->wait_count(10), 'while it is watched');
	my @samples = $run->samples;
	is_deeply([grep { grep { $_->{state} =~ /split brain|timeline|ahead/ } @$_ } @samples], [], 'nothing is said in any sample');
};

subtest 'two clusters' => sub {
	my @c   = map { PgRepl->cluster(spec => '0 1:0', version => $_) } undef, 18;
	my $run = PgRepl::Batch->start({}, '-s', 0.3, map { 'host=127.0.0.1 user=postgres port=' . $_->port(1) } @c);
	my $all = $run->wait_sample(sub {
		my $sample = $_;
		4 == grep { (row($sample, $_)->{state} // '') =~ /^(?:running|streaming)$/ } map { ($_->port(0), $_->port(1)) } @c;
	});
	ok($all, 'both are found from one node of each') or diag $run->tail;
	my @id = map { $_->psql(0, 'select system_identifier from pg_control_system()') } @c;
	is_deeply([map { $_->{cluster} } @$all], [sort_by_name($all, @id)], 'one after the other');
	promote($c[1], 1);
	my $split = $run->wait_sample(sub { row($_, $c[1]->port(0))->{state} eq 'split brain' });
	ok($split, 'a split brain of the one') or diag $run->tail;
	is(row($split, $c[0]->port(0))->{state}, 'running', 'is not the other\'s');
	is(row($split, $c[0]->port(1))->{state}, 'streaming', 'nor its standby\'s');
	is($run->end_by('TERM')->finish(5), -15, 'a signal ends it');
};

# Each cluster's rows stand together.
sub sort_by_name {
	my ($sample, @id) = @_;
	my @first = $sample->[0]{cluster} eq $id[0] ? @id : reverse @id;
	return map { ($_) x 2 } @first;
}

done_testing;
