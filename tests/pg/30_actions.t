#!/usr/bin/perl
# The processes of the reference topology: every one is there, says what its title says, and its I/O is what the kernel
# counts.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_batch wait_for);
use PgRepl::Batch ();
use Time::HiRes qw(sleep time);

# The contract; columns are only ever appended.
my @columns = qw(time cluster node pid backend_type user database application_name client state wait_event wal_lsn wal_file
	rchar_bytes_per_second wchar_bytes_per_second read_bytes_per_second write_bytes_per_second wal_bytes_per_second
	io_delay_percent cpu_percent io_source query error);

sub read_proc {
	my ($pid, $file) = @_;
	open my $in, '<:raw', "/proc/$pid/$file" or return '';
	local $/;
	return <$in> // '';
}

sub title { return read_proc($_[0], 'cmdline') =~ tr/\0/ /r =~ s/ +/ /gr =~ s/ \z//r }
sub io    { return {read_proc($_[0], 'io') =~ /^(\w+): (\d+)$/mg} }

sub process {
	my ($sample, $node, $pid) = @_;
	my ($found) = grep { $_->{node} eq $node && $_->{pid} == $pid } @$sample;
	return $found;
}

for my $version (undef, 10) {
	subtest $version ? "PostgreSQL $version" : "Debian's PostgreSQL" => sub {
		my $c    = PgRepl->cluster(version => $version);
		my @port = map { $c->port($_) } 0 .. 4;
		my @name = map { "127.0.0.1:$_" } @port;
		my @to   = ('-h', '127.0.0.1', '-p', $port[0], '-U', 'postgres', '--table', 'processes');

		subtest 'all processes of all nodes' => sub {
			my $session = $c->psql_bg(4, 'select 42;', name => 'known');
			$session->wait_out(qr/42/);
			my $client = $session->backend_pid;
			my $result = run_batch('-n', 3, '-s', 0.3, @to);
			is($result->{status}, 0, 'status 0') or diag $result->{err};
			is($result->{err}, '', 'nothing on standard error');
			my ($header) = PgRepl::csv_parse($result->{out});
			is_deeply([@$header[0 .. $#columns]], \@columns, 'the columns of the contract, in order');
			is(scalar @{$result->{samples}}, 3, 'three samples');
			my $last = $result->{samples}[-1];

			for my $node (0 .. 4) {
				my @listed = map { [split /\|/, $_, -1] } split /\n/, $c->psql($node, q{select pid, backend_type from pg_stat_activity
					where pid <> pg_backend_pid() and application_name <> 'pgrepltop' and backend_type not like 'autovacuum worker'});
				# Version 10 calls every worker a background worker; their titles say which.
				my @lacking = grep { my $row = process($last, $name[$node], $_->[0]);
					!$row || $row->{backend_type} ne ($_->[1] eq 'background worker' ? 'logical replication launcher' : $_->[1]) } @listed;
				is_deeply(\@lacking, [], "node $node: every process of pg_stat_activity, with its type");
				my %types;
				$types{$_->{backend_type} // '?'}++ for grep { $_->{node} eq $name[$node] } @$last;
				my @wanted = ('checkpointer', 'background writer',
					$node ? ('startup', 'walreceiver') : ('walwriter', 'autovacuum launcher', 'logical replication launcher'));
				is_deeply([grep { ($types{$_} // 0) != 1 } @wanted], [], "node $node: one each of @wanted")
					or diag explain \%types;
				is($types{walsender} // 0, (3, 1, 0, 0, 0)[$node], "node $node: its WAL senders");
				ok($types{'client backend'}, "node $node: at least our own session");
			}
			is_deeply([grep { ($_->{io_source} // '') ne 'local' } @$last], [], 'the counters are read on this host');
			is_deeply([map { $_->{backend_type} } grep { !defined $_->{wchar_bytes_per_second} || !defined $_->{cpu_percent} } @$last], [],
				'all rates are known in the end');
			my $known = process($last, $name[4], $client);
			is_deeply([@$known{qw(backend_type user database application_name state error)}],
				['client backend', 'postgres', 'postgres', 'known', 'idle', undef], 'a client is described');
			like($known->{client}, qr/^127\.0\.0\.1:\d+$/, 'with its address');
			like($known->{query}, qr/pid=/, 'and query');
			is($session->finish, 0, 'and left alone');
		};

		subtest 'positions' => sub {
			# On an idle cluster a title can be read before and after: the row between them must say the same.
			my $done = wait_for {
				my %before;
				for my $node (0 .. 4) {
					for my $pid (split /\n/, $c->psql($node, q{select pid from pg_stat_activity
							where backend_type in ('walsender', 'walreceiver', 'startup')})) {
						$before{$node}{$pid} = title($pid);
					}
				}
				my $result = run_batch('-n', 1, @to);
				my (@wrong, $count);
				for my $node (keys %before) {
					for my $pid (keys %{$before{$node}}) {
						my $title = $before{$node}{$pid};
						return 0 if title($pid) ne $title;
						my $row = process($result->{samples}[0], $name[$node], $pid) or return 0;
						my $lsn  = $title =~ m{ streaming ([0-9A-F]+/[0-9A-F]+)$} ? $1 : '';
						my $file = $title =~ /(?:recovering|waiting for) ([0-9A-F]{24})/ ? $1 : '';
						$count++ if $lsn ne '' || $file ne '';
						push @wrong, [$title, $row] if ($row->{wal_lsn} // '') ne $lsn || ($row->{wal_file} // '') ne $file;
					}
				}
				is_deeply(\@wrong, [], 'each row has what its title has');
				is($count, 12, 'four WAL senders, four receivers and four startup processes say where they are');
				return 1;
			} 20;
			ok($done, 'nothing moved while it was looked at');
		};

		subtest 'reads and writes' => sub {
			# Both at a steady pace: one writes 64 kB at a time to nowhere, one reads the control file again and again.
			my $writer = $c->psql_bg(0, q{copy (select repeat('x', 65536), pg_sleep(0.002) from generate_series(1, 60000)) to '/dev/null';}, name => 'writer');
			my $reader = $c->psql_bg(0, q{do 'begin loop perform length(pg_read_binary_file(''global/pg_control'')); perform pg_sleep(0.001); end loop; end';}, name => 'reader');
			my %pid;
			for my $name ('writer', 'reader') {
				wait_for { $pid{$name} = $c->psql(0, "select pid from pg_stat_activity where application_name = '$name' and state = 'active'") } 10;
			}
			for (['writer', 'wchar', 5_000_000], ['reader', 'rchar', 1_000_000]) {
				my ($name, $counter, $least) = @$_;
				my $pid = $pid{$name};
				my ($ours, $theirs);
				# A busy machine makes both uneven: a few attempts.
				for my $attempt (1 .. 5) {
					my $run = PgRepl::Batch->start({}, '--no-discover', '-s', 0.5, @to);
					$run->wait_count(1);
					my ($t0, $io0) = (time, io($pid));
					$run->wait_count(4);
					my ($t1, $io1) = (time, io($pid));
					my @rates = map { process($_, $name[0], $pid)->{"${counter}_bytes_per_second"} } ($run->samples)[1 .. 3];
					$run->end_by('TERM')->finish(5);
					$ours = ($io1->{$counter} - $io0->{$counter}) / ($t1 - $t0);
					my $sum = 0;
					$sum += $_ // 0 for @rates;
					$theirs = $sum / @rates;
					last if $ours > $least && $theirs > $ours / 1.5 && $theirs < $ours * 1.5;
				}
				cmp_ok($ours, '>', $least / 10, "the $name is at work") or next;
				my $ratio = $theirs / $ours;
				ok($ratio > 0.5 && $ratio < 2, sprintf '%s per second of the %s: %.0f, and the kernel says %.0f', $counter, $name, $theirs, $ours);
			}
			my $result = run_batch('--no-discover', '-n', 3, '-s', 0.3, @to);
			my $row = process($result->{samples}[-1], $name[0], $pid{writer});
			is($row->{write_bytes_per_second}, '0', 'nothing of it goes to a disk');
			cmp_ok($row->{rchar_bytes_per_second}, '<', 10_000, 'and the writer does not read');
			is($row->{application_name}, 'writer', 'its name');
			is($row->{state}, 'active', 'its state');
			like($row->{query}, qr/^copy \(select repeat/, 'its query');
			cmp_ok($row->{cpu_percent}, '<=', 120, 'a process uses one processor at most');
			$_->cleanup for $writer, $reader;
			$c->psql(0, q{select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('writer', 'reader')});
		};

		subtest 'WAL by role' => sub {
			$c->psql(0, 'create table t (a text)');
			my $run = PgRepl::Batch->start({}, '-s', 0.5, @to);
			$run->wait_count(2);
			$c->psql(0, q{insert into t select repeat(md5(i::text), 30) from generate_series(1, 10000) i});
			# The same bytes pass them all, though not in one sample.
			my %seen;
			my $moved = wait_for {
				%seen = ();
				for my $row (map { @$_ } $run->samples) {
					my $rate = $row->{wal_bytes_per_second} // next;
					$seen{"$row->{node} $row->{backend_type}"} += $rate * 0.5 if $row->{backend_type} =~ /^(walreceiver|startup)$/;
				}
				8 == grep { $_ > 5_000_000 } values %seen;
			} 20;
			ok($moved, 'every WAL receiver and startup process moved it') or diag explain \%seen;
			my ($least, $most) = (sort { $a <=> $b } values %seen)[0, -1];
			cmp_ok($most, '<', 2 * $least, 'and about as much');
			$run->end_by('TERM')->finish(5);
		};

		subtest 'a commit that waits' => sub {
			$c->stop($_) for 1 .. 3;
			my $session = $c->psql_bg(0, q{insert into t values ('waiting');}, name => 'stuck');
			ok($c->wait_sql(0, q{select count(*) = 1 from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'stuck'}),
				'without a standby a commit waits');
			my $pid = $c->psql(0, q{select pid from pg_stat_activity where application_name = 'stuck'});
			my ($lsn) = title($pid) =~ m{ waiting for ([0-9A-F]+/[0-9A-F]+)$};
			ok($lsn, 'the title says for what') or diag title($pid);
			my $result = run_batch('-n', 2, '-s', 0.2, @to);
			is($result->{status}, 0, 'status 0') or diag $result->{err};
			for my $sample (@{$result->{samples}}) {
				my $row = process($sample, $name[0], $pid) || {};
				is($row->{wait_event}, 'IPC:SyncRep', 'it waits for synchronous replication');
				is($row->{wal_lsn}, $lsn, 'at the position in its title');
				is($row->{state}, 'active', 'active');
				like($row->{query} // '', qr/^insert into t/, 'with its INSERT');
			}
			$c->start($_) for 1 .. 3;
			is($session->finish(20), 0, 'with a standby it is done');
			$result = run_batch('-n', 1, @to);
			is(scalar(grep { ($_->{wait_event} // '') eq 'IPC:SyncRep' } @{$result->{rows}}), 0, 'and nobody waits any more');
		};
	};
}

done_testing;
