#!/usr/bin/perl
# What /proc tells of the processes of servers on this host: the rates of a session that writes and reads so many bytes
# beside what it really wrote and what this test reads in /proc; the WAL segments that processes have open beside the links
# of their descriptors; who may not read what, in words; servers in other pid namespaces; and on 18 the WAL of all sessions
# beside the growth of the LSN.
use strict;
use warnings;
use File::Path 'remove_tree';
use Test::More;
use Time::Local 'timegm';
use PgRepl qw(run_command wait_for);
use PgRepl::Batch qw(nobody);

my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (10, undef, 18);

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or return '';
	local $/;
	return <$in> // '';
}

sub io_of { my ($pid) = @_; return {slurp("/proc/$pid/io") =~ /^(\w+): (\d+)$/mg} }

# The newest WAL segment that a process has open, and its position.
sub segment_of {
	my ($pid) = @_;
	my ($name, $fd) = ('');
	for my $link (glob "/proc/$pid/fd/*") {
		my $file = (readlink($link) // '') =~ m{/([0-9A-F]{24}(?:\.partial)?(?: \(deleted\))?)$} ? $1 : next;
		($name, $fd) = ($file, $link =~ m{(\d+)$}) if $file gt $name;
	}
	return ('', 0) if !defined $fd;
	return ($name, slurp("/proc/$pid/fdinfo/$fd") =~ /^pos:\s+(\d+)/ ? $1 : 0);
}

sub moment { my ($text) = @_; return $text =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):([\d.]+)Z/ ? timegm(0, $5, $4, $3, $2 - 1, $1) + $6 : 0 }

