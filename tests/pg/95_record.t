#!/usr/bin/perl
# Recordings: what is written to standard output is what is recorded and what is replayed, whatever ends the recorder; psql
# reads the files, and wrong ones are told from right ones by file, line and column.
use strict;
use warnings;
use File::Temp ();
use JSON::PP qw(decode_json);
use Test::More;
use PgRepl qw(wait_for run_command run_batch csv_hashes);
use PgRepl::Batch qw(row config_file);

my @tables = qw(nodes processes slots quorum events);
my @more   = qw(nodes_more processes_more quorum_more clusters candidates what_if roles);
my $place  = File::Temp->newdir('pgrepltop-record.XXXXXX', DIR => '/tmp');
my $c      = PgRepl->cluster(spec => '0 1:0 2:0', sync => 'ANY 1 (*)', slots => 1);
my @nodes  = map { ('-h', '127.0.0.1', '-p', $c->port($_), '-U', 'postgres') } 1;

sub name { my ($node) = @_; return '127.0.0.1:' . $c->port($node) }

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or die "$path: $!";
	local $/;
	return <$in> // '';
}

sub spill {
	my ($path, $text) = @_;
	open my $out, '>:raw', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
	return;
}

# A copy of a recording, to be damaged.
my $copies = 0;
sub copy_of {
	my ($dir) = @_;
	my $to = "$place/copy" . $copies++;
	system('cp', '-r', $dir, $to) == 0 or die 'cp';
	return $to;
}

sub replay { return run_command(PgRepl::program(), '-b', '--replay', @_) }

sub replays_equally {
	my ($dir, $what) = @_;
	for my $table (@tables) {
		my $result = replay($dir, '--table', $table);
		is($result->{status}, 0, "$what: $table is replayed") or diag $result->{err};
		ok($result->{out} eq slurp("$dir/$table.csv"), 'byte for byte') or diag $result->{out};
	}
	return;
}

# ---- while servers are watched -----------------------------------------------------------------------------------

my $dir = "$place/recording";

subtest 'rows are recorded as they are written' => sub {
	my $result = run_batch(@nodes, '-s', 0.2, '-n', 3, '--record', $dir);
	is($result->{status}, 0, 'the program ends well') or diag $result->{err};
	ok($result->{out} eq slurp("$dir/nodes.csv"), 'nodes.csv is what was written');
	is((split /\n/, slurp("$dir/samples.csv")) + 0, 4, 'three samples');
	for my $name (@tables, @more, 'samples') {
		my @rows = eval { csv_hashes(slurp("$dir/$name.csv")) };
		is($@, '', "$name.csv is CSV");
	}
	cmp_ok(scalar csv_hashes(slurp("$dir/processes.csv")), '>', 10, 'processes of all nodes are recorded unasked');
	is((stat "$dir/processes.csv")[2] & 0777, 0600, 'for nobody else: queries stand in them');
	is((stat $dir)[2] & 0777,                 0700, 'nor is the folder');
	replays_equally($dir, 'a recording');
};

subtest 'a recording is continued, by one at a time' => sub {
	my $before = slurp("$dir/nodes.csv");
	my $first = PgRepl::Batch->start({}, @nodes, '-s', 0.2, '--record', $dir);
	ok($first->wait_count(2), 'one records') or diag $first->tail;
	my $second = run_batch(@nodes, '-n', 1, '--record', $dir);
	is($second->{status}, 2, 'another is refused');
	is($second->{err}, "pgrepltop: option --record: $dir: another pgrepltop records there\n", 'and says so');
	$first->end_by('TERM');
	$first->finish(5);
	my $after = slurp("$dir/nodes.csv");
	is(substr($after, 0, length $before), $before, 'what was there stays');
	cmp_ok(length $after, '>', length $before, 'and there is more');
	is((() = $after =~ /^time,/mg) + 0, 1, 'under one header');
	my @samples = csv_hashes(slurp("$dir/samples.csv"));
	is_deeply([sort { $a <=> $b } keys %{{map { $_->{run} => 1 } @samples}}], [1, 2], 'of two runs');
};

