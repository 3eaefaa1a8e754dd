#!/usr/bin/perl
# What goes over the wire: who we say we are, one round trip a refresh, statements prepared once, and no password where
# anybody could see it.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_batch wait_for);
use PgRepl::Batch qw(row config_file);
use PgRepl::Peer;

subtest 'the start-up message' => sub {
	my $peer   = PgRepl::Peer->new;
	my $result = run_batch({env => {PGAPPNAME => 'somebody', PGOPTIONS => '-c work_mem=1MB'}}, '-n', 1, '--no-discover',
		$peer->conninfo('application_name=other'));
	is($result->{status}, 0, 'a sample is written') or diag $result->{err};
	my ($startup) = $peer->events('startup');
	my $sent = $startup->{parameters};
	is($sent->{application_name}, 'pgrepltop', 'we are pgrepltop, whatever the environment says');
	is($sent->{user},             'monitor',   'as the user that was asked for');
	is($sent->{database},         'postgres',  'in the database postgres by default');
	is($sent->{client_encoding},  'UTF8',      'in UTF-8');
	ok(!exists $sent->{replication}, 'it is no replication connection');
	for my $option ('search_path=pg_catalog', 'statement_timeout=\d+', 'lock_timeout=\d+',
		'idle_in_transaction_session_timeout=\d+', 'default_transaction_read_only=on', 'work_mem=1MB') {
		like($sent->{options}, qr/(^| )-c $option( |$)/, "options hold $option");
	}
	unlike($sent->{options}, qr/jit/, 'and no jit, which would end a connection to 10');
	is(scalar(my @all = $peer->events('accept')), 1, 'one connection');
	is(scalar(@all = $peer->events('terminate')), 1, 'which is ended properly');
};

