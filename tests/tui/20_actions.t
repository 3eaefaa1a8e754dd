#!/usr/bin/perl
# Cancel and terminate in a real terminal: sessions that hang in a synchronous commit, and processes that are gone.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Tmux;

my $c = PgRepl->cluster(spec => '0 1:0', sync => 'ANY 1 (*)');
$c->psql(0, 'create table t (i int)');
$c->psql(0, q{create role mon login; grant pg_monitor to mon});
$c->stop(1); # from here on every commit hangs

sub on_screen {
	my $t = PgRepl::Tmux->new(width => 130, height => 40,
		command => [PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres', '-s', '0.3', @_]);
	$t->wait_screen(qr/checkpointer/) or diag $t->screen;
	return $t;
}

# Moves the cursor through the process pane, pressing `key` on each row, until the screen shows what is looked for.
sub press_until {
	my ($t, $key, $pattern) = @_;
	$t->send_keys('Tab') if !$t->{in_processes}++;
	$t->send_keys('Home');
	for (1 .. 40) {
		$t->send_keys($key);
		$t->wait_screen(qr/PID \d+/, 2);
		return 1 if $t->screen =~ $pattern;
		$t->send_keys('n', 'Down');
	}
	return;
}

sub ask {
	my ($t, $pid, $key) = @_;
	$t->wait_screen(qr/^ *$pid /m) or return;
	return press_until($t, $key, qr/PID $pid \(/);
}

# A session that inserts and hangs in its commit.
sub hanging_session {
	my $s = $c->psql_bg(0);
	my $pid = $s->backend_pid;
	$s->send('insert into t values (1);');
	$c->wait_sql(0, "select wait_event = 'SyncRep' from pg_stat_activity where pid = $pid");
	return ($s, $pid);
}

subtest 'a synchronous commit that hangs is explained and cancelled' => sub {
	my ($s, $pid) = hanging_session();
	my $t = on_screen();
	my $title = do { local (@ARGV, $/) = ("/proc/$pid/cmdline"); <> };
	my ($lsn) = $title =~ /waiting for ([0-9A-F]+\/[0-9A-F]+)/;
	ok($lsn, "the process title names an LSN ($lsn)");
	ok($t->wait_screen(qr/^ *$pid client backend .*SyncRep.*waiting for \Q$lsn\E/m), 'its row shows SyncRep and that LSN')
		or diag $t->screen;
	ok(ask($t, $pid, 'C'), 'C asks about it') or diag $t->screen;
	my $box = $t->screen;
	like($box, qr/already committed locally/, 'and says that the commit has happened');
	like($box, qr/nothing is rolled back/, 'that nothing is rolled back');
	like($box, qr/waits for +\Q$lsn\E/, 'what it waits for');
	like($box, qr/insert into t values/, 'and the query');
	$t->send_keys('x');
	ok($t->wait_screen(qr/\A(?!.*Confirm)/s), 'any other key backs out');
	is($c->psql(0, "select wait_event from pg_stat_activity where pid = $pid"), 'SyncRep', 'and nothing is sent');
	ok(ask($t, $pid, 'C'), 'asked again');
	$t->send_keys('y');
	ok($t->wait_screen(qr/cancel pid $pid .*pg_cancel_backend returned t/), 'y cancels, and the answer is shown')
		or diag $t->screen;
	ok($s->wait_err(qr/canceling wait for synchronous replication due to user request.*committed locally/s),
		'the session gets the warning');
	ok($c->wait_sql(0, "select state = 'idle' from pg_stat_activity where pid = $pid"), 'and goes on');
	is($s->finish, 0, 'with success');
};

subtest 'terminated' => sub {
	my ($s, $pid) = hanging_session();
	my $t = on_screen();
	ok(ask($t, $pid, 'K'), 'K asks about it') or diag $t->screen;
	like($t->screen, qr/already committed locally.*ends the session/s, 'with both consequences');
	$t->send_keys('y');
	ok($t->wait_screen(qr/terminate pid $pid .*pg_terminate_backend returned t/), 'y terminates') or diag $t->screen;
	ok($c->wait_sql(0, "select count(*) = 0 from pg_stat_activity where pid = $pid"), 'the session is gone');
	ok($s->wait_err(qr/terminating connection due to administrator command/), 'and was told why');
};

subtest 'a session that ended meanwhile is refused as gone' => sub {
	my $s = $c->psql_bg(0);
	my $pid = $s->backend_pid;
	my $t = on_screen();
	ok(ask($t, $pid, 'K'), 'asked') or diag $t->screen;
	$s->finish;
	$c->wait_sql(0, "select count(*) = 0 from pg_stat_activity where pid = $pid");
	$t->send_keys('y');
	ok($t->wait_screen(qr/terminate pid $pid .*gone/), 'the answer says so') or diag $t->screen;
};

subtest 'a pid that another session has by now is not hit' => sub {
	my $last = '/proc/sys/kernel/ns_last_pid';
	plan skip_all => 'choosing the next pid takes root' if !-w $last;
	my $s = $c->psql_bg(0);
	my $pid = $s->backend_pid;
	my $t = on_screen();
	ok(ask($t, $pid, 'K'), 'asked') or diag $t->screen;
	$s->finish;
	$c->wait_sql(0, "select count(*) = 0 from pg_stat_activity where pid = $pid");
	my $other;
	for (1 .. 200) { # psql takes the number before, and the server's backend that one; any other process may be faster
		open my $out, '>', $last or die "$last: $!";
		print $out $pid - 2;
		close $out;
		my $candidate = $c->psql_bg(0);
		$other = $candidate, last if $candidate->backend_pid == $pid;
		$candidate->finish;
	}
	plan skip_all => 'no session got that pid' if !$other;
	$t->send_keys('y');
	ok($t->wait_screen(qr/terminate pid $pid .*gone; pid $pid now belongs to another process: nothing was sent/), 'the answer says whose it is not') or diag $t->screen;
	is($other->backend_pid, $pid, 'and the new session lives');
};

subtest 'what cannot or may not be signalled' => sub {
	my $t = on_screen();
	my ($pid) = $t->screen =~ /^ *(\d+) checkpointer/m;
	ok(press_until($t, 'C', qr/PID $pid is a checkpointer.*no client/), 'an auxiliary process is refused with the reason')
		or diag $t->screen;
	my $readonly = on_screen('--readonly');
	$readonly->send_keys('Tab', 'End', 'K');
	ok($readonly->wait_screen(qr/read-?only/i), '--readonly refuses') or diag $readonly->screen;
	unlike($readonly->screen, qr/Terminate/, 'and does not offer it');

	my $s = $c->psql_bg(0);
	my $target = $s->backend_pid;
	my $mon = on_screen('-U', 'mon');
	ok(ask($mon, $target, 'C'), 'a role without the right is asked all the same') or diag $mon->screen;
	$mon->send_keys('y');
	ok($mon->wait_screen(qr/cancel pid $target .*(?:must be|permission denied)/), "and shown the server's refusal")
		or diag $mon->screen;
};

done_testing;
