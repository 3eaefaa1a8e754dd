#!/usr/bin/perl
# Files and streams for other tools: JSON and Prometheus say what CSV says, files are whole whatever happens, --once is all
# of the tree, --anonymize lets no name through, and the recipes of the README work as they stand there.
use strict;
use warnings;
use File::Temp ();
use JSON::PP;
use Test::More;
use PgRepl qw(wait_for run_command run_batch csv_parse csv_hashes);
use PgRepl::Exposition qw(exposition_parse);

my $admin = 'zebra_admin';
my $c = PgRepl->cluster(spec => '0=yak_one 1:0=yak_two 2:1=yak_three', sync => 'ANY 1 (yak_two, yak_missing)', slots => 1,
	user => $admin, conf => ['autovacuum = off', 'checkpoint_timeout = 1h']);
my @to = ('--no-discover', '-U', $admin, map { 'host=127.0.0.1 port=' . $c->port($_) } 0 .. 2);
my $dir = File::Temp->newdir('pgrepltop-formats.XXXXXX', TMPDIR => 1);
my $json = JSON::PP->new->utf8;
$c->psql(0, q{select pg_create_physical_replication_slot('yak_ghost', true), pg_create_physical_replication_slot('yak_idle')});
my $talk = $c->psql_bg(0, q{select 'yak_query';}, name => 'yak_app');
ok($talk->wait_out(qr/yak_query/), 'a session with a name of its own');

sub slurp {
	my ($file) = @_;
	open my $in, '<:raw', $file or return;
	local $/;
	return scalar <$in>;
}

sub spew {
	my ($file, $text) = @_;
	open my $out, '>:raw', $file or die "$file: $!";
	print $out $text;
	close $out or die "$file: $!";
	return;
}

# ---- the same in three formats ---------------------------------------------------------------------------------

# Two runs are of two moments: what moves with them is left out.
my %moving = map { ($_ => 1) } qw(time age_seconds inactive_seconds cpu_percent io_delay_percent lag_seconds commit_wait_seconds
	write_lag_seconds flush_lag_seconds replay_lag_seconds predicted_write_seconds predicted_flush_seconds
	predicted_apply_seconds rchar_bytes wchar_bytes read_bytes write_bytes);
my %flag    = map { ($_ => 1) } qw(active temporary conflicting failover synced blocked);
my %columns = (
	nodes => [], slots => [], quorum => [],
	processes => [qw(cluster node pid backend_type user database application_name client state wal_lsn io_source query error)],
);

sub rows_of {
	my ($table, $format, $parse) = @_;
	my @columns = @{$columns{$table}} ? ('--columns', join ',', @{$columns{$table}}) : ();
	my $run = run_command(PgRepl::program(), '-b', '-n', 1, '--table', $table, '--format', $format, @columns, @to);
	die "$table as $format: $run->{err}" if $run->{status};
	return $parse->($run->{out});
}

