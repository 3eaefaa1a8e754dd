#!/usr/bin/perl
# /proc through SQL with a server that does not answer it, or with an error: the node's positions come as before, at most
# one statement is out at a time, and nothing is asked that is not wanted. Judged by what the server saw, in its order.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_batch wait_for);
use PgRepl::Batch qw(config_file);
use PgRepl::Peer;

my $own     = 90_000_000;    # the peer's pids
my $backend = $own + 2;
my $config  = config_file('[connection]', 'query-timeout = 1');
my @quick   = ('--config', "$config", '-s', 0.2, '--no-discover');

sub peer { return PgRepl::Peer->new(last => 'activity', can_read_files => 1, @_) }

sub row_of {
	my ($sample, $pid) = @_;
	my ($row) = grep { $_->{pid} == $pid } @$sample;
	return $row || {map { $_ => '' } qw(io_source error)};
}

subtest 'a server that never answers it' => sub {
	my $peer = peer(fault => 'processes_silent');
	my $run  = PgRepl::Batch->start({}, @quick, '--table', 'processes', $peer->conninfo);
	ok(wait_for(sub { my @asked = $peer->events('processes'); @asked >= 1 }), 'is asked');
	ok($run->wait_sample(sub { row_of($_, $backend)->{error} =~ /the server does not answer \(\/proc through SQL\)/ }),
		'the row says that it does not answer') or diag $run->tail;
	ok(wait_for(sub { my @asked = $peer->events('processes'); @asked >= 2 }), 'is asked again');
	$run->end_by('TERM');
	$run->finish(10);

	my @events = $peer->events;
	my ($first) = grep { $events[$_]{event} eq 'processes' } 0 .. $#events;
	my ($second) = grep { $_ > $first && $events[$_]{event} eq 'processes' } 0 .. $#events;
	my @polls = grep { $_->{event} eq 'poll' } @events[$first .. $second];
	cmp_ok(scalar @polls, '>=', 3, 'its positions were asked for, and answered, all the while');
	my %of_polls = map { $_->{connection} => 1 } grep { $_->{event} eq 'poll' } @events;
	is(scalar keys %of_polls, 1, 'on one connection that stayed');
	my @out;
	my %waiting;
	for (@events) {
		next if $of_polls{$_->{connection}};
		$waiting{$_->{connection}} = 1 if $_->{event} eq 'accept';
		delete $waiting{$_->{connection}} if $_->{event} =~ /^(?:eof|terminate)$/;
		push @out, scalar keys %waiting;
	}
	is(scalar(grep { $_ > 1 } @out), 0, 'and beside it there was never more than one');
	my %statements;
	$statements{$_->{connection}}++ for grep { $_->{event} eq 'processes' } @events;
	is_deeply([grep { $_ != 1 } values %statements], [], 'with one statement');
};

subtest 'a server on which processes exit while they are read' => sub {
	my $peer = peer(fault => 'processes_error');
	my $run  = PgRepl::Batch->start({}, @quick, '--table', 'processes', $peer->conninfo);
	ok($run->wait_sample(sub { row_of($_, $own)->{io_source} eq 'sql' && @{$_} > 1 }), 'what stays is shown')
		or diag $run->tail;
	ok($run->wait_count($run->count + 3), 'and goes on');
	my $last = ($run->samples)[-1];
	like(row_of($last, $backend)->{error}, qr/^not read, processes come and go too fast/, 'the rest says why not');
	is(scalar(grep { row_of($_, $own)->{io_source} ne 'sql' } $run->samples), 0, 'no sample was without');
	$run->end_by('TERM');
	$run->finish(10);
	my @asked = map { grep { /processes|long_lived/ } @{$_->{executed}} } $peer->events('processes');
	is_deeply([@asked[0 .. 2]], ['processes', 'processes', 'long_lived'], 'it is asked twice, then for those that stay');
	cmp_ok(scalar @asked, '>', 4, 'further answers came');
	is(scalar(grep { $_ eq 'processes' } @asked), 2, 'and no further error was provoked');
};

subtest 'a server that answers' => sub {
	my $peer = peer();
	my $run = run_batch(@quick, '--table', 'processes', '-n', 3, $peer->conninfo);
	is(scalar @{$run->{samples}}, 3, 'three samples');
	is(scalar(grep { row_of($_, $own)->{io_source} ne 'sql' } @{$run->{samples}}), 0, 'each with what it read');
	my %connections = map { $_->{connection} => 1 } $peer->events('accept');
	is(scalar keys %connections, 2, 'by two connections');
};

subtest 'what is not wanted is not asked for' => sub {
	my $peer = PgRepl::Peer->new(can_read_files => 1);
	my $run = run_batch(@quick, '-n', 3, $peer->conninfo);
	is($run->{status}, 0, 'nodes alone') or diag $run->{err};
	my $off = peer();
	my $without = run_batch(@quick, '--no-remote-proc', '--table', 'processes', '-n', 3, $off->conninfo);
	like(row_of($without->{samples}[-1], $backend)->{error}, qr/turned off by remote-proc/, 'turned off, the row says so');
	for ($peer, $off) {
		my @asked = $_->events('processes');
		my @accepted = $_->events('accept');
		is(@asked, 0, 'nothing was asked');
		is(@accepted, 1, 'and there was one connection');
	}
};

done_testing;
