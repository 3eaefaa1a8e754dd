#!/usr/bin/perl
# Processes read through SQL: the same as from this host's /proc, for the same servers at the same time; the rights that
# it takes, named where they lack; and no process that exits blanks the table.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_batch wait_for);
use PgRepl::Batch;
use Time::Local 'timegm';

# undef: Debian's version.
my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (undef, 11, 18);
my @conf   = ('autovacuum = off', 'log_min_messages = warning', 'log_min_error_statement = error');

my $roles = q{
	create role plain login;
	create role watcher login; grant pg_monitor to watcher;
};
my $grants = q{
	create role reader login; grant pg_monitor, pg_read_server_files to reader;
	grant execute on function pg_read_file(text,bigint,bigint,boolean), pg_read_binary_file(text,bigint,bigint,boolean),
		pg_ls_dir(text,boolean,boolean) to reader;
	create role half login; grant pg_monitor, pg_read_server_files to half;
	grant execute on function pg_read_file(text,bigint,bigint,boolean), pg_ls_dir(text,boolean,boolean) to half;
};

sub seconds {
	my ($text) = @_;
	my @t = $text =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):([\d.]+)Z$/ or die "not a time: $text\n";
	return timegm(0, $t[4], $t[3], $t[2], $t[1] - 1, $t[0]) + $t[5];
}

sub nodes_of { my ($c, $role) = @_; return map { 'host=127.0.0.1 user=' . $role . ' dbname=postgres port=' . $c->port($_) } 0, 1 }

