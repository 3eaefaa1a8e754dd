#!/usr/bin/perl
# tests/cluster itself: the reference topology stands as described, and survives what the other tests do to it.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for csv_parse csv_hashes samples);

# The standbys' WAL sender connections by way of their local ports: (upstream port => downstream ports).
sub edges {
	my ($c) = @_;
	my %edges;
	for my $node (1 .. 4) {
		my $up = $c->psql($node, 'select sender_port from pg_stat_wal_receiver');
		$edges{$node} = $up - $c->port(0);
	}
	return \%edges;
}

for my $version (undef, 10) {
	subtest $version ? "PostgreSQL $version" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $version);
		if (!$version) { is_deeply(edges($c), {1 => 0, 2 => 0, 3 => 0, 4 => 1}, 'everybody streams from whom he should') }
		is($c->psql(0, 'select count(*) from pg_stat_replication'), 3, 'the primary has three standbys');
		is($c->psql(1, 'select count(*) from pg_stat_replication'), 1, 'the first standby has a cascade');
		is($c->psql(0, 'select distinct application_name, sync_state from pg_stat_replication'), 'walreceiver|quorum',
			'all are called walreceiver and in the quorum');
		is($c->psql(0, 'show synchronous_commit'), 'remote_write', 'commits wait for remote_write');
		is(scalar keys %{{map { $c->psql($_, 'select system_identifier from pg_control_system()') => 1 } 0 .. 4}}, 1,
			'one system identifier');

		$c->psql(0, 'create table t as select 1 as a');
		ok($c->wait_sql(4, q{select count(*) = 1 from pg_class where relname = 't'}), 'a table reaches the cascade');

		$c->freeze(1);
		is($c->status->{$c->port(1)}, 'frozen', 'a frozen server is frozen');
		$c->psql(0, 'insert into t values (2)');
		ok($c->wait_sql(2, 'select count(*) = 2 from t'), 'the others go on');
		$c->thaw(1);
		ok($c->wait_sql(4, 'select count(*) = 2 from t'), 'thawed, it and its cascade catch up');

		$c->kill9(1);
		is($c->status->{$c->port(1)}, 'stopped', 'a killed server is gone');
		$c->start(1);
		ok($c->wait_sql(0, q{select count(*) = 3 from pg_stat_replication where state = 'streaming'}), 'and comes back');
		$c->stop(0, 'immediate');
		$c->start(0);
		ok($c->wait_sql(0, q{select count(*) = 3 from pg_stat_replication where state = 'streaming'}, 20),
			'the primary too');

		$c->freeze($_) for 1 .. 3;
		my $session = $c->psql_bg(0, "insert into t values (3);\n\\echo done", name => 'waiter');
		ok($c->wait_sql(0, q{select count(*) = 1 from pg_stat_activity where wait_event = 'SyncRep'}),
			'without a standby a commit waits');
		$c->psql(0, q{select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'});
		ok($session->wait_err(qr/canceling wait for synchronous replication/), 'its warning is seen');
		ok($session->wait_out(qr/done/), 'and the session goes on');
		is($session->finish, 0, 'psql ends well');

		my ($dir, @ports) = ($c->dir, map { $c->port($_) } 0 .. 4);
		$c->cleanup;
		ok(!-e $dir, 'the folder is removed');
		ok(!grep({ IO::Socket::INET->new("127.0.0.1:$_") } @ports), 'and nobody listens, though three were frozen');
	};
}

subtest 'names, slots and Unix sockets' => sub {
	my $c = PgRepl->cluster(spec => '0=top 1:0=left 2:0=right', slots => 1, by_socket => 1, sync => 'FIRST 1 (right, left)');
	is($c->psql(0, 'select application_name, client_port, sync_state, slot_name from pg_stat_replication r
			join pg_replication_slots s on s.active_pid = r.pid order by 1'),
		'left|-1|potential|s_' . $c->port(1) . "\nright|-1|sync|s_" . $c->port(2), 'are all as asked');
};

subtest 'the CSV reader of the tests' => sub {
	is_deeply([csv_parse(qq{a,b\r\n"x ""y"", z",\n"",1\n})], [['a', 'b'], ['x "y", z', undef], ['', '1']], 'reads RFC 4180');
	for my $bad (qq{a"b,c\n}, qq{"a"b\n}, qq{"a\n}, 'a,b') {
		ok(!eval { csv_parse($bad); 1 }, "refuses $bad" =~ s/\n/\\n/r);
	}
	my @samples = samples(csv_hashes("time,a\n1,x\n1,y\n2,z\n"));
	is_deeply([map { scalar @$_ } @samples], [2, 1], 'rows fall into samples by their time');
	is($samples[1][0]{a}, 'z', 'and are hashes');
};

done_testing;
