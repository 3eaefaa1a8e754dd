#!/usr/bin/perl
# Every fault of a server beside a healthy one: the healthy one's row stays fresh, the other's says what is wrong with
# it, and is well again when the server is.
use strict;
use warnings;
use Test::More;
use PgRepl;
use PgRepl::Batch qw(row config_file);
use PgRepl::Peer;
use Time::HiRes 'time';

# What the row says: fault => [state, error]. `after` refreshes go well first.
my $silent = qr/^(connected, but )?the server does not answer$/;
my $closed = qr/^server closed the connection unexpectedly$/;
my $ended  = qr/^FATAL: +terminating connection due to administrator command$/;
my @faults = (
	[silent           => 'no answer',   $silent],
	[ssl_silent       => 'no answer',   $silent],
	[ssl_no_silent    => 'no answer',   $silent],
	[hello_half       => 'no answer',   $silent],
	[hello_storm      => 'no answer',   $silent],
	[identity_silent  => 'no answer',   $silent],
	[poll_silent      => 'no answer',   $silent],
	[half_result      => 'no answer',   $silent],
	[half_message     => 'no answer',   $silent],
	[poll_drip        => 'no answer',   $silent],
	[poll_silent      => 'no answer',   $silent, after => 3],
	[half_result      => 'no answer',   $silent, after => 3],
	[half_message     => 'no answer',   $silent, after => 3],
	[close            => 'down',        $closed],
	[reset            => 'down',        qr/^($closed|Connection reset by peer|could not .*: Connection reset by peer)$/],
	[poll_close       => 'down',        $closed],
	[poll_close       => 'down',        $closed, after => 3],
	[half_close       => 'down',        $closed, after => 3],
	[poll_fatal       => 'down',        $ended],
	[poll_fatal       => 'down',        $ended, after => 3],
	[idle_fatal       => 'down',        $ended],
	[starting_up      => 'unavailable', qr/^FATAL: +the database system is starting up$/],
	[shutting_down    => 'unavailable', qr/^FATAL: +the database system is shutting down$/],
	[recovery_mode    => 'unavailable', qr/^FATAL: +the database system is in recovery mode$/],
	[not_accepting    => 'unavailable', qr/^FATAL: +the database system is not accepting connections$/],
	[not_yet          => 'unavailable', qr/^FATAL: +the database system is not yet accepting connections$/],
	[too_many         => 'unavailable', qr/^FATAL: +sorry, too many clients already$/],
	[slots_reserved   => 'unavailable', qr/^FATAL: +remaining connection slots are reserved/],
	[wrong_password   => 'denied',      qr/^FATAL: +password authentication failed for user "monitor"$/],
	[wants_password   => 'denied',      qr/no password supplied$/],
	[no_hba_entry     => 'denied',      qr/^FATAL: +no pg_hba.conf entry for host "127.0.0.1", user "monitor", database "postgres"/],
	[no_role          => 'denied',      qr/^FATAL: +role "monitor" does not exist$/],
	[no_database      => 'denied',      qr/^FATAL: +database "postgres" does not exist$/],
	[hostile_error    => 'denied',      qr/^FATAL: +no\W*2J/],
	[identity_error   => 'denied',      qr/^permission denied for function pg_control_system$/],
	[identity_columns => 'denied',      qr/^the server answered the identity query with 0 rows of 1 columns$/],
	[poll_error       => 'denied',      qr/^canceling statement due to statement timeout$/],
	[poll_error       => 'running',     qr/^canceling statement due to statement timeout$/, after => 3],
	[garbage_first    => 'denied',      qr/^received invalid response to SSL negotiation/],
	[ssl_garbage      => 'denied',      qr/^received invalid response to SSL negotiation/],
	[hello_garbage    => 'denied',      qr/^expected authentication request from server/],
	[hello_huge       => 'denied',      qr/^expected authentication request from server/],
	[poll_garbage     => 'down',        qr/lost synchronization with server/],
	[poll_garbage     => 'down',        qr/lost synchronization with server/, after => 3],
	[poll_huge        => 'down',        qr/lost synchronization with server/],
	[poll_negative    => 'down',        qr/lost synchronization with server/],
);

my $config  = config_file('[connection]', 'connect-timeout = 0.8', 'query-timeout = 1.5');
my @options = ('--config', "$config", '-w', '--no-discover', '-s', '0.2');

# The healthy rows are at most this old: far above what a loaded machine needs, far below the faulty server's timeouts
# would they all add up.
my $fresh = 1;