# What a sample says that does not change from one moment to the next, of all processes.
sub picture {
	my ($sample) = @_;
	return {map { ("$_->{node} $_->{pid}" => join ' ', map { $_ // '-' } @$_{qw(backend_type user database application_name error)}) }
			@{$sample || []}};
}

sub last_of { my ($run) = @_; my @samples = $run->samples; return $samples[-1] }

# Bytes that a process read or wrote over all samples, by its rates and the time between them.
sub total {
	my ($run, $pid, $column) = @_;
	my ($sum, $before) = (0);
	for my $sample ($run->samples) {
		my $at = seconds($sample->[0]{time});
		my ($row) = grep { $_->{pid} == $pid } @$sample;
		$sum += ($row->{$column} // 0) * ($at - $before) if $row && defined $before;
		$before = $at;
	}
	return $sum;
}

sub proc_errors {
	my ($result) = @_;
	my %errors = map { ($_->{error} // '' => 1) } @{$result->{samples}[-1] || []};
	return sort keys %errors;
}

for my $major (@majors) {
	my $title = $major ? "PostgreSQL $major" : "Debian's PostgreSQL";
	subtest $title => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0 1:0', conf => \@conf);
		$c->psql(0, "$roles $grants");
		my $lsn = $c->psql(0, 'select pg_current_wal_lsn()');
		ok($c->wait_sql(1, "select pg_last_wal_replay_lsn() >= '$lsn'"), 'the standby knows the roles');

		subtest 'the same as the local /proc' => sub {
			my $writer = $c->psql_bg(0, undef, name => 'writer');
			my $pid    = $writer->backend_pid;
			my @to     = ('--no-discover', '-s', 0.5, '--table', 'processes');
			my $here   = PgRepl::Batch->start({}, @to, nodes_of($c, 'postgres'));
			my $there  = PgRepl::Batch->start({}, @to, '--no-local-proc', nodes_of($c, 'reader'));
			ok($_->wait_count(3, 30), 'samples come') or diag $_->tail for $here, $there;
			ok(wait_for(sub {
				my ($a, $b) = map { picture(last_of($_)) } $here, $there;
				keys %$a > 10 && join("\n", map { "$_ $a->{$_}" } sort keys %$a) eq join("\n", map { "$_ $b->{$_}" } sort keys %$b);
			}), 'the same processes of the same types') or is_deeply(picture(last_of($there)), picture(last_of($here)));
			for (['local', $here], ['sql', $there]) {
				my ($source, $run) = @$_;
				my @samples = $run->samples;
				my %sources = map { $_->{io_source} => 1 } map { @$_ } @samples[1 .. $#samples];
				is_deeply([sort keys %sources], [$source], "from $source");
				is_deeply([grep { !defined $_->{wchar_bytes} } @{$samples[-1]}], [], 'with totals');
			}

			# COPY writes so much and nothing else: 8192 bytes a row.
			my ($rounds, $rows) = (20, 1000);
			$writer->send("do \$\$ begin for i in 1..$rounds loop
				execute 'copy (select repeat(''x'', 8191) from generate_series(1, $rows)) to ''/dev/null''';
				perform pg_sleep(0.15); end loop; end \$\$; select 'wrote' || ' all';");
			ok($writer->wait_out(qr/wrote all/, 60), 'a backend writes');
			ok($_->wait_count($_->count + 3, 30), 'and samples follow') for $here, $there;
			$_->end_by('TERM')->finish(10) for $here, $there;
			my $written = $rounds * $rows * 8192;
			for (['local', $here], ['sql', $there]) {
				my ($source, $run) = @$_;
				my $share = total($run, $pid, 'wchar_bytes_per_second') / $written;
				ok($share > 0.75 && $share < 1.25, "$source: the rates are of what was written") or diag "$share of it";
			}
			my ($row) = grep { $_->{pid} == $pid } @{($there->samples)[1]};
			is($row->{error}, undef, 'without an error');
			my @wal = map { [grep { ($_->{backend_type} // '') =~ /^(?:walsender|walreceiver)$/ && defined $_->{wal_lsn} } @{last_of($_)}] } $here, $there;
			is(scalar @{$wal[1]}, scalar @{$wal[0]}, 'positions from titles');
			is(scalar @{$wal[0]}, 2, 'of sender and receiver');
			is(join("\n", $c->complaints(0, 1)), '', 'no server has a complaint');
		};

		my @far = ('--no-discover', '--no-local-proc', '-s', 0.3, '-n', 2, '--table', 'processes');
		my $sql = ' (/proc through SQL)';
		for (['postgres', ''], ['reader', ''],
			['half', "the role needs EXECUTE on pg_read_binary_file$sql"],
			['watcher', "the role needs pg_read_server_files, EXECUTE on pg_read_file, pg_read_binary_file, pg_ls_dir$sql"]) {
			my ($role, $error) = @$_;
			my $run = run_batch(@far, nodes_of($c, $role));
			is_deeply([proc_errors($run)], [$error], $error ? "$role: what is missing is named" : "$role: nothing is missing");
			my %sources = map { $_->{io_source} => 1 } @{$run->{samples}[-1] || []};
			is_deeply([keys %sources], [$error ? 'none' : 'sql'], "$role: the source");
		}
		my $plain = run_batch(@far, nodes_of($c, 'plain'));
		like(join("\n", proc_errors($plain)), qr/the role needs pg_monitor, pg_read_server_files, EXECUTE on/, 'plain: all of it');
		my $off = run_batch(@far, '--no-remote-proc', nodes_of($c, 'postgres'));
		is_deeply([proc_errors($off)], ["turned off by remote-proc$sql"], 'turned off, each row says so');
		is(join("\n", $c->complaints(0, 1)), '', 'none of this was an error for a server');

		subtest 'a right that is taken away' => sub {
			my $run = PgRepl::Batch->start({}, @far[0, 1], '-s', 0.2, '--table', 'processes', nodes_of($c, 'reader'));
			my $checkpointer = sub { my ($row) = grep { ($_->{backend_type} // '') eq 'checkpointer' } @{$_[0]}; $row || {} };
			ok($run->wait_sample(sub { ($checkpointer->($_)->{io_source} // '') eq 'sql' }), 'it is there') or diag $run->tail;
			my $function = 'function pg_read_binary_file(text,bigint,bigint,boolean)';
			$c->psql(0, "revoke execute on $function from reader");
			ok($run->wait_sample(sub { grep { ($_->{error} // '') =~ /^permission denied for function \w+\Q$sql\E/ } @$_ }, from => $run->count),
				'the row says what the server says') or diag $run->tail;
			$run->wait_count($run->count + 5);
			my @complaints = $c->complaints(0, 1);
			cmp_ok(scalar @complaints, '<', 2 * 8, 'servers are not asked at each refresh') or diag join "\n", @complaints;
			$c->psql(0, "grant execute on $function to reader");
			ok($run->wait_sample(sub { ($checkpointer->($_)->{io_source} // '') eq 'sql' }, from => $run->count, timeout => 30),
				'given back, it is there again') or diag $run->tail;
			$run->end_by('TERM')->finish(10);
		};
	};
}

subtest 'sessions come and go' => sub {
	my $c = PgRepl->cluster(spec => '0', conf => \@conf);
	my @comers = map { my $pid = fork // die; if (!$pid) { exec 'sh', '-c', 'while :; do "$@" -c "select 1" >/dev/null 2>&1 || exit; done',
				'sh', $c->psql_command(0) or exit 127 } $pid } 1 .. 4;
	my $run = run_batch('--no-discover', '--no-local-proc', '-s', 0.1, '-n', 40, '--table', 'processes',
		'host=127.0.0.1 user=postgres dbname=postgres port=' . $c->port(0));
	kill 'TERM', @comers;
	waitpid $_, 0 for @comers;
	is(scalar @{$run->{samples}}, 40, 'forty samples') or diag $run->{err};
	my @blank = grep { !grep { ($_->{backend_type} // '') eq 'checkpointer' && $_->{io_source} eq 'sql' } @$_ } @{$run->{samples}};
	is(@blank, 0, 'the checkpointer is in each');
	my @complaints = $c->complaints(0);
	cmp_ok(scalar @complaints, '<=', 2, 'and hardly an error is in the log') or diag join "\n", @complaints;
};

subtest 'PostgreSQL 10 cannot' => sub {
	my $c = PgRepl->cluster(version => 10, spec => '0', conf => \@conf);
	my $run = run_batch('--no-discover', '--no-local-proc', '-n', 1, '--table', 'processes',
		'host=127.0.0.1 user=postgres dbname=postgres port=' . $c->port(0));
	is_deeply([proc_errors($run)], ['not before PostgreSQL 11 (/proc through SQL)'], 'each row says so');
	is(join("\n", $c->complaints(0)), '', 'and it was not tried');
};

done_testing;