# The order of rows may differ where a program of its own session has gone meanwhile.
sub sorted { return sort { join("\0", map { $_ // '' } @$a{qw(node pid slot)}) cmp join("\0", map { $_ // '' } @$b{qw(node pid slot)}) } @_ }
sub is_ours { return ($_[0]{application_name} // '') eq 'pgrepltop' }
sub still   { my ($row) = @_; return {map { $_ => $row->{$_} } grep { !$moving{$_} } keys %$row} }

# Texts and numbers alike as text, for a number of JSON is none of CSV.
sub text_of { return join "\n", map { my $row = $_; join ', ', map { "$_=" . ($row->{$_} // '(unknown)') } sort keys %$row } @_ }

for my $table (sort keys %columns) {
	my (@csv, @json, @header, @keys);
	# a checkpoint or a late reply between the two runs is tried again
	wait_for {
		@csv = rows_of($table, 'csv', sub { @header = @{(csv_parse($_[0]))[0]}; csv_hashes($_[0]) });
		@json = rows_of($table, 'json', sub { map { $json->decode($_) } split /\n/, $_[0] });
		@keys = map { join ',', sort keys %$_ } @json;
		for my $row (@json) {
			$row->{$_} = $row->{$_} ? 't' : 'f' for grep { $flag{$_} && defined $row->{$_} } keys %$row;
		}
		@$_ = sorted(map { still($_) } grep { !is_ours($_) } @$_) for \@csv, \@json;
		text_of(@json) eq text_of(@csv);
	} 60;
	is_deeply([grep { $_ ne join ',', sort @header } @keys], [], "$table: the keys are the header");
	ok(@csv > 0, "$table: there are rows");
	is(text_of(@json), text_of(@csv), "$table: JSON says what CSV says");
}

subtest 'types of JSON' => sub {
	my $run = run_command(PgRepl::program(), '-b', '-n', 1, '--table', 'slots,nodes', '--format', 'json', @to);
	is($run->{status}, 0, 'several tables in one stream') or diag $run->{err};
	my @rows = map { $json->decode($_) } split /\n/, $run->{out};
	is_deeply([sort keys %{{map { $_->{table} => 1 } @rows}}], [qw(nodes slots)], 'each row says its table');
	is($rows[0]{table}, 'slots', 'in the order in which they were named');
	like($run->{out}, qr/"port":\d+,/, 'numbers are bare');
	like($run->{out}, qr/"replay_lsn":"[0-9A-F]+\/[0-9A-F]+"/, 'LSNs are strings');
	like($run->{out}, qr/"active":true,/, 'flags are booleans');
	like($run->{out}, qr/"upstream":null,/, 'what is not known is null');
};

subtest 'Prometheus says what CSV says' => sub {
	my $file = "$dir/metrics.prom";
	my ($families, @csv);
	my $name_of = sub {
		my ($one, $column) = @_;
		$column =~ s/_percent$/_ratio/;
		$column .= '_bytes' if $column =~ /_lsn$/;
		return "pgrepltop_${one}_$column";
	};
	for my $table (['nodes', 'node', [qw(cluster node upstream)]], ['slots', 'slot', [qw(cluster node slot)]],
		['quorum', 'quorum', [qw(cluster node)]])
	{
		my ($name, $one, $labels) = @$table;
		my $differs;
		my $same = wait_for {
			my $run = run_command(PgRepl::program(), '-b', '-n', 1, '--table', $name, '--format', 'prometheus', @to);
			$families = exposition_parse($run->{out});
			@csv = csv_hashes(run_batch('-n', 1, '--table', $name, @to)->{out});
			$differs = '';
			my $seen = 0;
			for my $row (@csv) {
				my $info;
				for my $family (keys %$families) {
					for my $sample (@{$families->{$family}{samples}}) {
						next if grep { ($row->{$_} // '') ne ($sample->{labels}{$_} // '') } @$labels;
						$info = $sample->{labels} if $family eq "pgrepltop_${one}_info";
						$row->{":$family"} = $sample->{value};
					}
				}
				$differs .= "no info of $row->{node}; " if !$info;
				for my $column (grep { !/^:/ && !$moving{$_} && defined $row->{$_} } keys %$row) {
					my $value = $row->{':' . $name_of->($one, $column)};
					my $want  = $row->{$column};
					$want = $want eq 't' ? 1 : 0 if $flag{$column};
					$want = hex($1) * 4294967296 + hex $2 if $want =~ m{^([0-9A-F]+)/([0-9A-F]+)$};
					if (defined $value) {
						$seen++;
						$differs .= "$row->{node} $column: $value, not $want; " if $value != $want;
					} elsif (!grep { $column eq $_ } @$labels, qw(error warning released_by inactive_since)) {
						$differs .= "$row->{node} $column: " . ($info->{$column} // 'none') . "; " if ($info->{$column} // '') ne $want;
					}
				}
			}
			$differs .= 'no values' if !$seen;
			!$differs;
		} 60;
		ok($same, $name) or diag $differs;
	}
	ok(!(grep { !$families->{$_}{help} || ($families->{$_}{type} // '') !~ /^(?:gauge|counter)$/ } keys %$families),
		'each has HELP and TYPE');
	my $run = run_command(PgRepl::program(), '-b', '-n', 2, '-s', '0.2', '--table', 'nodes,slots,quorum,processes', '--format', 'prometheus',
		'--output', $file, @to);
	is($run->{status}, 0, 'all of it in a file') or diag $run->{err};
	is($run->{out}, '', 'and nothing on standard output');
	my $all = eval { exposition_parse(slurp($file)) } or diag $@;
	ok($all->{"pgrepltop_${_}_info"}, "with $_") for qw(node slot quorum process);
	is($all->{pgrepltop_process_rchar_bytes_total}{type} // 'counter', 'counter', 'sums are counters');
	is_deeply([glob "$dir/.*prom*"], [], 'and no other file is left');
};

# ---- files -----------------------------------------------------------------------------------------------------

subtest 'several tables, a file each' => sub {
	my $out = "$dir/several";
	my @run = ('-n', 2, '-s', '0.2', '--table', 'nodes', '--table', 'slots,events', '--output', $out, @to);
	my $run = run_batch(@run);
	is($run->{status}, 0, 'written') or diag $run->{err};
	is_deeply([glob "$out/*"], [map { "$out/$_.csv" } qw(events nodes slots)], 'one a table');
	my @before = csv_hashes(slurp("$out/nodes.csv"));
	my $rows   = @before;
	ok($rows >= 6 && $rows % 2 == 0, 'a row a node and sample');
	is(run_batch(@run)->{status}, 0, 'again');
	my @after = csv_hashes(slurp("$out/nodes.csv"));
	is(scalar @after, 2 * $rows, 'is appended, without a second header');
	is_deeply([@after[0 .. $rows - 1]], \@before, 'behind what was there');
	$run = run_command(PgRepl::program(), '-b', @run, '--columns', 'nodes.node');
	is($run->{status}, 1, 'other columns are not appended');
	like($run->{err}, qr{^pgrepltop: \Q$out\E/nodes\.csv exists and has another header.*\n\z}, 'which is said in a line');
	spew("$out/nodes.csv", slurp("$out/nodes.csv") . "2026-11-21T12:00:00.000Z,7,\"half a");
	$run = run_batch(@run);
	is($run->{status}, 0, 'a row that a crash left is no obstacle');
	like($run->{err}, qr{nodes\.csv: its last row was not whole, and was removed \(34 bytes\)}, 'but is told');
	is(scalar(csv_hashes(slurp("$out/nodes.csv"))), 3 * $rows, 'and the file is whole');
};

subtest 'columns' => sub {
	my $run = run_batch('-n', 1, '--columns', 'lag_bytes,node', @to);
	is($run->{status}, 0, 'chosen') or diag $run->{err};
	like($run->{out}, qr/\Alag_bytes,node\n/, 'and in that order');
	for my $bad (
		[['--columns', 'lag_byte'], qr/table nodes has no column "lag_byte"; did you mean "lag_bytes"\?/],
		[['--columns', 'nonsense'], qr/table nodes has no column "nonsense"; it has time cluster node .* backup_percent/],
		[['--table', 'nodes,slots', '--columns', 'node', '--output', "$dir/x"], qr/TABLE\.COLUMN/],
		[['--table', 'nodes,slots'], qr/several tables as CSV need --output DIR/],
		[['--table', 'nodes,nodes'], qr/table nodes is named twice/],
		[['--format', 'prometheus', '--table', 'events'], qr/table events has no values/],
		[['--format', 'xml'], qr/expected one of: csv, json, prometheus/],
		[['--once'], qr/exclude each other/],
		)
	{
		my $result = run_command(PgRepl::program(), '-b', '-n', 1, @{$bad->[0]}, @to);
		is($result->{status}, 2, "@{$bad->[0]}: 2");
		like($result->{err}, $bad->[1], 'with what was expected');
	}
	is(run_command(PgRepl::program(), '--format', 'json', @to)->{status}, 2, 'not on a screen');
};

subtest 'a reader never sees half a file' => sub {
	my $file = "$dir/atomic.prom";
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		no warnings 'exec';
		open STDERR, '>', "$dir/atomic.err";
		exec PgRepl::program(), '-b', '-s', '0.1', '--table', 'nodes,processes', '--format', 'prometheus', '--output', $file, @to;
		POSIX::_exit(127);
	}
	my (%texts, $bad);
	my $enough = wait_for {
		for (1 .. 200) {
			open my $in, '<:raw', $file or last;
			local $/;
			my $text     = <$in> // '';
			my $families = eval { exposition_parse($text) };
			$texts{$text} = 1;
			$bad = $@ || 'empty' if !$families || !$families->{pgrepltop_process_info};
			last if $bad;
		}
		$bad || keys %texts >= 10;
	} 60;
	kill 'TERM', $pid;
	waitpid $pid, 0;
	ok($enough, scalar(keys %texts) . ' files were there, one after the other');
	is($bad, undef, 'each of them whole');
};

# ---- ends ------------------------------------------------------------------------------------------------------

subtest 'a reader that goes and a disk that is full' => sub {
	my $program = PgRepl::program();
	my $run = run_command('sh', '-c', 'status=$1; shift; { "$@"; echo $? >"$status"; } | head -n 1', 'sh', "$dir/status", $program, '-b',
		'-s', '0.1', @to);
	like($run->{out}, qr/\Atime,cluster,node,/, 'head has its line');
	is(slurp("$dir/status"), "1\n", 'exit status 1');
	is($run->{err}, "pgrepltop: cannot write to standard output: Broken pipe\n", 'one line says why');
	$run = run_command($program, '-b', '-n', 1, '--output', '/dev/full', @to);
	is_deeply([@$run{qw(status signal err)}], [1, 0, "pgrepltop: cannot write to /dev/full: No space left on device\n"], '/dev/full');
	ok(-c '/dev/full', 'which is still a device');
	$run = run_command($program, '-b', '-n', 1, '--format', 'prometheus', '--output', '/dev/full', @to);
	is_deeply([@$run{qw(status err)}], [1, "pgrepltop: cannot write to /dev/full: No space left on device\n"], 'for Prometheus, too');
	$run = run_command('sh', '-c', 'exec "$@" >/dev/full', 'sh', $program, '--once', @to);
	is_deeply([@$run{qw(status err)}], [1, "pgrepltop: cannot write to standard output: No space left on device\n"], 'for --once, too');
	# a limit of file sizes ends a program by a signal unless that is an error to it
	$run = run_command('bash', '-c', 'ulimit -f 8; exec "$@"', 'bash', $program, '-b', '-s', '0.1', '--output', "$dir/limited.csv", @to);
	is_deeply([@$run{qw(status signal)}], [1, 0], 'a limit');
	like($run->{err}, qr/\Apgrepltop: cannot write to \S+limited\.csv: File too large\n\z/, 'is told in a line');
	my @rows = eval { csv_hashes(slurp("$dir/limited.csv")) };
	ok(@rows > 3 && -s "$dir/limited.csv" <= 8192, 'and leaves whole rows') or diag $@;
	SKIP: {
		mkdir "$dir/small";
		my $mounted = !$> && run_command('mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', "$dir/small")->{status} == 0;
		skip 'no right to mount a small disk', 3 if !$mounted;
		$run = run_command($program, '-b', '-s', '0.1', '--output', "$dir/small/nodes.csv", @to);
		@rows = eval { csv_hashes(slurp("$dir/small/nodes.csv")) };
		run_command('umount', "$dir/small");
		is_deeply([@$run{qw(status signal)}], [1, 0], 'a small disk');
		like($run->{err}, qr/\Apgrepltop: cannot write to \S+nodes\.csv: No space left on device\n\z/, 'is told in a line');
		ok(@rows > 3, 'and has whole rows') or diag $@;
	}
};

# ---- --once and --anonymize ------------------------------------------------------------------------------------

subtest 'the tree once' => sub {
	my $run = run_command({env => {LC_ALL => 'C.UTF-8', LANG => 'C.UTF-8'}}, PgRepl::program(), '--once', @to);
	is_deeply([@$run{qw(status err)}], [0, ''], 'done');
	my ($one, $two, $three) = map { $c->port($_) } 0 .. 2;
	like($run->{out}, qr/\A\d{4}-\d\d-\d\dT\S+Z\npgrepltop  yak_one  PG /, 'when, and of what');
	like($run->{out}, qr/^127\.0\.0\.1:$one +primary .*\n├─ 127\.0\.0\.1:$two +standby .*\n│  └─ 127\.0\.0\.1:$three /m, 'the tree')
		or diag $run->{out};
	like($run->{out}, qr/^ 127\.0\.0\.1:$one +yak_ghost +physical +no /m, 'slots');
	unlike($run->{out}, qr/[ \t]\n|\033|\r/, 'plain, without blanks at the ends');
	$run = run_command({env => {LC_ALL => 'C'}}, PgRepl::program(), '--once', '--ascii', @to);
	unlike($run->{out}, qr/[^\n -~]/, '--ascii is ASCII');
	like($run->{out}, qr/^\|- 127\.0\.0\.1:$two/m, 'with a tree');
	my $nobody = PgRepl::free_ports(1);
	$run = run_command(PgRepl::program(), '--once', '--no-discover', '-h', '127.0.0.1', '-p', $nobody);
	is($run->{status}, 1, 'nothing can be reached: 1');
	like($run->{out}, qr/^127\.0\.0\.1:$nobody: Connection refused$/m, 'with the reason');
};

subtest 'no name gets through' => sub {
	my $down = PgRepl::free_ports(1);
	# a bare number may as well be a process's
	my $ports  = join '|', $down, map { $c->port($_) } 0 .. 2;
	my $secret = join '|', qw(yak zebra 127\.0\.0\.1 /tmp /dev/shm localhost), "(?::|port\\W{1,2})(?:$ports)\\b";
	$secret .= '|' . $c->psql(0, 'select system_identifier from pg_control_system()');
	my @hidden = ('--anonymize', @to, "host=127.0.0.1 port=$down user=zebra_other");
	my %runs = (
		csv     => ['-b', '-n', 2, '-s', '0.2', '--table', 'nodes,processes,slots,quorum,events', '--output', "$dir/anonymous"],
		json    => ['-b', '-n', 1, '--table', 'nodes,processes,slots,quorum,events', '--format', 'json'],
		metrics => ['-b', '-n', 1, '--table', 'nodes,processes,slots,quorum', '--format', 'prometheus'],
		text    => ['--once'],
		check   => ['--check'],
	);
	for my $what (sort keys %runs) {
		my $run  = run_command(PgRepl::program(), @{$runs{$what}}, @hidden);
		my $text = $run->{out} . $run->{err};
		$text .= slurp($_) for $what eq 'csv' ? glob "$dir/anonymous/*" : ();
		ok(length $text > 20, "$what: there is something") or diag $run->{err};
		my @leaks = $text =~ /(.{0,60}(?:$secret).{0,30})/g;
		is_deeply(\@leaks, [], "$what: none of the names");
	}
	my @nodes = csv_hashes(slurp("$dir/anonymous/nodes.csv"));
	is_deeply([grep { defined $_->{port} } @nodes], [], 'no ports');
	my %names = map { ($_->{node} => 1) } @nodes;
	ok($names{node1} && $names{node4} && $names{'slot slot1'}, 'all are there by other names') or diag join ' ', sort keys %names;
	is_deeply([grep { defined $_->{upstream} && !$names{$_->{upstream}} } @nodes], [], 'that are the same in every column');
	my ($quorum) = csv_hashes(slurp("$dir/anonymous/quorum.csv"));
	like($quorum->{rule}, qr/^ANY 1 \(app\d+, app\d+\)$/, 'in the rule, too');
	my ($down_row) = grep { $_->{role} eq 'unknown' } @nodes;
	like($down_row->{error}, qr/Connection refused/, 'and errors keep their sense');
};

# ---- recipes ---------------------------------------------------------------------------------------------------

subtest 'the recipes of the README' => sub {
	my $readme = slurp(PgRepl::root() . '/README.md');
	my $bulk   = $c->psql_bg(0, 'set synchronous_commit = local; create table t as select generate_series(1, 100000) i;');
	my $work   = "$dir/recipes";
	mkdir $work;
	my $run = run_command('sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', $work, PgRepl::program(), '-b', '-n', 6, '-s', '0.3', '--table',
		'nodes,slots', '--output', 'lag', @to);
	is($run->{status}, 0, 'a while is written down') or diag $run->{err};
	is($bulk->finish, 0, 'with some load');
	my %worst;
	for my $row (grep { $_->{role} eq 'standby' && defined $_->{lag_bytes} } csv_hashes(slurp("$work/lag/nodes.csv"))) {
		my $at = "$row->{node} " . substr $row->{time}, 0, 19;
		$worst{$at} = $row->{lag_bytes} if !defined $worst{$at} || $worst{$at} < $row->{lag_bytes};
	}
	my %env = (PGHOST => '127.0.0.1', PGPORT => $c->port(0), PGUSER => $admin, PGDATABASE => 'postgres', PGTZ => 'UTC',
		PGOPTIONS => '-c synchronous_commit=local', PGCLIENTENCODING => 'UTF8');
	for my $recipe (qw(postgresql sqlite)) {
		my ($commands) = $readme =~ /<!-- recipe: $recipe -->\n```\n(.*?)```/s;
		ok($commands, "there is one for $recipe") or next;
		$run = run_command({env => \%env}, 'sh', '-ec', "cd '$work'\n$commands");
		is($run->{status}, 0, "$recipe: it runs") or diag $run->{err};
		my %got;
		while ($run->{out} =~ /^\W*(\S+:\d+) +\S+ +(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)\S* +\S+ +(\d+) /mg) { $got{"$1 $2T$3"} = $4 }
		is_deeply(\%got, \%worst, "$recipe: the lag is that of the file") or diag $run->{out};
	}
};

done_testing;