# What a rate of certain rows adds up to over the samples.
sub integral {
	my ($column, $wanted, @samples) = @_;
	my $sum = 0;
	for my $i (1 .. $#samples) {
		my $seconds = moment($samples[$i][0]{time}) - moment($samples[$i - 1][0]{time});
		$sum += $seconds * ($_->{$column} // 0) for grep { $wanted->($_) } @{$samples[$i]};
	}
	return $sum;
}

sub watch {
	my ($c, @how) = @_;
	return PgRepl::Batch->start(ref $how[0] ? shift @how : {}, '-s', 0.5, '--no-discover', '--table', 'processes', @how);
}

sub to { my ($c, @nodes) = @_; return map { 'host=127.0.0.1 user=postgres dbname=postgres port=' . $c->port($_) } @nodes }

sub row_of_pid { my ($sample, $pid) = @_; my ($row) = grep { $_->{pid} == $pid } @$sample; return $row // {} }

# 60 times a million bytes out and the same in; the statement ends when all is done, and the session stays.
sub known_writer {
	my ($c) = @_;
	my $session = $c->psql_bg(0);
	my $pid  = $session->backend_pid;
	my $file = $c->dir . '/known';
	$session->send('create temp table known (a text);');
	my $batch = watch($c, to($c, 0));
	ok($batch->wait_sample(sub { defined row_of_pid($_, $pid)->{wchar_bytes_per_second} }), 'a session has rates') or diag $batch->tail;
	my $from = $batch->count - 1;
	my $before = io_of($pid);
	$session->send(qq{do \$\$ begin for i in 1 .. 60 loop
		execute \$x\$copy (select repeat('x', 999) from generate_series(1, 1000)) to '$file'\$x\$;
		execute \$x\$copy known from '$file'\$x\$; truncate known; perform pg_sleep(0.05); end loop; end \$\$; select 'done';});
	ok($session->wait_out(qr/done/, 60), 'it writes and reads');
	my $after = io_of($pid);
	my $last  = $batch->count;
	$batch->wait_count($last + 3, 15);
	my @samples = ($batch->samples)[$from .. $batch->count - 1];
	my %moved = map { $_ => integral("${_}_bytes_per_second", sub { $_[0]{pid} == $pid }, @samples) } qw(rchar wchar);
	cmp_ok($after->{wchar} - $before->{wchar}, '>=', 60e6, '/proc has all that it wrote');
	for my $counter (qw(rchar wchar)) {
		my $really = $after->{$counter} - $before->{$counter};
		my $ratio  = $moved{$counter} / ($really || 1);
		ok($ratio > 0.8 && $ratio < 1.25, sprintf '%s: the rates add up to %.1f MB of %.1f MB', $counter, $moved{$counter} / 1e6, $really / 1e6);
	}
	my @others = grep { ($_->{wchar_bytes_per_second} // 0) > 20e6 && $_->{pid} != $pid } map { @$_ } @samples;
	is(@others, 0, 'and no other process has them') or diag join ' ', map { "$_->{pid} $_->{backend_type}" } @others;
	is_deeply([grep { $_->{io_source} ne 'local' || defined $_->{error} } @{$samples[-1]}], [], 'all processes are read from /proc');
	$batch->end_by('TERM');
	$session->finish;
	return;
}

# Both nodes after some WAL: what each process has open, and where it stands in that.
sub segments {
	my ($c, $version) = @_;
	my $session = $c->psql_bg(0, q{create table if not exists w as select repeat('x', 500) from generate_series(1, 20000); select pg_switch_wal();
		insert into w select * from w; select 'done';});
	ok($session->wait_out(qr/done/, 30), 'WAL is written');
	my $writer = $session->backend_pid;
	$c->wait_sql(1, "select pg_last_wal_replay_lsn() >= '" . $c->psql(0, 'select pg_current_wal_flush_lsn()') . "'", 30);
	my $batch = watch($c, to($c, 0, 1));
	my ($different, %seen);
	my $agreed = $batch->wait_sample(sub {
		$different = '';
		for my $row (@$_) {
			my ($name, $pos) = segment_of($row->{pid});
			$seen{$row->{backend_type} // ''} = $row if $name ne '';
			my $got = ($row->{open_wal_file} // '') . '@' . ($row->{open_wal_offset} // 0);
			$different .= "$row->{pid} $row->{backend_type}: $got, not $name\@$pos\n" if $got ne "$name\@$pos";
		}
		return $different eq '' && $seen{walreceiver} && $seen{startup};
	}, timeout => 30);
	ok($agreed, 'the open segments are those of the links, the positions those of fdinfo') or diag $different, $batch->tail;
	like(row_of_pid($agreed || [], $writer)->{open_wal_file} // '', qr/^[0-9A-F]{24}/, 'the session that wrote has one');
	for my $type (qw(walreceiver startup)) {
		my $offset = ($seen{$type} || {})->{open_wal_offset};
		ok($version < 12 ? ($offset // 0) > 0 : $version < 13 || !defined $offset, "$type: a position where the kernel has one, never 0")
			or diag $offset // 'none';
	}
	$batch->end_by('TERM');
	$session->finish;
	return;
}

# As a role that may not read files through SQL.
sub as_monitor { my ($c) = @_; my ($to) = to($c, 0); return $to =~ s/user=postgres/user=mon/r }

# A second user of this host, and one to whom /proc shows nothing of others.
sub other_users {
	my ($c, $version) = @_;
	my $nobody = nobody() or plan skip_all => 'only root can become somebody else';
	my @command = (@{$nobody->{command}}, '-b', '-n', 2, '-s', 0.3, '--no-discover', '--table', 'processes', as_monitor($c));
	if ($version >= 11) {
		my $batch = PgRepl::Batch->start({as => [@{$nobody->{command}}[0 .. $#{$nobody->{command}} - 1]], program => $nobody->{command}[-1]}, '-s', 0.3, '--no-discover', '--table', 'processes', to($c, 0));
		ok($batch->wait_sample(sub { @$_ && !grep { $_->{io_source} ne 'sql' || defined $_->{error} } @$_ }),
			'what the user of this host may not read the server reads for it') or diag $batch->tail;
		$batch->end_by('TERM');
	}
	for my $case (['another user', qr{^/proc: not permitted}], ['hidepid=1', qr{^/proc: other users' processes are closed.*hidepid}],
		['hidepid=2', qr{^/proc: other users' processes are hidden.*hidepid}])
	{
		my ($what, $expected) = @$case;
		my @mounted = $what =~ /=/ ? ('unshare', '-m', 'sh', '-c', "mount -t proc -o $what proc /proc || exit 77; exec \"\$\@\"", 'sh') : ();
		my $result = run_command(@mounted, @command);
		if ($result->{status} == 77 || $result->{err} =~ /unshare/) {
			note "$what: not tested, /proc cannot be mounted here: $result->{err}";
			next;
		}
		is($result->{status}, 0, "$what: it runs") or diag $result->{err};
		my @rows = PgRepl::csv_hashes($result->{out});
		cmp_ok(scalar @rows, '>=', 4, "$what: there are rows");
		my @wrong = grep { ($_->{error} // '') !~ $expected || $_->{io_source} ne 'none' } @rows;
		is(@wrong, 0, "$what: each says so") or diag join "\n", map { "$_->{pid} $_->{io_source} " . ($_->{error} // '') } @wrong;
		my @counted = grep { defined $_->{rchar_bytes_per_second} || defined $_->{write_bytes_per_second} } @rows;
		is(@counted, 0, "$what: nothing is counted, not even 0");
	}
	return;
}

# Us in a pid namespace, the server outside of it.
sub we_in_a_container {
	my ($c) = @_;
	my $result = run_command('unshare', '--pid', '--fork', '--mount-proc', PgRepl::program(), '-b', '-n', 2, '-s', 0.3, '--no-discover',
		'--table', 'processes', as_monitor($c));
	plan skip_all => "no pid namespace to be had: $result->{err}" if $result->{status};
	my @rows = PgRepl::csv_hashes($result->{out});
	cmp_ok(scalar @rows, '>=', 4, 'there are rows');
	is_deeply([grep { $_->{io_source} ne 'none' || ($_->{error} // '') !~ /not seen from here/ } @rows], [], 'which say that /proc shows others');
	return;
}

# A copy of the stopped node in a pid namespace of its own. Its postmaster.pid says 1: tests/cluster must never see it.
package Container {
	sub start {
		my ($class, $c, $bin, $port) = @_;
		my $dir  = PgRepl::temp_dir();
		my $self = bless {dir => $dir, port => $port}, $class;
		PgRepl::keep($self);
		system('cp', '-a', $c->dir . '/' . $c->port(0), "$dir/data") == 0 or die "cp: $?\n";
		system('chown', 'postgres', $dir) == 0 or die "chown: $?\n";
		$self->{pid} = fork // die "fork: $!";
		if (!$self->{pid}) {
			open STDOUT, '>', "$dir/log";
			open STDERR, '>&', \*STDOUT;
			open STDIN,  '<', '/dev/null';
			no warnings 'exec';
			exec 'unshare', '--pid', '--fork', '--mount-proc', '--kill-child', 'setpriv', '--reuid=postgres', '--regid=postgres',
				'--clear-groups', "$bin/postgres", '-D', "$dir/data", '-p', $port, '-k', $dir;
			POSIX::_exit(127);
		}
		return $self;
	}

	sub cleanup {
		my ($self) = @_;
		PgRepl::forget($self);
		if ($self->{pid}) { kill 'KILL', $self->{pid}; waitpid $self->{pid}, 0 }
		# The server dies with it, a moment later.
		PgRepl::wait_for { main::remove_tree($self->{dir}, {error => \my $errors}); !-e $self->{dir} };
		return;
	}
}

package main;

sub server_in_a_container {
	my ($c) = @_;
	plan skip_all => 'only root can make a pid namespace' if $>;
	my $tried = run_command('unshare', '--pid', '--fork', '--mount-proc', 'true');
	plan skip_all => "no pid namespace to be had: $tried->{err}" if $tried->{status};
	$c->stop(0);
	my $bin  = $c->control('bin') =~ s/\n\z//r;
	my $port = PgRepl::free_ports(1);
	my $box  = Container->start($c, $bin, $port);
	my $to   = "host=127.0.0.1 port=$port user=postgres dbname=postgres";
	ok(wait_for(sub { run_command('psql', '-XAtqw', $to, '-c', 'select 1')->{out} eq "1\n" }, 30), 'a server in a container') or diag slurp("$box->{dir}/log");
	my $batch  = watch($c, $to);
	my $sample = $batch->wait_sample(sub { (grep { defined $_->{wchar_bytes_per_second} } @$_) >= 4 });
	ok($sample, 'its processes are read') or diag $batch->tail;
	# Each row is the process that has that number there: the same title, and the counters of no other.
	my %outer;
	for my $status (glob '/proc/[0-9]*/status') {
		my $text = slurp($status);
		my ($pid) = $status =~ m{/(\d+)/};
		next if $text !~ /^NSpid:\t$pid\t(\d+)$/m || (readlink("/proc/$pid/cwd") // '') ne "$box->{dir}/data";
		$outer{$1} = $pid;
	}
	my @wrong = grep { !$outer{$_->{pid}} || $_->{io_source} ne 'local' } @{$sample || []};
	is(@wrong, 0, 'and bear the numbers that they have there') or diag join "\n", map { "$_->{pid} $_->{io_source} " . ($_->{error} // '') } @wrong;
	my %type = map { $_->{pid} => $_->{backend_type} } @{$sample || []};
	is($type{1}, 'postmaster', 'process 1 is the postmaster');
	my @types = grep { my $t = $type{$_}; $t =~ /^(checkpointer|walwriter)$/ && slurp("/proc/$outer{$_}/cmdline") !~ /\Q$t\E|wal writer/ } keys %type;
	is(@types, 0, 'and the others are who they are');
	is(scalar keys %type, scalar keys %outer, 'none is missing') if $sample;
	$batch->end_by('TERM');
	$box->cleanup;
	$c->start(0);
	return;
}

# Before 18 nobody knows how much WAL a session makes. From then on the server says it, late: at the end of a transaction,
# and once a second at most, so that it is waited for.
sub wal_of_sessions {
	my ($c, $version) = @_;
	my @sessions = map { $c->psql_bg(0) } 1 .. 3;
	my %ours = map { $_->backend_pid => 1 } @sessions;
	my $is_session = sub { $ours{$_[0]{pid}} };
	my $batch = watch($c, to($c, 0));
	my $two = $batch->wait_sample(sub { 3 == grep { $is_session->($_) && defined $_->{wchar_bytes_per_second} } @$_ });
	ok($two, 'sessions are watched') or diag $batch->tail;
	my $from  = $batch->count - 1;
	my $start = $c->psql(0, 'select pg_current_wal_insert_lsn()');
	$_->send("create table wal_$_->{pid} (a text);" . "insert into wal_$_->{pid} select repeat('y', 100) from generate_series(1, 1000); select pg_sleep(0.02);" x 80
			. q{select 'done';})
		for @sessions;
	ok($_->wait_out(qr/done/, 60), 'one has written') for @sessions;
	my $growth = $c->psql(0, "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$start')::int8");
	if ($version < 18) {
		$batch->wait_count($batch->count + 2, 15);
		my @told = grep { $is_session->($_) && (defined $_->{wal_bytes_per_second} || defined $_->{wal_source} || defined $_->{wal_write_bytes_per_second}) }
			map { @$_ } $batch->samples;
		is(@told, 0, 'the WAL of a session is not known, and not guessed');
	}
	else {
		my ($sum, $all, $written);
		my $agrees = wait_for {
			my @samples = ($batch->samples)[$from .. $batch->count - 1];
			$sum     = integral('wal_bytes_per_second',       sub { ($_[0]{wal_source} // '') eq 'backend' }, @samples);
			$written = integral('wal_write_bytes_per_second', sub { 1 }, @samples);
			return $sum > 0.85 * $growth && $written > 0.9 * $growth;
		} 40;
		ok($agrees && $sum < 1.15 * $growth,
			sprintf 'the sessions made %.1f MB of the %.1f MB by which the LSN grew, and %.1f MB were written', $sum / 1e6, $growth / 1e6, $written / 1e6);
		my @bad = grep { ($_->{wal_source} // '') eq 'lsn' } grep { $is_session->($_) } map { @$_ } $batch->samples;
		is(@bad, 0, 'by what the server counts');
	}
	my @senders = grep { ($_->{backend_type} // '') eq 'walsender' } map { @$_ } ($batch->samples)[-1];
	is_deeply([grep { ($_->{wal_source} // '') ne 'lsn' } @senders], [], 'a walsender moves a position');
	$batch->end_by('TERM');
	$_->finish for @sessions;
	return;
}

for my $major (@majors) {
	subtest $major ? "PostgreSQL $major" : "Debian's PostgreSQL" => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0 1:0', disk => 1,
			conf => ['autovacuum = off', 'checkpoint_timeout = 1h', 'max_wal_size = 10GB', 'wal_keep_' . ($major && $major < 13 ? 'segments = 20' : 'size = 320MB')]);
		my $version = int($c->psql(0, 'show server_version_num') / 10000);
		$c->psql(0, 'create role mon login in role pg_monitor');
		subtest 'a known writer'                 => sub { known_writer($c) };
		subtest 'open segments'                  => sub { segments($c, $version) };
		subtest 'the WAL of sessions'            => sub { wal_of_sessions($c, $version) };
		subtest 'other users'                    => sub { other_users($c, $version) };
		subtest 'from inside a pid namespace'    => sub { we_in_a_container($c) };
		subtest 'a server in a pid namespace'    => sub { server_in_a_container($c) };
	};
}

done_testing;
