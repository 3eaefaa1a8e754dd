#!/usr/bin/perl
# What hangs on a sender besides polled standbys: slots that nobody holds, logical clients, pg_receivewal and base
# backups, on live servers of several versions; what --table slots writes is what the server says.
use strict;
use warnings;
use File::Temp ();
use Test::More;
use PgRepl qw(run_batch run_command wait_for);
use PgRepl::Batch qw(row);

# undef: Debian's version. MAJORS="10 11 12" runs others.
my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (10, 13, undef, 18);

# What the servers logged of our sessions above the level of notices.
sub complaints {
	my ($c) = @_;
	# A server that is stopped ends our sessions and says so.
	return grep { / pgrepltop \S+\@\S+ (ERROR|FATAL|PANIC|WARNING):/ && !/FATAL:  terminating connection due to admin/ } map { split /\n/, $c->log_text($_) } 0, 1;
}

# The row of a sample by the text of a column; undef if there is none.
sub named {
	my ($sample, $column, $wanted) = @_;
	my ($found) = grep { defined $_->{$column} && (ref $wanted ? $_->{$column} =~ $wanted : $_->{$column} eq $wanted) } @$sample;
	return $found;
}
sub leaf { my ($sample, $name) = @_; return named($sample, 'node', ref $name ? $name : "slot $name") }
sub slot { my ($sample, $name) = @_; return named($sample, 'slot', $name) }

sub write_wal { my ($c) = @_; $c->psql(0, 'insert into t select g from generate_series(1, 20000) g'); return }

