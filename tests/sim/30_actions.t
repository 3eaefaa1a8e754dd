#!/usr/bin/perl
# Actions on servers that hang, go away or refuse: each target has its own answer, no server holds the others, and the keys
# stay live meanwhile.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use PgRepl qw(wait_for csv_hashes);
use PgRepl::Peer;
use PgRepl::Tmux;

my $pid = 90_000_002; # of the session that each peer shows
my $dir = File::Temp->newdir('pgrepltop-acts.XXXXXX', TMPDIR => 1);

sub sees {
	my ($t, $pattern, $what, $timeout) = @_;
	return ok($t->wait_screen($pattern, $timeout), $what) || diag $t->screen;
}

# A screen with a peer a line, on which the session of each is tagged.
sub tagged {
	my ($log, @peers) = @_;
	my $t = PgRepl::Tmux->new(width => 150, height => 40,
		command => [PgRepl::program, '--no-discover', '-s', '0.3', '--action-log', $log, map { $_->conninfo } @peers]);
	for my $peer (@peers) {
		my $port = $peer->port;
		$t->send_keys('Home');
		for (1 .. 4 * @peers) {
			last if $t->wait_screen(qr/ processes of 127\.0\.0\.1:$port .*^ *90000\S*[ *]client/ms, 1);
			$t->send_keys('Down');
		}
		$t->send_keys('Tab', 'End', 'Space');
		sees($t, qr/ processes of 127\.0\.0\.1:$port .*^ *90000\S*\*client/ms, "the session on $port is tagged");
		$t->send_keys('Tab');
	}
	$t->send_keys('Tab');
	return $t;
}

sub answers {
	my ($log) = @_;
	my @rows = csv_hashes(do { local (@ARGV, $/) = $log; <> });
	return {map { $_->{node} => $_->{answer} } grep { $_->{state} eq 'answer' } @rows},
		{map { $_->{node} => 1 } grep { $_->{state} eq 'asked' } @rows};
}

subtest 'one hangs, one goes away, one refuses, one answers' => sub {
	my @peers = map { PgRepl::Peer->new(last => 'each', fault => $_) } qw(act_silent act_close act_error none);
	my ($silent, $closed, $denied, $good) = map { '127.0.0.1:' . $_->port } @peers;
	my $log = "$dir/four.csv";
	my $t = tagged($log, @peers);
	$t->send_keys('C');
	sees($t, qr/Cancel what 4 tagged processes do\?/, 'C asks for all four');
	$t->send_keys('y');
	sees($t, qr/on \Q$silent\E .*waiting.*on \Q$good\E .*pg_cancel_backend returned t/s, 'one has answered while another hangs');
	$t->send_keys('Escape');
	sees($t, qr/\A(?!.*Results)/s, 'the box is closed meanwhile');
	$t->send_keys('?');
	sees($t, qr/ Help /, 'and keys do what they do');
	$t->send_keys('Escape');
	ok(wait_for(sub { my ($answers) = answers($log); keys %$answers == 4 }, 30), 'all four answers are logged');
	my ($answers, $asked) = answers($log);
	is(keys %$asked, 4, 'each was written down before it was sent');
	is($answers->{$silent}, 'no answer within 3 s; it may have been done', 'the one that hangs');
	like($answers->{$closed}, qr/^server closed the connection unexpectedly; it may have been done$/, 'the one that went away');
	is($answers->{$denied}, 'not permitted: permission denied to cancel query', 'the one that refused');
	is($answers->{$good}, 'pg_cancel_backend returned t', 'and the one that did it');
	is(scalar(my @acts = $_->events('act')), 1, 'one statement to ' . $_->port) for @peers;
};

subtest 'no connection for the action' => sub {
	my $peer = PgRepl::Peer->new(last => 'each');
	my $log = "$dir/one.csv";
	my $t = tagged($log, $peer);
	$t->send_keys('K');
	sees($t, qr/Terminate 1 tagged process\?|Terminate the session of PID $pid/, 'asked');
	$peer->fault('silent');
	$t->send_keys('y');
	sees($t, qr/terminate pid $pid .*not sent, no answer within 3 s/, 'it is said that nothing was sent', 20);
	is(scalar(my @acts = $peer->events('act')), 0, 'and nothing was');
	$peer->heal;
	$t->send_keys('K', 'y');
	sees($t, qr/terminate pid $pid .*pg_terminate_backend returned t/, 'healed, it is done');
};

subtest 'the program ends before the answer' => sub {
	my $peer = PgRepl::Peer->new(last => 'each', fault => 'act_silent');
	my $log = "$dir/end.csv";
	my $t = tagged($log, $peer);
	$t->send_keys('C', 'y');
	ok(wait_for(sub { $peer->events('act') }), 'it is sent');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'the program ends at once');
	my ($answers) = answers($log);
	is_deeply([values %$answers], ['the program ended before the answer came; it may have been done'], 'and the log says so');
};

done_testing;