subtest 'one table, and --check, are recorded whole' => sub {
	my $to = "$place/check";
	my $result = run_command(PgRepl::program(), '--check', @nodes, '--record', $to);
	is($result->{status}, 0, '--check is well') or diag $result->{out};
	is(scalar csv_hashes(slurp("$to/samples.csv")), 1, 'it recorded a sample');
	cmp_ok(scalar csv_hashes(slurp("$to/nodes.csv")), '>=', 3, 'with all nodes');
	my $slots = run_batch(@nodes, '-n', 1, '--table', 'slots', '--record', "$place/slots");
	ok($slots->{out} eq slurp("$place/slots/slots.csv"), 'slots were asked for');
	cmp_ok(scalar csv_hashes(slurp("$place/slots/nodes.csv")), '>=', 3, 'and nodes recorded, too');
	my $few = "$place/few";
	my $config = config_file('[pgrepltop]', 'record-processes = no');
	run_batch(@nodes, '-n', 1, '--record', $few, '--config', "$config");
	is(scalar csv_hashes(slurp("$few/processes.csv")), 0, 'record-processes = no leaves out what nothing shows');
};

# ---- what is made of a recording ---------------------------------------------------------------------------------

sub every_file { my ($folder) = @_; return join '', map { slurp($_) } glob "$folder/*" }

