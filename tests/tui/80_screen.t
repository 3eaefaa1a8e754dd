#!/usr/bin/perl
# What a person does with the screen in a real terminal: freezes it, sets the delay; and what of it a recording has.
use strict;
use warnings;
use File::Temp ();
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Tmux;

my $patience = 30;
my $c = PgRepl->cluster(spec => '0=p1 1:0=s1');

sub name { my ($node) = @_; return '127.0.0.1:' . $c->port($node) }
my ($p1, $s1) = map { quotemeta name($_) } 0, 1;

sub on_screen {
	my (%how) = @_;
	my $t = PgRepl::Tmux->new(width => $how{width} // 140, height => $how{height} // 40, term => $how{term},
		command => [PgRepl::program, '--no-discover', @{$how{arguments} // ['-s', '0.5']},
			map { 'host=127.0.0.1 user=postgres dbname=postgres port=' . $c->port($_) } 0, 1]);
	sees($t, qr/2\/2 nodes/, 'both nodes are there');
	return $t;
}

# Waits for a screen, and shows it where it does not come.
sub sees {
	my ($t, $pattern, $what) = @_;
	return ok($t->wait_screen($pattern, $patience), $what) || diag $t->screen;
}

subtest 'a frozen screen' => sub {
	my $t = on_screen(arguments => ['-s', '0.2']);
	my $victim = $c->psql_bg(0, undef, name => 'victim');
	my $pid    = $victim->backend_pid;
	$t->send_keys('2');
	sees($t, qr/^ *$pid +$p1 +client backend /m, 'a session');
	sees($t, qr/^ *\d+ +$s1 +checkpointer /m, 'the other node is read, too');
	$t->send_keys('z');
	sees($t, qr/FROZEN since \d\d:\d\d:\d\dZ/, 'z freezes');
	my ($since) = $t->screen =~ /FROZEN since (\S+)/;
	my $later    = $c->psql_bg(0, undef, name => 'later');
	my $new      = $later->backend_pid;
	my $observer = on_screen(arguments => ['-s', '0.2']);
	$observer->send_keys('2');
	sees($observer, qr/^ *$new +$p1 +client backend /m, 'another screen shows a session that came later');
	$observer->send_keys('q');
	unlike($t->screen, qr/^ *$new /m, 'the frozen one does not');
	$t->send_keys('Enter');
	sees($t, qr/FROZEN since $since\n(?s:.*)z Unfreeze .*Esc Back/, 'another view is frozen, too');
	$t->send_keys('5');
	$c->stop(1);
	ok((wait_for { $c->psql(0, 'select count(*) from pg_stat_replication') eq '0' } $patience), 'a standby stops');

	$t->send_keys('2', '\\');
	sees($t, qr/^filter:/m, 'the process of before');
	$t->type("pid=$pid");
	$t->send_keys('Enter', 'End', 'K');
	sees($t, qr/frozen since $since: what it shows\W.*may\W.*have\W.*changed/s, 'the confirmation says that the screen is frozen');
	$c->psql(0, "select pg_terminate_backend($pid)");
	ok((wait_for { $c->psql(0, "select count(*) from pg_stat_activity where pid = $pid") eq '0' } $patience), 'the session ends');
	$t->send_keys('y');
	sees($t, qr/terminate pid $pid .*: gone/, 'and the action finds that it is gone');
	like($t->screen, qr/^ *$pid .*FROZEN|FROZEN since $since(?s:.*)^ *$pid /m, 'the screen still has it');

	$t->send_keys('z');
	sees($t, qr/every 200ms/, 'z again shows the newest');
	sees($t, qr/0 of \d+ /, 'without the session');
	$t->send_keys('\\', 'C-u', 'Enter');
	sees($t, qr/^ *$new +$p1 +client backend /m, 'and with the one that came later');
	$t->send_keys('5');
	sees($t, qr/\Q@{[name(1)]}\E +(?:lost|disconnected|state)/, 'what happened meanwhile is among the events');
	$t->send_keys('q');
	is($t->wait_exit($patience), 0, 'and it ends well');
	$c->start(1);
};

subtest 'the delay' => sub {
	my $t = on_screen(arguments => ['-s', '3600']);
	sees($t, qr/every 1h|every 3600|every 60m/, 'an hour');
	$t->send_keys('2');
	my $session = $c->psql_bg(0, undef, name => 'session');
	my $pid     = $session->backend_pid;
	$t->send_keys('s');
	sees($t, qr/^seconds between samples: 3600/m, 's asks, beginning with what holds');
	$t->send_keys('C-u')->type('0')->send_keys('Enter');
	sees($t, qr/"0" is no delay: expected 0\.1 to 3600 seconds/, 'what is wrong is said');
	$t->send_keys('C-u')->type('0.3')->send_keys('Enter');
	sees($t, qr/every 300ms/, 'the header follows');
	sees($t, qr/^ *$pid +$p1 +client backend /m, 'and so do the samples, at once');
	$t->send_keys('q');
};

subtest 'a recording' => sub {
	my $place   = File::Temp->newdir('pgrepltop-screen.XXXXXX', DIR => '/tmp');
	my $dir     = "$place/recording";
	my $samples = sub {
		open my $in, '<', "$dir/samples.csv" or return 0;
		return scalar(() = <$in>);
	};
	my $t = on_screen(arguments => ['-s', '0.2', '--record', $dir]);
	$t->send_keys('z');
	sees($t, qr/FROZEN since/, 'the screen is frozen');
	my $then = $samples->();
	ok((wait_for { $samples->() > $then + 3 } $patience), 'and the recording goes on');
	$t->send_keys('q');
	is($t->wait_exit($patience), 0, 'it ends well');

	$t = PgRepl::Tmux->new(width => 140, height => 40, command => [PgRepl::program, '--replay', $dir]);
	sees($t, qr/^REPLAY /m, 'it is played');
	$t->send_keys('z');
	sees($t, qr/this is a recording: Space stops it where it is/, 'z says what stops it');
	$t->send_keys('Space', '2', '/');
	sees($t, qr/^search:/m, 'it can be searched');
	$t->type('checkpointer')->send_keys('Enter', 'f');
	sees($t, qr/ Columns .*\[x\] PID/s, 'and has the columns');
	$t->send_keys('Enter', 'G');
	sees($t, qr/^REPLAY .*\n^go to \(UTC\):/m, 'a time is asked for');
	$t->type('100%')->send_keys('Enter');
	sees($t, qr/^REPLAY .* end /m, 'and gone to');
	$t->send_keys('q');
	is($t->wait_exit($patience), 0, 'it ends well, too');
};

done_testing;
