#!/usr/bin/perl
# The views that fill the screen: commits that hang for want of standbys, what changed, and all of one node.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Tmux;

my $c = PgRepl->cluster(spec => '0 1:0 2:0 3:0', sync => 'ANY 2 (*)');
$c->psql(0, 'create table t (i int)');
$c->psql(0, q{create role plain login});

sub on_screen {
	my $t = PgRepl::Tmux->new(width => 120, height => 36,
		command => [PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres', '-s', '0.3', @_]);
	$t->wait_screen(qr/4\/4 nodes/) or diag $t->screen;
	return $t;
}

sub name { my ($node) = @_; return '127.0.0.1:' . $c->port($node) }

# Waits for a screen, and shows it where it does not come.
sub sees {
	my ($t, $pattern, $what) = @_;
	return ok($t->wait_screen($pattern), $what) || diag $t->screen;
}

my $t = on_screen();
my ($s, $pid); # a session whose commit hangs

subtest 'enough standbys' => sub {
	sees($t, qr/sync ANY 2 \(\*\): 3 count, slack 1/, 'the header says what counts');
	sees($t, qr/loss now \S.*, best 127\.0\.0\.1:\d+/, 'and what would be lost');
	$t->send_keys('4');
	sees($t, qr/commits +acknowledged by 2 of 3 standbys that count, slack 1/, '4 shows the quorum');
	like($t->screen, qr/control of 2 of 3 standbys .*; 3 answer/, 'the fence');
	like($t->screen, qr/if it died +promote 127\.0\.0\.1:\d+: loses .*WAL, no acknowledged commit/, 'whom to promote');
	like($t->screen, qr/^\Q${\name($_)}\E +streaming +yes /m, "standby $_ among the candidates") for 1 .. 3;
	unlike($t->screen, qr/checkpointer/, 'and no processes');
};

subtest 'one is stopped' => sub {
	$c->stop(1);
	sees($t, qr/2 count, slack 0/, 'slack is used up');
	like($t->screen, qr/acknowledged by 2 of 2 standbys/, 'commits go on');
	unlike($t->screen, qr/BLOCKED/, 'and there is no alarm');
	like($c->psql(0, 'insert into t values (1) returning i'), qr/^1\b/, 'a commit returns');
};

subtest 'two are stopped' => sub {
	$c->stop(2);
	$s = $c->psql_bg(0);
	$pid = $s->backend_pid;
	$s->send('insert into t values (2);');
	$c->wait_sql(0, "select wait_event = 'SyncRep' from pg_stat_activity where pid = $pid");
	sees($t, qr/^ BLOCKED .*sync ANY 2 \(\*\): 1 count, short of 1 .*waiting 1, longest </m, 'the header raises an alarm');
	sees($t, qr/commits +BLOCKED: 2 standbys needed, 1 count; released by .*127/, 'the quorum says who would release them');
	like($t->screen_with_styles, qr/\e\[[0-9;]*m BLOCKED /, 'in a style of its own');
	$t->send_keys('Escape');
	sees($t, qr/\A.*\n BLOCKED .*waiting 1.*\nNODE.*SYNC/, 'Esc goes back to the tree, and the alarm stays');
};

subtest 'what changed' => sub {
	$t->send_keys('5');
	sees($t, qr/^\d\d:\d\d:\d\d +\Q${\name($_)}\E +(?:lost|state) /m, "that standby $_ was lost") for 1, 2;
	sees($t, qr/quorum lost +1 of 2 standbys count/, 'and with them the quorum');
	my ($lines) = $t->screen =~ /^TIME UTC[^\n]*\n(.*?)\n\n/ms;
	my @times = $lines =~ /^(\d\d:\d\d:\d\d)/mg;
	is("@times", join(' ', sort @times), 'the newest is the last');
};

subtest 'one node' => sub {
	$t->send_keys('1');
	sees($t, qr/NODE.*STATE/, '1 shows the tree');
	$t->send_keys('End', 'Enter');
	my $name = name(3);
	sees($t, qr/^\Q$name\E +standby +streaming +PG/m, 'Enter shows the node under the cursor');
	sees($t, qr/^\Q$name\E +standby +streaming +PG \S+ +TL \d+ +this host$/m, 'whose address is not said twice');
	sees($t, qr/upstream +\Q${\name(0)}\E +known by \w+/, 'its upstream and why');
	sees($t, qr/done up to +[0-9A-F]+\/[0-9A-F]+ +[0-9A-F]+\/[0-9A-F]+ +[0-9A-F]+\/[0-9A-F]+ +[0-9A-F]+\/[0-9A-F]+/, 'its positions');
	sees($t, qr/lag +of the last \S+, at most /, 'the history of its lag');
	$c->psql(3, 'select pg_wal_replay_pause()');
	sees($t, qr/stuck in replay paused/, 'it goes on while it is shown');
	$c->psql(3, 'select pg_wal_replay_resume()');
	$t->send_keys('Escape');
	sees($t, qr/NODE.*STUCK IN/, 'Esc goes back');
};

subtest 'a cancelled commit is an event, too' => sub {
	$t->send_keys('Home', 'Tab', 'Home');
	$t->wait_screen(qr/^ *$pid client backend/m) or diag $t->screen;
	for (1 .. 40) {
		$t->send_keys('C');
		$t->wait_screen(qr/PID \d+/);
		last if $t->screen =~ /PID $pid \(/;
		$t->send_keys('n', 'Down');
	}
	$t->send_keys('y');
	sees($t, qr/cancel pid $pid .*pg_cancel_backend returned t/, 'it is cancelled');
	$t->send_keys('5');
	sees($t, qr/\d\d:\d\d:\d\d +\Q${\name(0)}\E +action +cancel pid $pid \(postgres\@postgres\):\s+pg_cancel_backend\s+returned\s+t/, 'and stands in the log with the answer');
};

subtest 'they come back' => sub {
	$c->start($_) for 1, 2;
	sees($t, qr/sync ANY 2 \(\*\): 3 count, slack 1/, 'the header says so');
	unlike($t->screen, qr/BLOCKED/, 'the alarm is off');
	sees($t, qr/quorum regained/, 'and the log has it');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'q leaves from any view');
};

subtest 'a role that may not see who streams' => sub {
	my $plain = on_screen('-U', 'plain');
	sees($plain, qr/grant pg_monitor/, 'is told so');
	$plain->send_keys('4');
	sees($plain, qr/commits +who counts is not visible/, 'in the quorum view, too') if $plain->wait_screen(qr/^rule|no primary/m);
	unlike($plain->screen, qr/BLOCKED/, 'and no alarm is raised');
	$plain->send_keys('q');
};

done_testing;