sub is_fresh {
	my ($port, $what, @samples) = @_;
	my @stale = grep { my $row = row($_, $port); $row->{state} ne 'running' || $row->{age_seconds} > $fresh } @samples;
	ok(@samples && !@stale, "$what: the healthy node is fresh in every sample")
		or diag explain [map { row($_, $port) } @stale[0 .. ($#stale > 2 ? 2 : $#stale)]];
	return;
}

# One line of valid UTF-8 without controls, which does not repeat itself.
sub is_sane {
	my ($error) = @_;
	my $text = $error // '';
	return utf8::decode($text) && length $text && length $text < 300 && $text !~ /[\x00-\x1f\x7f-\x9f]/;
}

my $healthy = PgRepl::Peer->new;

sub check_faults {
	my @running = map {
		my ($fault, $state, $error, %how) = @$_;
		my $peer = PgRepl::Peer->new(fault => $fault, after => $how{after} // 0);
		my $run  = PgRepl::Batch->start({}, @options, $healthy->conninfo, $peer->conninfo);
		{peer => $peer, run => $run, state => $state, error => $error,
			name => $fault . ($how{after} ? " after $how{after} refreshes" : '')};
	} @_;
	for (@running) {
		my ($peer, $run, $name, $state, $error) = @$_{qw(peer run name state error)};
		my $bad = $run->wait_sample(sub { my $row = row($_, $peer->port); $row->{state} eq $state && ($row->{error} // '') =~ $error });
		ok($bad, "$name: $state, and why") or diag $run->tail;
		$_->{seen} = $run->count;
	}
	for (@running) {
		my ($peer, $run, $name) = @$_{qw(peer run name)};
		$run->wait_count($_->{seen} + 5); # the reason stays while it is tried again and again
		my @unexplained = grep { my $row = row($_, $peer->port); $row->{state} ne 'running' && !is_sane($row->{error}) }
			$run->samples;
		ok(!@unexplained, "$name: the row never lacks a reason, in sane text")
			or diag explain row($unexplained[0], $peer->port);
		$peer->heal->drop;
	}
	for (@running) {
		my ($peer, $run, $name) = @$_{qw(peer run name)};
		my $good = $run->wait_sample(sub {
				my $row = row($_, $peer->port);
				$row->{state} eq 'running' && !defined $row->{error} && ($row->{age_seconds} // 99) < $fresh;
			}, from => $run->count, timeout => 30);
		ok($good, "$name: healed, it comes back by itself") or diag $run->tail;
		is_fresh($healthy->port, $name, $run->samples);
		my $start = time;
		is($run->end_by('TERM')->finish(10), -15, "$name: a signal ends it");
		cmp_ok(time - $start, '<', 5, "$name: at once");
		is($run->err, '', "$name: nothing on standard error");
		$peer->cleanup;
	}
	return;
}

# Not all at once, so that a small machine is busy and not swamped.
while (my @some = splice @faults, 0, 16) {
	check_faults(@some);
}

subtest 'nobody listens' => sub {
	my $port = PgRepl::free_ports(1);
	my $run  = PgRepl::Batch->start({}, @options, $healthy->conninfo, "host=127.0.0.1 port=$port");
	ok($run->wait_sample(sub { my $row = row($_, $port); $row->{state} eq 'down' && $row->{error} eq 'Connection refused' }),
		'down, Connection refused')
		or diag $run->tail;
	$run->wait_count(8);
	is_fresh($healthy->port, 'refused', $run->samples);
	my @all = $run->samples;
	my $row = row($all[-1], $port);
	is($row->{role}, 'unknown', 'its role is not known');
	ok(!grep({ defined $row->{$_} } qw(cluster timeline replay_lsn lag_bytes age_seconds)), 'and neither is anything else');
	$run->end_by('INT');
	is($run->finish(10), -2, 'SIGINT ends it');
};

subtest 'a storm of notices' => sub {
	my $peer = PgRepl::Peer->new(fault => 'notice_storm');
	my $run  = PgRepl::Batch->start({}, @options, $healthy->conninfo, $peer->conninfo);
	$run->wait_count(15);
	is_fresh($healthy->port, 'storm', $run->samples);
	is_fresh($peer->port, 'itself', $run->samples);
	my ($resident) = map { /^VmRSS:\s+(\d+)/ ? $1 : () } do { open my $in, '<', "/proc/$run->{pid}/status"; <$in> };
	$run->wait_count($run->count + 15);
	my ($later) = map { /^VmRSS:\s+(\d+)/ ? $1 : () } do { open my $in, '<', "/proc/$run->{pid}/status"; <$in> };
	cmp_ok($later, '<', $resident + 30_000, 'memory does not grow with it');
	is($run->end_by('TERM')->finish(10), -15, 'a signal ends it');
	is($run->err, '', 'and nothing of it reaches standard error');
};

subtest 'all of them together' => sub {
	my @peers = map { PgRepl::Peer->new(fault => $_) } PgRepl::Peer::faults();
	my $start = time;
	my $run   = PgRepl::Batch->start({}, @options, '-n', 20, $healthy->conninfo, map { $_->conninfo } @peers);
	is($run->finish(40), 0, 'it ends by itself, and well');
	my $took = time - $start;
	cmp_ok($took, '<', 20, sprintf 'in time (%.1f s)', $took);
	is(scalar(my @samples = $run->samples), 20, 'with as many samples as asked for');
	is_fresh($healthy->port, 'all', @samples);
	is(scalar(grep { my $sample = $_; grep { row($sample, $_->port)->{state} eq '' } @peers } @samples), 0,
		'every node has its row in every sample');
	is($run->err, '', 'nothing on standard error');
};

done_testing;
