#!/usr/bin/perl
# The reference topology: a primary, three standbys in a quorum, a cascaded one, all on one address and all called
# walreceiver. Whatever node it is shown by, it is the same tree, and its numbers are the servers' own.
use strict;
use warnings;
use File::Copy 'copy';
use File::Temp ();
use Test::More;
use PgRepl qw(run_batch run_command wait_for);
use PgRepl::Batch qw(row);
use Time::HiRes 'time';

# The contract; columns are only ever appended.
my @nodes = qw(time cluster node host port role state upstream depth timeline application_name sync_state sync_priority
	sent_lsn write_lsn flush_lsn replay_lsn send_gap_bytes network_gap_bytes disk_gap_bytes replay_gap_bytes lag_bytes
	lag_seconds write_lag_seconds flush_lag_seconds replay_lag_seconds wal_bytes_per_second replay_bytes_per_second
	eta_seconds bottleneck edge_evidence age_seconds error);
my @unknown_on_primary = qw(upstream sync_priority sent_lsn write_lsn replay_lsn send_gap_bytes network_gap_bytes
	disk_gap_bytes replay_gap_bytes lag_bytes lag_seconds write_lag_seconds flush_lag_seconds replay_lag_seconds
	replay_bytes_per_second eta_seconds bottleneck edge_evidence error);
my $lsn     = qr{^[0-9A-F]{1,8}/[0-9A-F]{1,8}$};
my $decimal = qr/^\d+(\.\d{1,6})?$/;

# Waits until the standbys have replayed all that the primary has flushed, and nothing moves.
sub settle {
	my ($c) = @_;
	return wait_for {
		my $flush = $c->psql(0, 'select pg_current_wal_flush_lsn()');
		for my $node (1 .. 4) { return 0 if $c->psql($node, 'select pg_last_wal_replay_lsn()') ne $flush }
		$c->psql(0, "select count(*) = 3 from pg_stat_replication where replay_lsn = '$flush'") eq 't'
			&& $c->psql(1, "select count(*) = 1 from pg_stat_replication where replay_lsn = '$flush'") eq 't'
			&& $c->psql(0, 'select pg_current_wal_flush_lsn()') eq $flush;
	} 20;
}

sub tree_of { return [map { [@$_{qw(node role upstream depth sync_state)}] } @{$_[0]}] }

sub expected_tree {
	my ($c) = @_;
	my @name = map { '127.0.0.1:' . $c->port($_) } 0 .. 4;
	return [
		[$name[0], 'primary', undef,    0, undef],
		[$name[1], 'standby', $name[0], 1, 'quorum'],
		[$name[4], 'standby', $name[1], 2, 'async'],
		[$name[2], 'standby', $name[0], 1, 'quorum'],
		[$name[3], 'standby', $name[0], 1, 'quorum'],
	];
}