for my $major (@majors) {
	subtest $major ? "PostgreSQL $major" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0 1:0', slots => 1,
			conf => ['wal_level = logical', 'log_min_messages = warning', 'log_min_error_statement = error']);
		my @port    = map { $c->port($_) } 0, 1;
		my @name    = map { "127.0.0.1:$_" } @port;
		my $own     = "s_$port[1]";
		my $version = $c->psql(0, 'show server_version_num') / 10000;
		my $dir     = File::Temp->newdir('pgrepltop-slots.XXXXXX', TMPDIR => 1);
		$c->psql(0, $_)
			for 'create table t (a int)', q{select pg_create_physical_replication_slot('kept', true)},
			q{select pg_create_physical_replication_slot('never')},
			q{select pg_create_logical_replication_slot('lg', 'test_decoding')};
		my @to    = map { "host=127.0.0.1 port=$_ user=postgres" } @port;
		my $nodes = PgRepl::Batch->start({}, '-s', 0.2, '--no-discover', @to);
		my $slots = PgRepl::Batch->start({}, '-s', 0.2, '--no-discover', '--table', 'slots', @to);
		my $sees  = sub { my ($batch, $wanted, $what) = @_;
			my $sample = $batch->wait_sample($wanted, from => $batch->count);
			ok($sample, $what) or diag $batch->tail;
			return $sample || [];
		};

		# ---- slots that nobody holds -------------------------------------------------------------------------------
		my $sample = $sees->($nodes, sub { leaf($_, 'kept') && leaf($_, 'lg') && leaf($_, 'never') }, 'idle slots are leaves');
		is_deeply([map { leaf($sample, $_)->{state} } qw(kept lg never)], [qw(inactive inactive unused)], 'with their states');
		is_deeply([map { leaf($sample, $_)->{role} } qw(kept lg never)],     [('slot') x 3],  'as slots');
		is_deeply([map { leaf($sample, $_)->{upstream} } qw(kept lg never)], [($name[0]) x 3], 'of the primary');
		ok(!leaf($sample, $own), 'a slot that a standby holds is none');
		is(row($sample, $port[1])->{edge_evidence}, 'slot', 'but shows whose edge it is');
		is(row($sample, $port[1])->{slot_name},     $own,   'and stands on its row');
		ok(!defined leaf($sample, 'never')->{retained_bytes}, 'one that was never used retains nothing');
		my $before = leaf($sample, 'kept')->{retained_bytes};
		my $from   = $slots->count;
		write_wal($c);
		$sees->($nodes, sub { leaf($_, 'kept')->{retained_bytes} > $before + 1_000_000 }, 'what is retained grows');
		ok($slots->wait_sample(sub { (slot($_, 'kept')->{growth_bytes_per_second} // 0) > 100_000 }, from => $from), 'at a rate')
			or diag $slots->tail;

		# ---- the same as the server says ---------------------------------------------------------------------------
		my %more = (
			wal_status          => [13, 'wal_status'],
			safe_bytes          => [13, 'case when restart_lsn is not null then safe_wal_size end'],
			conflicting         => [16, 'conflicting'],
			invalidation_reason => [17, 'invalidation_reason'],
			failover            => [17, 'failover'],
			synced              => [17, 'synced'],
		);
		my @columns = ([slot => 'slot_name'], [type => 'slot_type'], ['active'], ['restart_lsn'],
			[retained_bytes => 'pg_wal_lsn_diff(pg_current_wal_flush_lsn(), restart_lsn)'],
			['plugin'], ['database'], ['active_pid'], ['confirmed_flush_lsn'], ['temporary'],
			map { [$_ => $version >= $more{$_}[0] ? $more{$_}[1] : 'null'] } sort keys %more);
		my $sql = 'select ' . join(', ', map { $_->[1] // $_->[0] } @columns) . ' from pg_replication_slots order by slot_name';
		my ($ours, $theirs);
		my $same = wait_for {
			my $result = run_batch('-n', 1, '--no-discover', '--table', 'slots', $to[0]);
			$ours = join "\n", map { my $row = $_; join '|', map { $row->{$_->[0]} // '' } @columns } @{$result->{rows}};
			$theirs = $c->psql(0, $sql);
			$ours eq $theirs;
		};
		ok($same, 'every column is what psql shows') or diag "ours:\n$ours\ntheirs:\n$theirs";

		my $csv = run_command(PgRepl::program(), '-b', '-n', 1, '--no-discover', '--table', 'slots', $to[0]);
		open my $out, '>', "$dir/slots.csv" or die $!;
		print $out $csv->{out};
		close $out;
		my $copied = run_command($c->psql_command(0),
			'-c', 'create temp table s (time timestamptz, cluster text, node text, slot name, type text, active bool,
				restart_lsn pg_lsn, retained_bytes bigint, wal_status text, safe_bytes bigint, seconds_to_lost float8,
				plugin name, database name, active_pid int, used_by text, confirmed_flush_lsn pg_lsn, growth float8,
				inactive_since timestamptz, inactive_seconds float8, invalidation_reason text, temporary bool,
				conflicting bool, failover bool, synced bool, error text)',
			'-c', "\\copy s from '$dir/slots.csv' csv header",
			'-c', 'select count(*), bool_and(s.active = p.active and s.temporary = p.temporary)
				from s join pg_replication_slots p on p.slot_name = s.slot');
		is($copied->{out}, "4|t\n", "psql's \\copy reads it") or diag $copied->{err};

		# ---- a standby that goes and comes ---------------------------------------------------------------------------
		my $held = slot(($slots->samples)[-1], $own);
		is($held->{used_by},    $name[1], 'a slot names the standby that holds it');
		is($held->{active_pid}, $c->psql(0, "select active_pid from pg_replication_slots where slot_name = '$own'"), 'and its process');
		$c->stop(1);
		$sample = $sees->($nodes, sub { leaf($_, $own) && row($_, $port[1])->{state} eq 'down' }, 'its slot is a leaf once it is down');
		is(row($sample, $port[1])->{upstream}, $name[0], 'while it keeps its place');
		$sample = $sees->($slots, sub { slot($_, $own)->{active} eq 'f' }, 'the slot is not held');
		is(slot($sample, $own)->{used_by}, $name[1], 'but says who did');
		if ($version >= 17) {
			ok(defined slot($sample, $own)->{inactive_seconds}, 'and since when');
			like(slot($sample, $own)->{inactive_since}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'as a time');
		}
		$before = leaf(($nodes->samples)[-1], $own)->{retained_bytes};
		write_wal($c);
		$sees->($nodes, sub { leaf($_, $own)->{retained_bytes} > $before + 1_000_000 }, 'what it retains grows');
		$c->start(1);
		$sample = $sees->($nodes, sub { !leaf($_, $own) && row($_, $port[1])->{state} eq 'streaming' }, 'it goes when the standby is back');
		is(row($sample, $port[1])->{upstream}, $name[0], 'which is where it was');

		# ---- a logical client ----------------------------------------------------------------------------------------
		my $logical = PgRepl::Psql->new({}, qw(pg_recvlogical -h 127.0.0.1 -U postgres -d postgres --slot lg --start -n -f -), '-p', $port[0]);
		$sample = $sees->($nodes, sub { leaf($_, qr/^pg_recvlogical slot lg$/) }, 'a logical client is named by its slot');
		my $client = leaf($sample, qr/^pg_recvlogical/);
		is_deeply([@$client{qw(role upstream slot_name)}], ['client', $name[0], 'lg'], 'as a client of the primary');
		ok(defined $client->{sent_lsn}, 'with its position');
		ok(!leaf($sample, 'lg'),        'and its slot is no leaf now');
		$sees->($slots, sub { (slot($_, 'lg')->{used_by} // '') eq 'pg_recvlogical slot lg' }, 'the slot says who holds it');
		$logical->cleanup;
		$sees->($nodes, sub { leaf($_, 'lg') && !leaf($_, qr/^pg_recvlogical/) }, 'until it has gone');

		# ---- pg_receivewal -------------------------------------------------------------------------------------------
	SKIP: {
			skip "Debian's pg_receivewal refuses servers newer than itself", 1 if $version >= 16;
			my @receive  = (qw(pg_receivewal -h 127.0.0.1 -U postgres --status-interval 1), '-p', $port[0]);
			my $receiver = PgRepl::Psql->new({}, @receive, '--slot', 'kept', '-D', "$dir");
			$sample = $sees->($nodes, sub { my $it = leaf($_, qr/^pg_receivewal /);
					$it && $it->{state} eq 'streaming' && !leaf($_, 'kept') }, 'pg_receivewal is a client');
			$client = leaf($sample, qr/^pg_receivewal /);
			like($client->{node}, qr/^pg_receivewal 127\.0\.0\.1:\d+$/, 'named by its address');
			is_deeply([@$client{qw(role state upstream slot_name)}], ['client', 'streaming', $name[0], 'kept'], 'of the primary');
			ok(defined $client->{sent_lsn}, 'with its position');
			$receiver->cleanup;
			$sees->($nodes, sub { leaf($_, 'kept') }, 'its slot is a leaf again');

			# Without a slot it reports no position but the written one, and the server's other lags are the interval of that.
			mkdir "$dir/wal" or die $!;
			$receiver = PgRepl::Psql->new({}, @receive, '-D', "$dir/wal");
			ok($c->wait_sql(0, q{select count(*) = 1 from pg_stat_replication where application_name = 'pg_receivewal' and
				flush_lag is not null and replay_lag is not null}), 'the server has lags of pg_receivewal');
			$sample = $sees->($nodes, sub { leaf($_, qr/^pg_receivewal /) }, 'which is seen');
			$client = leaf($sample, qr/^pg_receivewal /);
			is_deeply({map { defined $client->{$_} ? ($_ => $client->{$_}) : () } qw(flush_lag_seconds replay_lag_seconds lag_seconds)},
				{}, 'without what is no lag');
			$receiver->cleanup;
		}

		# ---- a base backup -------------------------------------------------------------------------------------------
		my @backup = $version < 16
			? (qw(pg_basebackup -h 127.0.0.1 -U postgres --max-rate=1M --checkpoint=fast -X stream -D), "$dir/backup", '-p', $port[0])
			: ('psql', '-XAtq', '-o', '/dev/null', "host=127.0.0.1 port=$port[0] user=postgres dbname=postgres replication=database application_name=pg_basebackup",
				'-c', q{BASE_BACKUP (PROGRESS, MAX_RATE 1024, CHECKPOINT 'fast')});
		my $backup = PgRepl::Psql->new({}, @backup);
		my $taken = sub { return named([grep { $_->{state} eq 'backup' } @{$_[0]}], 'node', qr/^pg_basebackup /) };
		if ($version >= 13) {
			$sample = $sees->($nodes, sub { my $b = $taken->($_); $b && ($b->{backup_phase} // '') eq 'streaming database files'
					&& ($b->{backup_bytes} // 0) > 0 && defined $b->{backup_total_bytes} }, 'a base backup says how far it is');
			my $first = $taken->($sample) || {backup_bytes => 0, backup_total_bytes => 1, backup_percent => -1};
			cmp_ok(abs($first->{backup_percent} - 100 * $first->{backup_bytes} / $first->{backup_total_bytes}), '<', 0.001, 'in percent');
			$sees->($nodes, sub { my $b = $taken->($_); $b && $b->{backup_bytes} > $first->{backup_bytes} }, 'and goes on');
		}
		else {
			$sample = $sees->($nodes, sub { $taken->($_) }, 'a base backup is a client');
			ok(!defined $taken->($sample)->{backup_phase}, 'of which this version does not say how far it is');
		}
		is_deeply([@{$taken->($sample) || {}}{qw(role upstream sent_lsn)}], ['client', $name[0], undef], 'a client without a position');
		if ($version < 16) {
			$sample = $sees->($nodes, sub { named($_, 'slot_name', qr/^pg_basebackup_\d+$/) }, 'the WAL beside it has a slot');
			$sample = $sees->($slots, sub { slot($_, qr/^pg_basebackup_\d+$/) }, 'which is listed');
			is(slot($sample, qr/^pg_basebackup_\d+$/)->{temporary}, 't', 'as a temporary one');
		}
		# Killed, pg_basebackup would leave the process behind that streams its WAL.
		$c->psql(0, q{select pg_terminate_backend(pid) from pg_stat_replication where application_name = 'pg_basebackup'});
		$backup->finish;
		$sees->($nodes, sub { !leaf($_, qr/pg_basebackup/) }, 'nothing of it stays');

		# ---- a copy of a slot on a standby ---------------------------------------------------------------------------
		if ($version >= 17) {
			my $conninfo = $c->psql(1, 'show primary_conninfo') =~ s/'/''/gr;
			$c->psql(1, $_) for "alter system set primary_conninfo = '$conninfo dbname=postgres'",
				'alter system set hot_standby_feedback = on', 'select pg_reload_conf()';
			$c->psql(0, q{select pg_create_logical_replication_slot('fo', 'test_decoding', false, false, true)});
			ok(wait_for {
					$c->psql(0, $_) for 'select pg_log_standby_snapshot()', q{select pg_replication_slot_advance('fo', pg_current_wal_flush_lsn())};
					eval { $c->psql(1, 'select pg_sync_replication_slots()') };
					$c->psql(1, q{select count(*) from pg_replication_slots where slot_name = 'fo' and not temporary});
				}, 'a slot is synchronised');
			$sample = $sees->($nodes, sub { my ($copy) = grep { $_->{node} eq 'slot fo' && $_->{upstream} eq $name[1] } @$_;
					$copy && $copy->{state} eq 'synced' }, 'its copy is no cause for alarm');
			my ($original) = grep { $_->{node} eq 'slot fo' && $_->{upstream} eq $name[0] } @$sample;
			is($original && $original->{state}, 'inactive', 'while the original is not held');
		}

		# ---- lost ----------------------------------------------------------------------------------------------------
		if ($version >= 13) {
			$c->psql(0, $_) for q{alter system set max_slot_wal_keep_size = '16MB'}, 'select pg_reload_conf()';
			$sample = $sees->($slots, sub { defined slot($_, 'kept')->{safe_bytes} }, 'with a limit there is a safe size');
			ok($c->psql(0, q{select safe_wal_size is not null from pg_replication_slots where slot_name = 'never'}),
				'which the server has of an unused slot');
			ok(!defined slot($sample, 'never')->{safe_bytes}, 'where it means nothing');
			$from = $slots->count;
			my $soon = sub { my $s = slot($_, 'kept'); defined $s->{seconds_to_lost} && $s->{wal_status} ne 'lost' };
			ok(wait_for { write_wal($c); $slots->wait_sample($soon, from => $from, timeout => 1) }, 'and a time until it is lost')
				or diag $slots->tail;
			my $lost = wait_for {
				$c->psql(0, $_) for 'select pg_switch_wal()', 'insert into t values (1)', 'select pg_switch_wal()', 'checkpoint';
				$c->psql(0, q{select wal_status = 'lost' from pg_replication_slots where slot_name = 'kept'}) eq 't';
			} 30;
			ok($lost, 'it is lost');
			$sample = $sees->($nodes, sub { leaf($_, 'kept')->{state} eq 'lost' }, 'its leaf says so');
			ok(!defined leaf($sample, 'kept')->{retained_bytes}, 'and retains nothing');
			$sample = $sees->($slots, sub { slot($_, 'kept')->{wal_status} eq 'lost' }, 'its row says so');
			is(slot($sample, 'kept')->{seconds_to_lost}, 0, 'it has no time left');
			is(slot($sample, 'kept')->{invalidation_reason}, 'wal_removed', 'and says why') if $version >= 17;
		}

		$_->end_by('TERM')->finish(5) for $nodes, $slots;
		is($_->err, '', 'nothing on standard error') for $nodes, $slots;
		is(row(($nodes->samples)[-1], $port[1])->{state}, 'streaming', 'the standby streams on');
		my @complaints = complaints($c);
		is(@complaints, 0, 'the servers have no complaints about us') or diag join "\n", @complaints[0 .. ($#complaints > 9 ? 9 : $#complaints)];
	};
}

done_testing;