subtest 'a replay is written as servers are' => sub {
	my $several = replay($dir, '--table', 'nodes,slots', '--output', "$place/several/");
	is($several->{status}, 0, 'several tables') or diag $several->{err};
	ok(slurp("$place/several/$_.csv") eq slurp("$dir/$_.csv"), "$_.csv, byte for byte") for qw(nodes slots);
	my $columns = replay($dir, '--columns', 'node,role', '--filter', 'role=standby', '--sort', 'node');
	my @rows = csv_hashes($columns->{out});
	my @recorded = grep { $_->{role} eq 'standby' } csv_hashes(slurp("$dir/nodes.csv"));
	is((split /\n/, $columns->{out})[0], 'node,role', 'columns');
	is(scalar @rows, scalar @recorded, 'only the rows that match');
	cmp_ok(scalar @rows, '>', 0, 'which there are');
	my @json = map { decode_json($_) } split /\n/, replay($dir, '--format', 'json')->{out};
	is_deeply([map { $_->{node} } @json], [map { $_->{node} } csv_hashes(slurp("$dir/nodes.csv"))], 'JSON');
	my $metrics = "$place/metrics.prom";
	is(replay($dir, '--format', 'prometheus', '--output', $metrics)->{status}, 0, "Prometheus' text");
	is((() = slurp($metrics) =~ /^# TYPE pgrepltop_node_lag_bytes /mg) + 0, 1, 'of the last sample');
	my $tree = run_command(PgRepl::program(), '--once', '--replay', $dir);
	is($tree->{status}, 0, '--once') or diag $tree->{err};
	like($tree->{out}, qr/\Q@{[name($_)]}\E /, 'names ' . name($_)) for 0 .. 2;
};

subtest 'a recording needs no names' => sub {
	my $to = "$place/nameless";
	my $id = (csv_hashes(slurp("$dir/nodes.csv")))[0]{cluster};
	my $names = qr/127\.0\.0\.1|$id/;
	my $result = run_batch(@nodes, '-n', 2, '--anonymize', '--record', $to);
	is($result->{status}, 0, 'it is recorded without') or diag $result->{err};
	ok($result->{out} eq slurp("$to/nodes.csv"), 'as it was written');
	like(every_file($dir), $names, 'names stand in another');
	unlike(every_file($to), $names, 'and not in this one');
	is(join('', map { $_->{port} // '' } csv_hashes(slurp("$to/nodes.csv"))), '', 'nor ports');
	replays_equally($to, 'a recording without names');
	for my $table (@tables) {
		my $hidden = replay($dir, '--table', $table, '--anonymize');
		is($hidden->{status}, 0, "$table of one with names are written without") or diag $hidden->{err};
		unlike($hidden->{out}, $names, 'none is left');
	}
	unlike(run_command(PgRepl::program(), '--once', '--replay', $dir, '--anonymize')->{out}, $names, 'nor in the tree');
};

# ---- a failover, and a recorder that is killed -------------------------------------------------------------------

my $failover = "$place/failover";

subtest 'a failover is recorded, and the recorder killed' => sub {
	my $run = PgRepl::Batch->start({}, @nodes, '-s', 0.2, '--record', $failover);
	ok($run->wait_sample(sub { my $s = $_; 2 == grep { row($s, $c->port($_))->{state} eq 'streaming' } 1, 2 }), 'it streams')
		or diag $run->tail;
	$c->psql(2, 'select pg_wal_replay_pause()');
	$c->psql(0, 'create table t as select generate_series(1, 100000) i');
	ok($run->wait_sample(sub { (row($_, $c->port(2))->{lag_bytes} || 0) > 100_000 }), 'one falls behind') or diag $run->tail;
	$c->psql(2, 'select pg_wal_replay_resume()');
	$c->stop(0);
	$c->promote(1);
	ok($run->wait_sample(sub { (row($_, $c->port(1))->{role} // '') eq 'primary' }), 'a standby is promoted') or diag $run->tail;
	ok(wait_for(sub { slurp("$failover/events.csv") =~ /,promoted,/ }), 'the event is recorded');
	my $count = $run->count;
	$run->wait_count($count + 2);
	$run->end_by('KILL');
	$run->finish(5);
	my $written = $run->out;
	my $nodes   = slurp("$failover/nodes.csv");
	# standard output is written first: its last sample need not be recorded
	is($nodes, substr($written, 0, length $nodes), 'all that it wrote is recorded but for the last sample')
		if length $nodes <= length $written;
	my $result = replay($failover);
	is($result->{status}, 0, 'the recording can be replayed') or diag $result->{err};
	is(index($written, $result->{out}), 0, 'and gives what was written');
	cmp_ok(length($written) - length($result->{out}), '<', 4000, 'up to the last sample');
};

subtest 'what a killed recorder left of a sample is left out, and said' => sub {
	my $half = copy_of($failover);
	my $whole = replay($half)->{out};
	for my $table (qw(nodes processes nodes_more)) {
		my $rows = slurp("$half/$table.csv");
		my ($last) = $rows =~ /([^\n]*\n)\z/;
		spill("$half/$table.csv", $rows . substr $last, 0, length($last) / 2);
	}
	my $result = replay($half);
	is($result->{status}, 0, 'it is replayed');
	is($result->{err}, "pgrepltop: the last sample is incomplete and was left out\n", 'and says what is missing');
	ok($result->{out} eq $whole, 'the rest is all there');

	my $samples = slurp("$half/samples.csv");
	spill("$half/samples.csv", substr $samples, 0, -20);
	my $less = replay($half);
	is($less->{err}, $result->{err}, 'a cut row of samples.csv is the same');
	is(index($whole, $less->{out}), 0, 'one sample less');

	my $more = run_batch('-h', '127.0.0.1', '-p', $c->port(1), '-U', 'postgres', '-s', 0.2, '-n', 2, '--record', $half);
	is($more->{status}, 0, 'the recording is continued') or diag $more->{err};
	my $both = replay($half);
	is($both->{err}, '', 'nothing is incomplete any more');
	my ($rows) = $more->{out} =~ /\n(.*)\z/s;
	ok($both->{out} eq $less->{out} . $rows, 'the old samples and the new ones');
	replays_equally($half, 'a continued recording');
};

subtest 'psql reads the recording' => sub {
	my ($header) = slurp("$failover/nodes.csv") =~ /^([^\n]*)/;
	my %type = (time => 'timestamptz', lag_bytes => 'int8', lag_seconds => 'float8', replay_lsn => 'pg_lsn', eta_seconds => 'float8');
	my $columns = join ', ', map { "\"$_\" " . ($type{$_} // 'text') } split /,/, $header;
	my $result = run_command({in => "create temp table nodes ($columns);\n\\copy nodes from '$failover/nodes.csv' csv header\n"
				. "select time at time zone 'utc', node, coalesce(lag_bytes::text, '?'), coalesce(replay_lsn::text, '?')"
				. " from nodes order by time, node;\n"}, $c->psql_command(1));
	is($result->{status}, 0, '\copy takes nodes.csv') or diag $result->{err};
	my @rows = sort map {
		my $time = $_->{time} =~ s/T/ /r =~ s/\.?0*Z$//r;
		join '|', $time, $_->{node}, $_->{lag_bytes} // '?', $_->{replay_lsn} // '?'
	} csv_hashes(replay($failover)->{out});
	my @found = sort split /\n/, $result->{out};
	is_deeply([@found[0 .. $#rows]], \@rows, 'and the same lag stands in every row');
	ok((grep { /\|[1-9]\d*\|/ } @rows) > 0, 'of which some is more than none');
	for my $name (@tables, @more, 'samples') {
		my ($line) = slurp("$failover/$name.csv") =~ /^([^\n]*)/;
		my $text = join ', ', map { "\"$_\" text" } split /,/, $line;
		my $copied = run_command({in => "create temp table x ($text);\n\\copy x from '$failover/$name.csv' csv header\n"},
			$c->psql_command(1));
		is($copied->{err}, '', "$name.csv, too");
	}
};

subtest 'the commands of the README load it' => sub {
	my ($commands) = slurp(PgRepl::root() . '/README.md') =~ /^```\ncd DIR\n(.*?)^```/ms;
	ok($commands, 'there are some') or return;
	my %env = (PGHOST => '127.0.0.1', PGPORT => $c->port(1), PGUSER => 'postgres', PGDATABASE => 'postgres');
	my $result = run_command({env => \%env}, 'sh', '-ec', "cd $failover\n$commands");
	is($result->{err}, '', 'without a word');
	my %lag;
	for my $row (csv_hashes(slurp("$failover/nodes.csv"))) {
		my ($node, $bytes) = @$row{qw(node lag_bytes)};
		$lag{$node} = $bytes if defined $bytes && $bytes > ($lag{$node} // -1);
	}
	like($result->{out}, qr/^ \Q$_\E +\| +$lag{$_} \|/m, "the greatest lag of $_") for keys %lag;
	cmp_ok(scalar keys %lag, '>=', 2, 'of several nodes');
};

subtest 'rows are chosen as those of servers are' => sub {
	my $two = replay($failover, '-n', 2);
	is(scalar PgRepl::samples(csv_hashes($two->{out})), 2, '-n');
	my $primary = replay($failover, '--filter', 'role=primary');
	my %roles = map { $_->{role} => 1 } csv_hashes($primary->{out});
	is_deeply(\%roles, {primary => 1}, '--filter');
	my @last = @{(PgRepl::samples(csv_hashes(replay($failover, '--sort', 'node')->{out})))[-1]};
	is_deeply([map { $_->{node} } @last], [sort map { $_->{node} } @last], '--sort');
};

# ---- limits ------------------------------------------------------------------------------------------------------

my @live = ('-h', '127.0.0.1', '-p', $c->port(1), '-U', 'postgres', '-s', 0.1);

subtest 'old samples go when it grows' => sub {
	my $to     = "$place/rotated";
	my $limit  = 300_000;
	my $config = config_file('[pgrepltop]', "record-size = ${limit}B");
	my $run    = PgRepl::Batch->start({}, @live, '--record', $to, '--config', "$config");
	my %seen;
	ok(wait_for(sub {
		$seen{$_} = 1 for glob "$to/2*Z*";
		grep { !-e $_ } keys %seen
	}, 60), 'a segment was made and is gone') or diag $run->tail, `ls -R $to`;
	$run->end_by('TERM');
	$run->finish(5);
	my $bytes = 0;
	$bytes += -s $_ for glob("$to/*.csv"), glob("$to/2*/*.csv");
	cmp_ok($bytes, '<', $limit * 1.2, 'what is left is not much more than the limit');
	my @segments = map { -d $_ ? $_ : () } glob "$to/*";
	cmp_ok(scalar @segments, '>=', 2, 'several segments are left');
	my $result = replay($to);
	is($result->{status}, 0, 'and are replayed') or diag $result->{err};
	my $header = (split /^/, $result->{out})[0];
	my $all = join '', map { slurp("$_/nodes.csv") =~ s/^\Q$header\E//r } sort(@segments), $to;
	is($result->{out}, $header . $all, 'one after the other');
	isnt(index($run->out, substr $result->{out}, length $header), -1, 'without a gap between them');

	my $begun = copy_of($to);
	my $later = "$begun/29991231T235959Z";
	mkdir $later or die;
	for my $name (@tables, @more, 'samples') {
		rename "$begun/$name.csv", "$later/$name.csv" or die $!;
	}
	is(replay($begun)->{out}, $result->{out}, 'after a rotation there may be no file yet');
	spill("$begun/samples.csv", slurp("$later/samples.csv") =~ s/\n.*/\n/sr);
	spill("$begun/what_if.csv", 'time,ro');
	is(replay($begun)->{out}, $result->{out}, 'or some that are not begun');
	is(run_batch(@live, '-n', 1, '--record', $begun)->{status}, 0, 'which the next recorder makes anew');
	is(index(replay($begun)->{out}, $result->{out}), 0, 'and goes on');

	my $torn = copy_of($to);
	my $next = "$torn/29991231T235959Z";
	mkdir $next or die;
	rename "$torn/$_.csv", "$next/$_.csv" or die $! for qw(nodes processes slots);
	ok(replay($torn)->{out} eq $result->{out}, 'a rotation that was broken off is no loss');
	my $more = run_batch(@live, '-n', 1, '--record', $torn);
	is($more->{status}, 0, 'and is finished by the next recorder') or diag $more->{err};
	ok(-e "$next/samples.csv", 'all of the files are there');
	my ($rows) = $more->{out} =~ /\n(.*)\z/s;
	ok(replay($torn)->{out} eq $result->{out} . $rows, 'with nothing lost');
};

subtest 'old samples go when they are old' => sub {
	my $to     = "$place/aged";
	my $config = config_file('[pgrepltop]', 'record-age = 4');
	my $run    = PgRepl::Batch->start({}, @live, '--record', $to, '--config', "$config");
	my %seen;
	ok(wait_for(sub {
		$seen{$_} = 1 for glob "$to/2*Z*";
		grep { !-e $_ } keys %seen
	}, 60), 'a segment was made and is gone') or diag $run->tail, `ls -R $to`;
	$run->end_by('TERM');
	$run->finish(5);
	is(replay($to)->{status}, 0, 'the rest is replayed');
};

subtest 'a full disk ends the recording, and not the program' => sub {
	my $mount = "$place/mount";
	mkdir $mount or die;
	my @own = $> ? ('unshare', '-Urm') : ('unshare', '-m');
	my $script = 'mount -t tmpfs -o size=1m none "$1" || exit 77; head -c 900000 /dev/zero >"$1/filler"; m=$1; p=$2; shift 2;'
		. ' "$p" -b "$@" -n 60 --record "$m/r" >"$m.out" 2>"$m.err"; echo $? >"$m.status";'
		. ' "$p" -b --replay "$m/r" >"$m.replayed" 2>"$m.replay_err"; echo $? >>"$m.status"; tail -c 3000 "$m/r/nodes.csv" >"$m.tail"';
	my $result = run_command({timeout => 120}, @own, 'sh', '-c', $script, 'sh', $mount, PgRepl::program(), @live);
	if ($result->{status} == 77 || !-e "$mount.status") {
		plan(skip_all => "no file system can be mounted here: $result->{err}");
		return;
	}
	is(slurp("$mount.status"), "1\n0\n", 'the program fails, the replay does not');
	is(slurp("$mount.err"), "pgrepltop: the recording ends here: $mount/r/" . (slurp("$mount.err") =~ m{/r/(\w+)\.csv})[0]
		. ".csv: No space left on device\n", 'file and reason are named, once');
	my @written = PgRepl::samples(csv_hashes(slurp("$mount.out")));
	is(scalar @written, 60, 'all samples went to standard output');
	my @replayed = PgRepl::samples(csv_hashes(slurp("$mount.replayed")));
	cmp_ok(scalar @replayed, '>', 2, 'those before are there');
	cmp_ok(scalar @replayed, '<', 60, 'those after are not');
	is(slurp("$mount.replay_err"), '', 'none is incomplete: what was written of the last one was cut off');
	is(index(slurp("$mount.out"), slurp("$mount.replayed")), 0, 'and they are the same');
};

# ---- what is wrong -----------------------------------------------------------------------------------------------

subtest 'what is no recording is told with file, line and column' => sub {
	my @cases = (
		['a folder that is not there', sub { system 'rm', '-r', $_[0] }, qr{: No such file or directory$}],
		['an empty one', sub { unlink glob "$_[0]/*.csv" }, qr{/samples\.csv: No such file or directory$}],
		['a missing file', sub { unlink "$_[0]/quorum.csv" }, qr{/quorum\.csv: No such file or directory$}],
		['another header', sub { spill("$_[0]/slots.csv", slurp("$_[0]/slots.csv") =~ s/wal_status/wal_state/r) },
			qr{/slots\.csv: column \d+ of the header is "wal_state", expected wal_status$}],
		['no header', sub { spill("$_[0]/events.csv", '') }, qr{/events\.csv: the header is not complete$}],
		['no sample', sub { spill("$_[0]/samples.csv", slurp("$_[0]/samples.csv") =~ s/\n.*/\n/sr) }, qr{ holds no sample$}],
		['a wrong sample', sub { spill("$_[0]/samples.csv", slurp("$_[0]/samples.csv") =~ s/,(\d+)\n/,x$1\n/r) },
			qr{/samples\.csv, line 2: column roles_end: "x\d+" is not a whole number$}],
	);
	for my $case (@cases) {
		my ($what, $change, $expected) = @$case;
		my $wrong = copy_of($failover);
		$change->($wrong);
		my $result = replay($wrong);
		is($result->{status}, 2, $what);
		like($result->{err}, $expected, 'and the reason');
		is($result->{out}, '', 'nothing is written');
	}
};

subtest 'a sample that cannot be read is left out, and said' => sub {
	my $wrong = copy_of($failover);
	my @lines = split /^/, slurp("$wrong/nodes.csv");
	my ($at) = grep { $lines[$_] =~ /,primary,/ } 4 .. $#lines;
	my ($time) = $lines[$at] =~ /^([^,]*)/;
	$lines[$at] =~ s/,primary,/,pri"ary,/;
	spill("$wrong/nodes.csv", join '', @lines);
	my $result = replay($wrong);
	is($result->{status}, 1, 'the exit status tells');
	like($result->{err}, qr{^pgrepltop: \S+/nodes\.csv, line @{[$at + 1]}: this is no CSV of \d+ columns$}, 'file and line')
		or diag $result->{err};
	my ($whole) = replay($failover)->{out};
	is($result->{out}, join('', grep { !/^\Q$time\E/ } split /^/, $whole), 'all others are there');
};

subtest 'files that were edited are told from those that are wrong' => sub {
	my $wrong = copy_of($failover);
	my @lines = split /^/, slurp("$wrong/nodes.csv");
	my ($at) = grep { $lines[$_] =~ /,primary,/ } 4 .. $#lines;
	$lines[$at] =~ s/,primary,/,primaries,/;
	spill("$wrong/nodes.csv", join '', @lines);
	my $result = replay($wrong, '-n', 20);
	is($result->{status}, 1, 'the exit status tells');
	like($result->{err}, qr{/nodes\.csv, line \d+: its rows are not where samples\.csv says: the file was edited$}m, 'the reason, too');
};

subtest 'a folder that holds something else is not written to' => sub {
	my $other = "$place/other";
	mkdir $other or die;
	spill("$other/nodes.csv", "mine\n");
	my $result = run_batch(@live, '-n', 1, '--record', $other);
	is($result->{status}, 2, 'it is refused');
	like($result->{err}, qr/holds nodes\.csv and no samples\.csv: this is no recording/, 'with the reason');
	is(slurp("$other/nodes.csv"), "mine\n", 'and left as it is');
	is(run_batch(@live, '-n', 1, '--record', "$place/none/at/all")->{status}, 2, 'as is a folder that cannot be made');
};

subtest 'options that exclude each other' => sub {
	my $replay = sub { return run_command(PgRepl::program(), '--replay', $failover, @_) };
	for my $case ([['-h', 'x'], qr/no nodes/], [['-p', '1'], qr/no nodes/], [['host=x'], qr/no nodes/], [['--check'], qr/check/],
		[['--record', "$place/x"], qr/record/]) {
		my $result = $replay->('-b', @{$case->[0]});
		is($result->{status}, 2, "--replay and @{$case->[0]}");
		like($result->{err}, $case->[1], 'the reason is said');
	}
};

done_testing;