sub check_samples {
	my ($c, $result, $what, $count) = @_;
	is($result->{status}, 0, "$what: status 0");
	is($result->{err}, '', "$what: nothing on standard error");
	is(scalar @{$result->{samples}}, $count, "$what: $count samples");
	for my $sample (@{$result->{samples}}) {
		is_deeply(tree_of($sample), expected_tree($c), "$what: the tree") or return;
		my @weak = grep { $_->{depth} && ($_->{edge_evidence} // '~') =~ /~$/ } @$sample;
		ok(!@weak, "$what: every edge is on strong evidence") or diag explain \@weak;
	}
	return;
}

sub diff_by_psql {
	my ($c, $a, $b) = @_;
	return $c->psql(0, "select pg_wal_lsn_diff('$a', '$b')");
}

for my $version (undef, 10) {
	subtest $version ? "PostgreSQL $version" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $version);
		my @port = map { $c->port($_) } 0 .. 4;
		my @to = map { ['-h', '127.0.0.1', '-p', $_, '-U', 'postgres'] } @port;

		subtest 'from every node' => sub {
			for my $node (0 .. 4) {
				check_samples($c, run_batch('-n', 2, '-s', 0.5, @{$to[$node]}), "from node $node", 2);
			}
			my $start = time;
			check_samples($c, run_batch('-n', 1, '-p', $port[4], '-U', 'postgres'), 'without a host', 1);
			cmp_ok(time - $start, '<', 2.5, 'a socket that is not there costs no time');
			check_samples($c, run_batch('-n', 1, '-h', 'localhost', '-p', $port[2], '-U', 'postgres'), 'by a name', 1);
			check_samples($c, run_batch('-n', 1, '-h', $c->dir, '-p', $port[3], '-U', 'postgres'), 'by a socket', 1);
			check_samples($c, run_batch('-n', 1, "postgresql://postgres\@127.0.0.1:$port[1]/postgres"), 'by a URI', 1);
			check_samples($c, run_batch({env => {PGHOST => '127.0.0.1', PGPORT => $port[4], PGUSER => 'postgres'}}, '-n', 1),
				'by the environment', 1);
		};

		subtest 'several addresses of one server are one node' => sub {
			my @others = map { "host=$_ port=$port[0] user=postgres" } 'localhost', $c->dir, '::1';
			pop @others; # the servers listen on IPv4 only
			check_samples($c, run_batch('-n', 2, '-s', 0.2, "host=127.0.0.1 port=$port[0] user=postgres", @others), 'three ways', 2);
			check_samples($c, run_batch('-n', 2, '-s', 0.2, map { "host=127.0.0.1,localhost port=$_ user=postgres" } reverse @port),
				'all nodes twice', 2);
			my $alone = run_batch('-n', 2, '-s', 0.2, '--no-discover', "host=127.0.0.1 port=$port[2] user=postgres",
				"host=@{[$c->dir]} port=$port[2] user=postgres");
			is_deeply([map { scalar @$_ } @{$alone->{samples}}], [1, 1], 'and without discovery nothing but the one');
		};

		subtest 'the form of the rows' => sub {
			my $result = run_batch('-n', 3, '-s', 0.2, @{$to[0]});
			my ($header) = PgRepl::csv_parse($result->{out});
			is_deeply([@$header[0 .. $#nodes]], \@nodes, 'the columns of the contract, in order');
			is_deeply([grep { !/^[a-z_]+$/ } @$header], [], 'and all names in one style');
			my %times = map { $_->{time} => 1 } @{$result->{rows}};
			is(scalar keys %times, 3, 'a time a sample');
			is_deeply([grep { !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ } keys %times], [], 'UTC, ISO 8601, milliseconds');
			my ($year, $month, $day) = (gmtime)[5, 4, 3];
			my $today = sprintf '%04d-%02d-%02d', $year + 1900, $month + 1, $day;
			ok((grep { substr($_, 0, 10) eq $today } keys %times) || (gmtime)[2] == 0, 'of now');
			my $id = $c->psql(0, 'select system_identifier from pg_control_system()');
			is(scalar(grep { $_->{cluster} ne $id } @{$result->{rows}}), 0, 'the cluster is the system identifier');
			my @last = @{$result->{samples}[-1]};
			my $primary = row(\@last, $port[0]);
			is_deeply([grep { defined $primary->{$_} } @unknown_on_primary], [], 'unknown is empty on the primary');
			is($primary->{state}, 'running', 'which is running');
			for my $node (1 .. 4) {
				my $row = row(\@last, $port[$node]);
				is($row->{state}, 'streaming', "node $node streams");
				is($row->{timeline}, 1, 'on timeline 1');
				is($row->{application_name}, 'walreceiver', 'under the usual name');
				is($row->{sync_priority}, $node == 4 ? 0 : 1, 'with its priority');
				is_deeply([grep { ($row->{$_} // '') !~ $lsn } qw(sent_lsn write_lsn flush_lsn replay_lsn)], [], 'its positions are LSNs');
				is_deeply([grep { ($row->{$_} // '') !~ $decimal } qw(lag_bytes lag_seconds age_seconds send_gap_bytes
						network_gap_bytes disk_gap_bytes replay_gap_bytes replay_bytes_per_second)], [], 'its numbers are decimals');
				ok(!defined $row->{error}, 'and there is no error');
			}
			is_deeply([grep { $_->{host} ne '127.0.0.1' || $_->{node} ne "$_->{host}:$_->{port}" } @last], [], 'names are HOST:PORT');
			is_deeply([grep { ($_->{age_seconds} // 9) > 1 } @last], [], 'ages are small');
			my $german = run_batch({env => {LC_ALL => 'de_DE.UTF-8', TZ => 'Pacific/Apia'}}, '-n', 2, '-s', 0.2, @{$to[0]});
			is_deeply([grep { ($_->{age_seconds} // '') !~ $decimal } @{$german->{rows}}], [], 'no locale changes numbers');
		};

		subtest 'the numbers' => sub {
			# One write by the superuser, then silence: checkpoints and vacuum do not fall into this short time often.
			$c->psql(0, 'create table if not exists t (a int); checkpoint');
			for my $round ('idle', 'after an INSERT') {
				$c->psql(0, 'insert into t select generate_series(1, 1000)') if $round ne 'idle';
				my ($flush, $result, %replay, %available);
				my $still = wait_for {
					settle($c) or return 0;
					$flush  = $c->psql(0, 'select pg_current_wal_flush_lsn()');
					$result = run_batch('-n', 2, '-s', 0.2, @{$to[0]});
					%replay = map { $_ => $c->psql($_, 'select pg_last_wal_replay_lsn()') } 1 .. 4;
					%available = (0 => $flush, 1 => $c->psql(1, 'select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())'));
					return $c->psql(0, 'select pg_current_wal_flush_lsn()') eq $flush;
				} 30;
				ok($still, "$round: nothing moved while it was looked at") or return;
				my @last = @{$result->{samples}[-1]};
				is(row(\@last, $port[0])->{flush_lsn}, $flush, "$round: the primary's position");
				for my $node (1 .. 4) {
					my $row = row(\@last, $port[$node]);
					is($row->{replay_lsn}, $replay{$node}, "$round: the position of node $node");
					is($row->{lag_bytes}, diff_by_psql($c, $flush, $replay{$node}), "$round: its lag is pg_wal_lsn_diff's");
					my $gaps = 0;
					$gaps += $row->{$_} for qw(send_gap_bytes network_gap_bytes disk_gap_bytes replay_gap_bytes);
					is($gaps, diff_by_psql($c, $available{$node == 4 ? 1 : 0}, $replay{$node}), "$round: and its gaps add up to it");
				}
			}
		};

		subtest 'the numbers of a lag' => sub {
			# A standby that replays nothing, and its cascade, while the primary goes on.
			my $replay = $c->psql(1, 'select pg_wal_replay_pause(); select pg_last_wal_replay_lsn()') =~ s/^\n//r;
			$c->psql(0, 'insert into t select generate_series(1, 5000)');
			$c->wait_sql(1, "select pg_last_wal_receive_lsn() >= '" . $c->psql(0, 'select pg_current_wal_flush_lsn()') . "'");
			my ($flush, $result, $available);
			my $still = wait_for {
				$flush = $c->psql(0, 'select pg_current_wal_flush_lsn()');
				$available = $c->psql(1, 'select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())');
				return 0 if $available ne $flush;
				$result = run_batch('-n', 2, '-s', 0.2, @{$to[3]});
				$c->psql(0, 'select pg_current_wal_flush_lsn()') eq $flush;
			} 30;
			ok($still, 'nothing moved while it was looked at') or return;
			my $row = row($result->{samples}[-1], $port[1]);
			my $lag = diff_by_psql($c, $flush, $c->psql(1, 'select pg_last_wal_replay_lsn()'));
			cmp_ok($lag, '>', 100_000, 'there is a lag');
			is($row->{state}, 'paused', 'its replay is paused');
			is($row->{lag_bytes}, $lag, 'the lag is told');
			my $gaps = 0;
			$gaps += $row->{$_} for qw(send_gap_bytes network_gap_bytes disk_gap_bytes replay_gap_bytes);
			is($gaps, $lag, 'the gaps add up to it');
			is($row->{replay_gap_bytes}, $lag, 'and all of it is replay');
			is($row->{bottleneck}, 'replay paused', 'which is where it is stuck');
			is_deeply(tree_of($result->{samples}[-1]), expected_tree($c), 'the tree is the same');
			$c->psql(1, 'select pg_wal_replay_resume()');
			ok(settle($c), 'resumed, it catches up');
		};

		subtest 'how many, how often' => sub {
			my $start  = time;
			my $result = run_batch('-n', 4, '-s', 0.5, @{$to[0]});
			my $took   = time - $start;
			is(scalar @{$result->{samples}}, 4, '-n 4 gives four samples');
			cmp_ok($took, '>=', 1.4, '-s 0.5 lets half a second pass between them');
			cmp_ok($took, '<',  6,   sprintf 'and not much more (%.2f s)', $took);
			my @at = map { $_->[0]{time} =~ /:(\d\d\.\d+)Z/ ? $1 : 0 } @{$result->{samples}};
			my @steps = map { ($at[$_] - $at[$_ - 1] + 60) - ($at[$_] >= $at[$_ - 1] ? 60 : 0) } 1 .. $#at;
			is_deeply([grep { $_ < 0.25 || $_ > 1.5 } @steps], [], "even ones (@steps)");
		};

		subtest 'as another user' => sub {
			plan skip_all => 'only root can become somebody else' if $>;
			my $dir = File::Temp->newdir('pgrepltop-nobody.XXXXXX', DIR => '/tmp');
			chmod 0755, $dir;
			copy(PgRepl::program(), "$dir/pgrepltop") or die "copy: $!";
			chmod 0755, "$dir/pgrepltop";
			my @nobody = ('setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--', 'env', "HOME=$dir");
			for my $node (0, 4) {
				my $result = run_command(@nobody, "$dir/pgrepltop", '-b', '-n', 2, '-s', 0.5, @{$to[$node]});
				is($result->{status}, 0, "from node $node") or diag $result->{err};
				my @samples = PgRepl::samples(PgRepl::csv_hashes($result->{out}));
				my %upstream = map { $_->[0] => $_->[2] } @{expected_tree($c)};
				for my $sample (@samples) {
					my @known = grep { $_->{role} ne 'client' } @$sample;
					is(scalar @known, 5, 'all nodes are found');
					is_deeply([grep { ($_->{upstream} // '') ne ($upstream{$_->{node}} // '') } @known], [],
						'each has its upstream, which it names itself');
				}
				my $last = $samples[-1];
				if ($version && $version == 10) {
					# Nobody but the server's user sees whose connection it is: three rows, three standbys, one address.
					my @matched = grep { $_->{role} eq 'standby' && defined $_->{sent_lsn} } @$last;
					is_deeply([grep { ($_->{edge_evidence} // '') !~ /~$/ } grep { $_->{upstream} eq '127.0.0.1:' . $port[0] } @matched],
						[], 'where it is matched with a row of its upstream, it is a guess and says so');
					my @clients = grep { $_->{role} eq 'client' } @$last;
					is(@matched + @clients, 4, 'and no row of an upstream is lost');
				}
				else {
					is_deeply(tree_of($last), expected_tree($c), 'the tree is complete through SQL alone');
					is_deeply([grep { $_->{depth} && ($_->{edge_evidence} // '~') =~ /~$/ } @$last], [], 'on strong evidence');
				}
			}
		};
	};
}

subtest 'by slots, names and Unix sockets' => sub {
	my $c = PgRepl->cluster(spec => '0=top 1:0=left 2:0=right 3:2', slots => 1, by_socket => 1, sync => 'FIRST 1 (right, left)');
	my @name = map { '127.0.0.1:' . $c->port($_) } 0 .. 3;
	for my $host ('127.0.0.1', $c->dir) {
		for my $node (0 .. 3) {
			my $result = run_batch('-n', 2, '-s', 0.2, '-h', $host, '-p', $c->port($node), '-U', 'postgres');
			is($result->{status}, 0, "from node $node at $host") or diag $result->{err};
			is_deeply([map { [@$_{qw(node upstream depth sync_state sync_priority edge_evidence application_name)}] }
						@{$result->{samples}[-1]}], [
					[$name[0], undef,    0, undef,       undef, undef,  'top'],
					[$name[1], $name[0], 1, 'potential', 2,     'slot', 'left'],
					[$name[2], $name[0], 1, 'sync',      1,     'slot', 'right'],
					[$name[3], $name[2], 2, 'async',     0,     'slot', 'walreceiver'],
				], 'the tree');
		}
	}
};

subtest 'no host: the usual socket folder' => sub {
	my $usual = '/var/run/postgresql';
	plan skip_all => "$usual cannot be used" if !-d $usual || $> && !-w $usual;
	my $c   = PgRepl->cluster(spec => '0 1:0', conf => ["unix_socket_directories = '$usual'"]);
	my $run = PgRepl::Batch->start({}, '-s', 0.2, '-p', $c->port(1), '-U', 'postgres');
	my $all = $run->wait_sample(sub { row($_, $c->port(0))->{role} eq 'primary' && row($_, $c->port(1))->{role} eq 'standby' });
	ok($all, 'both nodes are found') or diag $run->tail;
	is($c->psql($_, q{select count(*) from pg_stat_activity where application_name = 'pgrepltop' and client_port = -1}), 1,
		"node $_ by its socket")
		for 0, 1;
	is(row($all, $c->port(1))->{upstream}, '127.0.0.1:' . $c->port(0), 'the standby has its upstream');
	is($run->end_by('TERM')->finish(5), -15, 'a signal ends it');
	$c->stop($_) for 1, 0;
};

subtest 'exit status' => sub {
	my $port   = PgRepl::free_ports(1);
	my $result = run_batch('-n', 1, '-h', '127.0.0.1', '-p', $port);
	is($result->{status}, 1, 'nothing can be reached: 1');
	like($result->{err}, qr/^pgrepltop: 127\.0\.0\.1:$port: Connection refused$/m, 'standard error says why');
	my @rows = PgRepl::csv_hashes($result->{out});
	is_deeply([map { [@$_{qw(node role state error)}] } @rows], [["127.0.0.1:$port", 'unknown', 'down', 'Connection refused']],
		'and so does the row');
	$result = run_batch('-n', 1, '-p', $port);
	is($result->{status}, 1, 'without a host too') or diag $result->{out};
	$result = run_batch('-n', 1, 'host=no-such-host.invalid');
	is($result->{status}, 1, 'nor can a name that does not exist');
	like($result->{err}, qr/no-such-host\.invalid/, 'which is named');
	for my $bad (['--no-such-option'], ['-n', '0'], ['-n', 'x'], ['-s', '0'], ['-s', '0.05'], ['-s', '3601'], ['-s', ''],
		['-p', '0'], ['-p', '65536'], ['--table', 'nothing'], ['host=a nosuch=1'], ['postgresql://[::1'], ['--config', '/nonexistent/file'])
	{
		$result = run_batch(@$bad);
		is($result->{status}, 2, "@$bad: 2");
		like($result->{err}, qr/^pgrepltop: /, 'with a message');
		is($result->{out}, '', 'and no output');
	}
	$result = run_command('sh', '-c', 'exec "$0" -b -n 1 -h 127.0.0.1 -p "$1" >/dev/full', PgRepl::program(), $port);
	is($result->{status}, 1, 'output that cannot be written: 1');
};

done_testing;