# Versions whose queries differ; the peer tells its version, and no more.
for my $version ('10.23', '11.22', '12.22', '15.4', '18.0', '99.1') {
	subtest "one round trip a refresh, $version" => sub {
		my $peer = PgRepl::Peer->new(version => $version);
		my $result = run_batch('-n', 6, '-s', 0.1, '--no-discover', $peer->conninfo);
		is($result->{status}, 0, 'samples are written') or diag $result->{err};
		is(scalar @{$result->{samples}}, 6, 'six of them');
		is(row($result->{samples}[-1], $peer->port)->{version}, $version, 'of the version it says');
		my @polls = $peer->events('poll');
		cmp_ok(scalar @polls, '>=', 6, 'a refresh each');
		cmp_ok(scalar @polls, '<=', 9, 'and hardly more');
		my %executed = map { join(' ', @{$_->{executed}}) => 1 } @polls;
		is_deeply([keys %executed], ['node slots senders'], 'each asks all things, before it has an answer');
		is_deeply($polls[0]{prepared}, ['node', 'slots', 'senders'], 'the first prepares the statements');
		is_deeply([map { @{$_->{prepared}} } @polls[1 .. $#polls]], [], 'and no other one does');
		is_deeply([map { $_->{syncs} } @polls[1 .. $#polls]], [(3) x $#polls], 'nothing else is sent');
		my ($identity, @more) = $peer->events('identity');
		is(@more, 0, 'who the server is, is asked once');
		is(scalar @{$identity->{executed}}, $version =~ /^10/ ? 1 : 2, 'with SET jit in the same trip where there is one');
		is(scalar(() = $peer->events('simple query')), 0, 'no simple query');
	};
}

subtest 'processes are asked for when they are shown' => sub {
	my $peer   = PgRepl::Peer->new(last => 'activity');
	my $result = run_batch('-n', 3, '-s', 0.1, '--no-discover', '--table', 'processes', $peer->conninfo);
	is($result->{status}, 0, 'samples are written') or diag $result->{err};
	my @polls = $peer->events('poll');
	cmp_ok(scalar @polls, '>=', 3, 'refreshes');
	my %executed = map { join(' ', @{$_->{executed}}) => 1 } @polls;
	is_deeply([keys %executed], ['node slots senders activity'], 'each in one round trip');
	is_deeply([map { @{$_->{prepared}} } @polls], [qw(node slots senders activity)], 'each statement is prepared once');
	is($result->{rows}[0]{query}, 'select 1', 'a row of it');
	is($result->{rows}[0]{io_source}, 'none', 'whose process is not of this host');
};

subtest 'a new connection prepares anew' => sub {
	my $peer = PgRepl::Peer->new;
	my $run  = PgRepl::Batch->start({}, '-s', 0.2, '--no-discover', $peer->conninfo);
	ok($run->wait_sample(sub { row($_, $peer->port)->{state} eq 'running' }), 'running');
	$peer->drop;
	ok($run->wait_sample(sub { row($_, $peer->port)->{state} eq 'down' }, from => $run->count - 1), 'lost') or diag $run->tail;
	ok($run->wait_sample(sub { row($_, $peer->port)->{state} eq 'running' }, from => $run->count), 'and back');
	$run->end_by('TERM')->finish(5);
	my %prepared;
	push @{$prepared{$_->{connection}}}, @{$_->{prepared}} for $peer->events('poll');
	is_deeply([values %prepared], [(['node', 'slots', 'senders']) x 2], 'each of the two connections prepared once');
};

subtest 'a statement that failed is prepared again' => sub {
	my $peer = PgRepl::Peer->new(fault => 'poll_error', after => 2);
	my $run  = PgRepl::Batch->start({}, '-s', 0.2, '--no-discover', $peer->conninfo);
	ok($run->wait_sample(sub { row($_, $peer->port)->{error} }), 'a refresh fails, and the row says it') or diag $run->tail;
	is(scalar(my @all = $peer->events('accept')), 1, 'the connection stays');
	$run->end_by('TERM')->finish(5);
};

subtest 'a server newer than the program' => sub {
	my $known = PgRepl::Peer->new(version => '18.4');
	my $newer = PgRepl::Peer->new(version => '19.0');
	my $result = run_batch('-n', 3, '-s', 0.1, '--no-discover', $known->conninfo, $newer->conninfo);
	is($result->{status}, 0, 'samples are written') or diag $result->{err};
	is($result->{err}, '', 'and nothing is said on standard error');
	for my $sample (@{$result->{samples}}) {
		my $row = row($sample, $newer->port);
		is_deeply([@$row{qw(state role version)}], ['running', 'primary', '19.0'], 'it is shown as every other');
		ok(defined $row->{flush_lsn}, 'with its values');
		is($row->{error}, 'PostgreSQL 19 is newer than this program knows (18)', 'and a notice');
	}
	is(row($result->{samples}[-1], $known->port)->{error}, undef, 'which a known version has not');

	# What is gone from the newer version is said behind it, and the rest is shown.
	my $changed = PgRepl::Peer->new(version => '19.0', fault => 'senders_error');
	$result = run_batch('-n', 2, '-s', 0.1, '--no-discover', $changed->conninfo);
	is($result->{status}, 0, 'a query that fails there fails alone') or diag $result->{err};
	my $row = row($result->{samples}[-1], $changed->port);
	is($row->{state}, 'running', 'the node is running');
	is($row->{error}, 'PostgreSQL 19 is newer than this program knows (18); column s.reply_time does not exist', 'and both are said');
};

subtest 'too old a server' => sub {
	my $peer   = PgRepl::Peer->new(version => '9.6.24');
	my $result = run_batch('-n', 1, '--no-discover', $peer->conninfo);
	is($result->{status}, 1, 'status 1: nothing could be reached');
	my ($row) = PgRepl::csv_hashes($result->{out});
	is($row->{state}, 'denied', 'denied');
	like($row->{error}, qr/PostgreSQL 10/, 'for it must be 10 at least');
	like($result->{err}, qr/PostgreSQL 10/, 'which standard error says too');
};

subtest 'passwords' => sub {
	my $secret  = 'SECRETXYZ';
	my $healthy = PgRepl::Peer->new;
	my %ways = (
		'a connection string' => [{}, ["password=$secret"]],
		'a quoted one'        => [{}, ["password = '$secret'"]],
		'a URI'               => [{}, undef],
		'PGPASSWORD'          => [{PGPASSWORD => $secret}, ['']],
	);
	for my $way (sort keys %ways) {
		my ($env, $more) = @{$ways{$way}};
		my $peer = PgRepl::Peer->new(fault => 'wants_password');
		my @node = $more ? $peer->conninfo(@$more) : "postgresql://monitor:$secret\@127.0.0.1:" . $peer->port . '/postgres';
		my $run  = PgRepl::Batch->start({env => $env}, '-w', '-s', 0.2, '--no-discover', $healthy->conninfo, @node);
		ok($run->wait_sample(sub { row($_, $peer->port)->{state} eq 'denied' }), "$way: refused") or diag $run->tail;
		my ($got) = $peer->events('password');
		is($got->{password}, $secret, "$way: the password reached the server");
		open my $in, '<', "/proc/$run->{pid}/cmdline" or die $!;
		my $command = do { local $/; <$in> };
		like($command, qr/pgrepltop/, "$way: its command line can be read");
		unlike($command, qr/$secret/, "$way: and holds no password");
		$run->end_by('TERM')->finish(5);
		unlike($run->out . $run->err, qr/$secret/, "$way: nor does any output");
	}
	my $peer   = PgRepl::Peer->new;
	my $result = run_batch('-w', '-n', 1, "host=127.0.0.1 port=" . $peer->port . " password=$secret nosuchoption=1");
	is($result->{status}, 2, 'a bad connection string is refused');
	unlike($result->{err}, qr/$secret/, 'without its password in the message');
	$result = run_batch('-w', '-n', 1, "host=127.0.0.1 port=x password=$secret");
	is($result->{status}, 2, 'a bad port too');
	unlike($result->{err}, qr/$secret/, 'and so');
	$result = run_batch('-w', '-n', 1, "host=127.0.0.1 password='$secret");
	is($result->{status}, 2, 'and an open quote');
	unlike($result->{err}, qr/$secret/, 'as well');
	$result = run_batch('-w', '-n', 1, "postgresql://monitor:$secret\@127.0.0.1:99999/postgres");
	is($result->{status}, 2, 'and a bad URI');
	unlike($result->{err}, qr/$secret/, 'as well');
};

subtest 'a slow part does not stop the others' => sub {
	# With the timeouts as they are without a configuration.
	my $healthy = PgRepl::Peer->new;
	my @silent  = map { PgRepl::Peer->new(fault => $_) } qw(silent ssl_no_silent identity_silent);
	my $lost    = PgRepl::Peer->new(fault => 'half_message', after => 3);
	my $run = PgRepl::Batch->start({}, '-w', '-n', 10, '-s', 0.3, '--no-discover', $healthy->conninfo,
		$lost->conninfo, map { $_->conninfo } @silent);
	is($run->finish(20), 0, 'it ends by itself');
	my @samples = $run->samples;
	is(scalar @samples, 10, 'with ten samples');
	is(scalar(grep { row($_, $healthy->port)->{age_seconds} < 1 } @samples), 10, 'the healthy node is fresh in each');
	is(scalar(grep { my $sample = $_; grep { row($sample, $_->port)->{state} ne 'no answer' } @silent } @samples), 0,
		'the silent ones are known to be by the first one');
};

done_testing;
